import { describe, expect, test } from 'vitest'
import { checkQuery } from '../../../indexer/gateway/graphql/check-query.ts'
import { readJsonRequest, readUrlRequest } from '../../../indexer/gateway/graphql/read-request.ts'
import { defaultLimits } from '../../../indexer/gateway/limits/limits.ts'

const check = (query: string, variables: Record<string, unknown> = {}, operationName?: string) =>
  checkQuery({ query, variables, operationName }, defaultLimits, 10_000)

/** The word for what is wrong with a query. */
function codeOf(...args: Parameters<typeof check>): string {
  try {
    return `none: ${check(...args).rows}`
  } catch (error) {
    return (error as { code: string }).code
  }
}
describe('rows', () => {
  test.each([
    ['{ models { items { name } } }', 50],
    ['{ models(limit: 7) { items { name } } }', 7],
    ['{ models(limit: null) { items { name } } }', 50],
    // Without its items too: they are read for the page's ends.
    ['{ models(limit: 7) { pageInfo { endCursor } } }', 7],
    ['{ model(modelId: "0x", chainId: 1) { name } }', 1],
    ['{ models(limit: 100) { items { inferences(limit: 20) { items { root } } } } }', 100 + 2_000],
    // A list is a query of its own for each row, however little it finds.
    ['{ models(limit: 100) { items { inferences(limit: 1) { items { root } } } } }', 100 + 1_000],
    ['{ inferences(limit: 100) { items { model { name } environment { kind } } } }', 120],
    ['{ a: models(limit: 10) { items { name } } b: models(limit: 10) { items { name } } }', 20],
    ['{ ...x ...x } fragment x on Query { models(limit: 10) { items { name } } }', 20],
    [
      '{ models(limit: 10) { ...p } } fragment p on modelPage { items { ...m } } fragment m on model { inferences(limit: 10) { items { root } } }',
      110,
    ],
    ['{ models(limit: 10) @skip(if: true) { items { name } } }', 10],
    ['{ _meta { status } }', 1],
  ])('default: of %s', (query, rows) => {
    expect(codeOf(query)).toBe(`none: ${rows}`)
  })

  test('error: too-many-rows, by whatever way they are multiplied', () => {
    for (const query of [
      '{ models(limit: 1000) { items { inferences(limit: 10) { items { root } } } } }',
      '{ models { items { inferences { items { verdicts { items { tag } } } } } } }',
      `{ ${Array.from({ length: 11 }, (_, i) => `a${i}: models(limit: 1000) { items { name } }`).join(' ')} }`,
      '{ models(limit: 1000) { ...p } } fragment p on modelPage { items { inferences(limit: 1) { items { root } } } }',
      '{ models(limit: 100) { ... on modelPage { items { ... on model { a: inferences { items { root } } b: inferences { items { root } } c: inferences { items { root } } } } } } }',
      '{ models(limit: 1000) { items { inferences(limit: 0) { items { root } } } } }',
    ]) {
      expect([query, codeOf(query)]).toEqual([query, 'too-many-rows'])
    }
  })

  test('behavior: a document that was valid is held to the limits that hold now', () => {
    const query = 'query a { _meta { status } } query b { models { items { name } } }'
    const asked = { query, variables: {} }
    const few = { ...defaultLimits, tokens: 5 }
    expect(codeOf(query, {}, 'a')).toBe('none: 1')
    expect(codeOf(query, {}, 'b')).toBe('none: 50')
    expect(() => checkQuery({ ...asked, operationName: 'a' }, few, 10_000)).toThrow('5 tokens')
    expect(() => checkQuery({ ...asked, operationName: 'b' }, defaultLimits, 49)).toThrow('50 rows')
    expect(codeOf(query)).toBe('invalid-query')
  })

  test('behavior: variables are taken as they are given', () => {
    const query = 'query ($n: Int = 20) { models(limit: $n) { items { name } } }'
    expect(codeOf(query, { n: 900 })).toBe('none: 900')
    expect(codeOf(query)).toBe('none: 20')
    expect(codeOf(query, { n: null })).toBe('none: 50')
    expect(codeOf(query, { n: 100_000 })).toBe('page-too-large')
    for (const n of ['1', 1.5, [1], { n: 1 }, true, 2 ** 31, Number.NaN]) {
      expect([n, codeOf(query, { n })]).toEqual([n, 'invalid-query'])
    }
    // A member that every object has is no variable.
    expect(
      codeOf('query ($constructor: Int) { models(limit: $constructor) { items { name } } }'),
    ).toBe('none: 50')
    const proto = JSON.parse('{"__proto__":{"n":1000}}') as Record<string, unknown>
    expect(codeOf(query, proto)).toBe('none: 20')
  })

  test('error: page-too-large, offset-too-large, total-count', () => {
    expect(codeOf('{ models(limit: 1001) { items { name } } }')).toBe('page-too-large')
    expect(codeOf('{ models(limit: -1) { items { name } } }')).toBe('page-too-large')
    expect(codeOf('{ models { items { inferences(limit: 1001) { items { root } } } } }')).toBe(
      'page-too-large',
    )
    expect(codeOf('{ models(offset: 10001) { items { name } } }')).toBe('offset-too-large')
    expect(codeOf('{ models { totalCount } }')).toBe('none: 100')
    for (const query of [
      '{ inferences { totalCount } }',
      '{ inferences { n: totalCount } }',
      '{ settlements { ...c } } fragment c on settlementPage { totalCount }',
      '{ models { items { inferences { totalCount } } } }',
    ]) {
      expect([query, codeOf(query)]).toEqual([query, 'total-count'])
    }
  })
})

describe('conditions and order', () => {
  const list = (args: string) => `{ inferences(${args}) { items { root } } }`

  test.each([
    'where: { modelId: "0x1" }',
    'where: { modelId: "0x1", commitment: "0x2" }',
    'where: { modelId_in: ["0x1"], commitment_not_contains: "0x2" }',
    'where: { servedAt_gte: "1", servedAt_lt: "2" }, orderBy: "servedAt"',
    'where: { owner_not: null }',
    'where: {}',
    'where: { OR: [{ modelId: "0x1" }, { environmentId: "0x2" }] }',
    'where: { AND: [{ modelId: "0x1" }, { commitment: "0x2" }] }',
    'where: { modelId: "0x1", OR: [{ commitment: "0x2" }, { commitment: "0x3" }] }',
    'orderBy: "position", orderDirection: "desc"',
  ])('behavior: along an index: %s', (args) => {
    expect(codeOf(list(args))).toBe('none: 50')
  })

  test.each([
    'where: { commitment: "0x1" }',
    'where: { root: "0x1" }',
    'where: { modelId_not: "0x1" }',
    'where: { modelId_not_in: ["0x1"] }',
    'where: { modelId_contains: "1" }',
    'where: { modelId_starts_with: "0x1" }',
    'where: { servedAt_gte: "1", commitment: "0x2" }',
    'where: { OR: [{ modelId: "0x1" }, { commitment: "0x2" }] }',
    // Ponder joins those of one alternative by OR, too.
    'where: { OR: [{ modelId: "0x1", commitment: "0x2" }] }',
    'where: { AND: [{ commitment: "0x2" }, { OR: [{ modelId: "0x1" }, { root: "0x1" }] }] }',
    'where: { AND: [{ AND: [{ commitment_ends_with: "0x2" }] }] }',
    'orderBy: "commitment"',
    'orderBy: "constructor"',
    'orderBy: "modelId; drop table"',
  ])('error: not-indexed: %s', (args) => {
    expect(codeOf(list(args))).toBe('not-indexed')
    expect(
      codeOf(`{ ...x } fragment x on Query { a: inferences(${args}) { items { root } } }`),
    ).toBe('not-indexed')
  })

  test('behavior: by variables, as by themselves', () => {
    const query =
      'query ($where: inferenceFilter, $by: String) { inferences(where: $where, orderBy: $by) { items { root } } }'
    expect(codeOf(query, { where: { modelId: '0x1' }, by: 'position' })).toBe('none: 50')
    expect(codeOf(query, { where: { commitment: '0x1' } })).toBe('not-indexed')
    expect(codeOf(query, { by: 'root' })).toBe('not-indexed')
    expect(codeOf(query, { where: { OR: { commitment: '0x1' } } })).toBe('not-indexed')
    expect(codeOf(query, { where: { nothing: '0x1' } })).toBe('invalid-query')
  })

  test('behavior: settlements whose data is not here, which are few', () => {
    const of = (where: string) => codeOf(`{ settlements(where: { ${where} }) { items { root } } }`)
    expect(of('dataState: pending')).toBe('none: 50')
    expect(of('dataState_in: [pending, unavailable]')).toBe('none: 50')
    for (const where of ['dataState: available', 'dataState_in: [pending, available]']) {
      expect([where, of(where)]).toEqual([where, 'not-indexed'])
    }
    expect(of('dataState_not: available')).toBe('not-indexed')
  })

  test("behavior: below a row, what is read is that row's", () => {
    expect(
      codeOf(
        '{ models { items { inferences(where: { commitment_not: "0x" }, orderBy: "root") { items { root } } } } }',
      ),
    ).toBe('none: 2550')
  })
})

describe('hostile documents', () => {
  test.each([
    ['a fragment that spreads itself', '{ ...a } fragment a on Query { ...a }', 'invalid-query'],
    [
      'fragments that spread each other',
      '{ ...a } fragment a on Query { ...b } fragment b on Query { models { items { publisherAccount { models { items { name } } } } } ...a }',
      'invalid-query',
    ],
    [
      'levels',
      `{ settlements { items { ${'inferenceLog { settlements { items { '.repeat(6)} root ${'} } }'.repeat(6)} } } }`,
      'too-deep',
    ],
    [
      'levels, by fragments',
      `{ settlements { items { ...f0 } } } ${Array.from({ length: 8 }, (_, i) => `fragment f${i} on settlement { inferenceLog { settlements { items { ...f${i + 1} } } } }`).join(' ')} fragment f8 on settlement { root }`,
      'too-deep',
    ],
    [
      'aliases',
      `{ ${Array.from({ length: 31 }, (_, i) => `a${i}: _meta { status }`).join(' ')} }`,
      'too-many-aliases',
    ],
    [
      'aliases, by a fragment',
      `{ models { items { ${'...f '.repeat(11)} } } } fragment f on model { a: name b: uri c: version }`,
      'too-many-aliases',
    ],
    [
      'fields that double with each fragment',
      `{ ...f0 } ${Array.from({ length: 40 }, (_, i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`).join(' ')} fragment f40 on Query { _meta { status } }`,
      'too-many-fields',
    ],
    ['fields at the root', `{ ${'_meta { status } '.repeat(21)} }`, 'too-many-fields'],
    ['tokens', `{ ${'x '.repeat(1_000)} }`, 'too-many-tokens'],
    ['a comment of a megabyte is none', `#${'x'.repeat(2 ** 20)}\n{ _meta { status } }`, 'none: 1'],
    [
      'levels of lists of values',
      `{ models(where: ${'{ OR: '.repeat(200)}{}${'}'.repeat(200)}) { items { name } } }`,
      'none: 50',
    ],
    [
      'the schema in itself',
      '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }',
      'too-deep',
    ],
    [
      'the schema in itself, by fragments',
      '{ __schema { types { ...t } } } fragment t on __Type { fields { type { ...u } } } fragment u on __Type { interfaces { possibleTypes { name } } }',
      'too-deep',
    ],
    ['a mutation', 'mutation { x }', 'invalid-query'],
    ['a subscription', 'subscription { x }', 'invalid-query'],
    ['a type', 'type X { y: Int } { _meta { status } }', 'invalid-query'],
    ['nothing', '', 'invalid-query'],
    ['two operations', '{ _meta { status } } query b { _meta { status } }', 'invalid-query'],
    ['a field that is none', '{ password }', 'invalid-query'],
    ['an argument twice', '{ models(limit: 1, limit: 1000) { items { name } } }', 'invalid-query'],
    [
      'a condition twice',
      '{ inferences(where: { modelId: "0x1", modelId: "0x2" }) { items { root } } }',
      'invalid-query',
    ],
    ['a name of other letters', '{ mod\u0435ls { items { name } } }', 'invalid-query'],
    ['an escaped name', '{ \\u006dodels { items { name } } }', 'invalid-query'],
    ['an escaped order', '{ models(orderBy: "\\u0070osition") { items { name } } }', 'none: 50'],
    [
      'an escaped order of no index',
      '{ models(orderBy: "\\u006eame") { items { name } } }',
      'not-indexed',
    ],
    [
      'an order with an end',
      '{ models(orderBy: "position\\u0000") { items { name } } }',
      'not-indexed',
    ],
  ])('behavior: %s', (_, query, code) => {
    const begin = performance.now()
    expect(codeOf(query)).toBe(code)
    expect(performance.now() - begin).toBeLessThan(500)
  })

  test('behavior: documents that take a validator long are refused in time', () => {
    // Each field is compared with each of its name.
    const wide = `{ models { items { ${'name '.repeat(900)} } } }`
    const deep = `{ ${'models { items { '.repeat(5)} ${'name '.repeat(400)} ${'} }'.repeat(5)} }`
    const spread = `{ ${'...f '.repeat(300)} } fragment f on Query { models { items { name } } }`
    for (const query of [wide, deep, spread]) {
      const begin = performance.now()
      codeOf(query)
      expect(performance.now() - begin).toBeLessThan(500)
    }
  })

  test('behavior: of several operations the one that is named', () => {
    const query =
      'query a { models(limit: 1) { items { name } } } query b { models(limit: 900) { items { name } } }'
    expect(codeOf(query, {}, 'a')).toBe('none: 1')
    expect(codeOf(query, {}, 'b')).toBe('none: 900')
    expect(codeOf(query, {}, 'c')).toBe('invalid-query')
  })
})

describe('requests over HTTP', () => {
  const read = (text: string | Uint8Array, type = 'application/json') =>
    readJsonRequest(type, typeof text === 'string' ? new TextEncoder().encode(text) : text)

  test('default: as they are understood, so they are passed on', () => {
    expect(read('{"query":"a","query":"{b}"}')).toEqual({
      query: '{b}',
      variables: {},
      operationName: undefined,
    })
    expect(
      read(
        '{"query":"{b}","variables":null,"operationName":null}',
        'application/json; charset=utf-8',
      ).variables,
    ).toEqual({})
    const parameters = new URLSearchParams({
      query: '{b}',
      variables: '{"x":1}',
      operationName: '',
    })
    expect(readUrlRequest(parameters)).toEqual({
      query: '{b}',
      variables: { x: 1 },
      operationName: undefined,
    })
  })

  test.each([
    ['[{"query":"{b}"}]', 'batched'],
    ['', 'malformed'],
    ['{', 'malformed'],
    ['null', 'malformed'],
    ['"{b}"', 'malformed'],
    ['{"query":1}', 'malformed'],
    ['{"variables":{}}', 'malformed'],
    ['{"query":"{b}","variables":[]}', 'malformed'],
    ['{"query":"{b}","variables":"{}"}', 'malformed'],
    ['{"query":"{b}","operationName":1}', 'malformed'],
    ['{"query":"{b}","more":1}', 'malformed'],
  ])('error: %s', (text, code) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code }))
  })

  test('error: other formats, and other texts than UTF-8', () => {
    for (const type of [
      'text/plain',
      'application/graphql',
      'application/json; charset=utf-16',
      'application/jsonx',
      '',
    ]) {
      expect(() => read('{"query":"{b}"}', type)).toThrow(
        expect.objectContaining({ code: 'unsupported-type' }),
      )
    }
    expect(() => read(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    )
    expect(() => readUrlRequest(new URLSearchParams('query=a&query=b'))).toThrow('more than once')
    expect(() => readUrlRequest(new URLSearchParams('query=a&variables={'))).toThrow('no JSON')
  })
})
