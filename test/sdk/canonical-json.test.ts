import { readFile } from 'node:fs/promises'
import { createManifest, encodeManifest, manifestDigestOf } from '@assay/sdk/formats'
import { InvalidInputError } from '@assay/sdk'
import canonicalize from 'canonicalize'
import { describe, expect, test } from 'vitest'

type Vectors = {
  /** A double as IEEE 754 has it, and its text. */
  numbers: [string, string][]
  refusedNumbers: string[]
  primitives: { input: string; utf8: string }
  sorting: { input: string; values: string[] }
}

const file = new URL('../vectors/rfc8785.json', import.meta.url)
const vectors = JSON.parse(await readFile(file, 'utf8')) as Vectors
const double = (hex: string) => Buffer.from(hex, 'hex').readDoubleBE()

describe('canonical JSON is RFC 8785’s', () => {
  test.each(vectors.numbers)('default: the double %s is written %s', (hex, text) => {
    expect(canonicalize(double(hex))).toBe(text)
    expect(canonicalize({ a: [double(hex)] })).toBe(`{"a":[${text}]}`)
  })

  test.each(vectors.refusedNumbers)('error: Error, the double %s is no number of JSON', (hex) => {
    expect(() => canonicalize(double(hex))).toThrow()
  })

  test('behavior: literals, numbers and strings, to the byte', () => {
    const { input, utf8 } = vectors.primitives
    const text = canonicalize(JSON.parse(input)) as string
    expect(Buffer.from(text).toString('hex')).toBe(utf8)
  })

  test('behavior: members are sorted by UTF-16 code units, not by characters', () => {
    const { input, values } = vectors.sorting
    const text = canonicalize(JSON.parse(input)) as string
    expect([...text.matchAll(/:"([^"]*)"/g)].map(([, value]) => value)).toEqual(values)
    expect(text).not.toMatch(/\s"/)
  })

  test('error: Error, a lone surrogate has no UTF-8', () => {
    for (const text of ['\ud800', 'a\udfff', '\udc00\ud800']) {
      expect(() => canonicalize({ a: text })).toThrow()
      expect(() => canonicalize({ [text]: 1 })).toThrow()
    }
  })
})

describe('a manifest', () => {
  const entry = (path: string) => ({ path, size: '1', sha256: '0'.repeat(64) })

  test('behavior: is written as the RFC says, files sorted as its members are', () => {
    const paths = ['\ufb33', '\u{1F600}', '\u20ac', '\u00f6', '1']
    const manifest = createManifest(paths.map(entry))
    expect(manifest.files.map(({ path }) => path)).toEqual(paths.toReversed())
    const text = new TextDecoder().decode(encodeManifest(manifest))
    expect(text.startsWith('{"files":[{"path":"1","sha256":"000')).toBe(true)
    expect(manifestDigestOf(manifest)).toBe(
      manifestDigestOf(createManifest(paths.toReversed().map(entry))),
    )
  })

  test('error: InvalidInputError, a path with a lone surrogate, which no file can have', () => {
    expect(() => createManifest([entry('a\ud800')])).toThrow(InvalidInputError)
  })
})
