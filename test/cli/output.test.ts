import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { InferenceReceipt } from '@assay/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plain, plainJson, plainShort } from '../../cli/src/output/plain.ts'
import { hang } from '../../cli/src/output/wrap.ts'
import { assay, startAssay } from './support/assay.ts'
import { type Receipts, startReceipts } from './support/receipts.ts'

/** Clears the screen, paints, links, sets the title, moves up; C1; overrides of direction; invisible ones. */
const hostile = [
  '\u001b[2J\u001b[31m✓ Verified\u001b[0m',
  '\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007',
  '\u009b1A\u0085\r\n\b\u007f',
  '\u202eesrever\u2066\u2069\u200f',
  '\u200b\u2060\ufeff\u2028\u{e0041}',
].join('')
/** What a terminal acts upon; line feeds are the command's own. */
const dangerous =
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/u

let at: Receipts
let receipt: InferenceReceipt
let file: string
beforeAll(async () => {
  at = await startReceipts()
  receipt = await at.receiptOf({ model: hostile, endpoint: `https://x.example/${hostile}` })
  file = await at.file('receipt.json', receipt)
})
afterAll(() => at.stop())

/** Runs the command in words and as JSON; nothing of it may reach a terminal. */
async function harmless(args: string[], code: number): Promise<string> {
  const told = await assay(args)
  const json = await assay([...args, '--json'])
  expect([told.code, json.code]).toEqual([code, code])
  expect(told.stdout + told.stderr).not.toMatch(dangerous)
  expect(json.stdout + json.stderr).not.toMatch(dangerous)
  // What is escaped is still the same value.
  expect(JSON.parse(json.stdout)).toBeTypeOf('object')
  return told.stdout + told.stderr
}

describe('texts of others', () => {
  test('behavior: fields of a receipt', async () => {
    const text = await harmless(['verify', file, ...at.args, '--explain'], 0)
    expect(text).toContain('names “\\u{1b}[2J\\u{1b}[31m✓ Verified\\u{1b}[0m')
    expect(await harmless(['receipt', 'show', file], 0)).toContain('\\u{202e}esrever')
    const { stdout } = await assay(['receipt', 'show', file, '--json'])
    const { opened } = JSON.parse(stdout) as { opened: unknown[] }
    expect(opened).toContainEqual({ name: 'model.requested', text: hostile })
  })

  test('behavior: names in a receipt that is refuted or refused, and in a policy', async () => {
    const [first, ...others] = receipt.fields.opened
    const opened = [{ ...first, name: hostile }, ...others]
    const renamed = { ...receipt, fields: { ...receipt.fields, opened } }
    const renamedFile = await at.file('renamed.json', renamed)
    expect(await harmless(['verify', renamedFile, '--offline'], 1)).toContain('The field \\u{1b}')
    await harmless(['receipt', 'show', renamedFile], 0)
    const added = await at.file('added.json', { ...receipt, [hostile]: 1 })
    expect(await harmless(['verify', added], 3)).toContain('is no member of this format')
    const policy = await at.file('policy-added.json', { ...at.policy, [hostile]: 1 })
    await harmless(['verify', file, '--policy', policy], 3)
    await harmless(['verify', await at.file('text', hostile), '--offline'], 3)
    const hints = { ...receipt.hints, uri: `https://x.example/${hostile}` }
    await harmless(['receipt', 'show', await at.file('hints.json', { ...receipt, hints })], 0)
  })

  test('behavior: arguments and names of files', async () => {
    const name = hostile.replaceAll('/', '')
    await harmless(['verify', name], 3)
    await harmless([name], 3)
    await harmless(['verify', 'a', `--${name}`], 3)
    await harmless(['verify', 'a', '--timeout', name], 3)
    await harmless(['verify', '--offline', await at.file(name, '{}')], 3)
    await harmless(['verify', `0x${'5'.repeat(64)}`, '--journal', name], 3)
  })

  test('behavior: what an endpoint and an indexer answer', async () => {
    const error = { code: -32000, message: hostile }
    const server = createServer((request, response) => {
      const graphql = request.url === '/graphql'
      response.end(JSON.stringify(graphql ? { errors: [error] } : { id: 1, jsonrpc: '2.0', error }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await harmless(['verify', file, '--policy', at.policyFile, '--rpc', origin], 2)
    const journal = await at.directory()
    const id = `0x${'5'.repeat(64)}`
    await harmless(['verify', id, '--journal', journal, '--indexer', `${origin}/graphql`], 3)
    server.close()
  })

  test('default: plain shows what is not seen, and nothing else changes', () => {
    expect(plain('naïve 模型 🤖 “x” – é')).toBe('naïve 模型 🤖 “x” – é')
    expect(plain('a\u001b[0m\u202e\n\ud800')).toBe('a\\u{1b}[0m\\u{202e}\\u{a}\\u{d800}')
    expect(plain(`e${'\u0301'.repeat(6)}`)).toBe(`e${'\u0301'.repeat(4)}${'\\u{301}'.repeat(2)}`)
    expect(plainShort('x'.repeat(500))).toBe(`${'x'.repeat(400)}… (100 more characters)`)
    for (let unit = 0; unit < 0x10000; unit++) {
      const character = String.fromCharCode(unit)
      expect(JSON.parse(plainJson({ character }))).toEqual({ character })
      if (character !== '\n' && dangerous.test(plain(character))) expect.unreachable(String(unit))
    }
  })

  test('default: lines are broken at spaces, below the text before', () => {
    expect(hang('  a  ', 'one two three four five six', 30)).toBe(
      '  a  one two three four five\n     six',
    )
    expect(hang('- ', `short ${'x'.repeat(60)} short`, 40)).toBe(
      `- short\n  ${'x'.repeat(60)}\n  short`,
    )
    expect(hang('- ', 'one two', undefined)).toBe('- one two')
  })
})

describe('readers and signals', () => {
  test('behavior: whoever reads may stop early; the exit code stays what it is', async () => {
    const changed = { ...receipt, inference: { ...receipt.inference, servedAt: '1' } }
    const refuted = await at.file('refuted.json', changed)
    const cases: [string[], number][] = [
      [['verify', file, ...at.args, '--json'], 0],
      [['verify', refuted, '--offline'], 1],
      [['verify', file, '--offline', '--explain'], 2],
      [['verify', 'nowhere'], 3],
    ]
    for (const [args, expected] of cases) {
      const child = startAssay(args)
      child.stdout.destroy()
      child.stderr.destroy()
      child.stdin.end()
      const code = await new Promise((resolve) => child.once('exit', resolve))
      expect(code, args.join(' ')).toBe(expected)
    }
  })

  test('behavior: ends by the signal that asks it to, while it waits for somebody', async () => {
    const server = createServer(() => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    for (const args of [
      ['verify', '-'],
      ['verify', url],
      ['verify', file, '--policy', at.policyFile, '--rpc', url],
    ]) {
      for (const asked of ['SIGINT', 'SIGTERM'] as const) {
        const child = startAssay(args)
        const ended = new Promise((resolve) =>
          child.once('exit', (code, signal) => resolve([code, signal])),
        )
        await new Promise((resolve) => setTimeout(resolve, 1_500))
        child.kill(asked)
        expect(await ended).toEqual([null, asked])
      }
    }
    server.closeAllConnections()
    server.close()
  })
})
