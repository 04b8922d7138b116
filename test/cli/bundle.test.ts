import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { InferenceReceipt } from '@assay/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { offlineReceipts } from '../sdk/support/offline-receipts.ts'
import { assay } from './support/assay.ts'
import { startHostileServer } from './support/hostile-server.ts'
import { type Receipts, startReceipts } from './support/receipts.ts'

let at: Receipts
let receipts: InferenceReceipt[]
let directory: string
let bundle: string
beforeAll(async () => {
  at = await startReceipts()
  const recorder = await at.recorder()
  const recorded = await Promise.all(
    Array.from({ length: 30 }, (_, n) => recorder.record({ request: `q${n}`, response: 'a' })),
  )
  const made = await Promise.all(recorded.map((it) => recorder.receiptOf(it)))
  receipts = made.filter((it) => it !== undefined)
  directory = join(at.files, 'receipts')
  await mkdir(directory)
  for (const receipt of receipts) await at.file(`receipts/${receipt.inferenceId}.json`, receipt)
  bundle = join(at.files, 'bundle.jsonl')
  const { code, stdout, stderr } = await assay(['receipt', 'bundle', directory, '-o', bundle])
  expect([code, stdout, stderr]).toEqual([0, '', `Written: ${bundle}\n`])
})
afterAll(() => at.stop())

const linesOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

/** The bundle with one of its lines changed. */
async function changed(change: (lines: string[]) => string[]): Promise<string> {
  const lines = (await readFile(bundle, 'utf8')).trim().split('\n')
  return at.file('changed.jsonl', `${change(lines).join('\n')}\n`)
}

describe('receipt bundle and unbundle', () => {
  test('default: what goes in comes out, in the order of the log, readable by the user alone', async () => {
    expect((await stat(bundle)).mode & 0o777).toBe(0o600)
    const unpacked = join(at.files, 'unpacked')
    const { code, stderr } = await assay(['receipt', 'unbundle', bundle, '-o', unpacked])
    expect([code, stderr]).toEqual([0, `Written: 30 receipts into ${unpacked}\n`])
    expect((await readdir(unpacked)).sort()).toEqual((await readdir(directory)).sort())
    for (const receipt of receipts) {
      const text = await readFile(join(unpacked, `${receipt.inferenceId}.json`), 'utf8')
      expect(JSON.parse(text)).toEqual(receipt)
    }
    const { stdout } = await assay(['receipt', 'unbundle', '-'], { stdin: await readFile(bundle) })
    const sequences = linesOf(stdout).map((it) => (it as InferenceReceipt).inference.sequence)
    expect(sequences).toEqual(receipts.map((_, n) => String(n)))
    const again = await assay(['receipt', 'unbundle', bundle, '-o', unpacked])
    expect([again.code, again.stderr]).toEqual([3, expect.stringContaining('is there already')])
    expect((await assay(['receipt', 'unbundle', bundle, '-o', unpacked, '--force'])).code).toBe(0)
  })

  test('behavior: a batch stands in it once, however its receipts are given', async () => {
    const paths = receipts.map(({ inferenceId }) => join(directory, `${inferenceId}.json`))
    const shuffled = paths.toSorted((a, b) => (a.slice(-8) < b.slice(-8) ? -1 : 1))
    const { code, stdout } = await assay(['receipt', 'bundle', ...shuffled])
    expect(code).toBe(0)
    expect(stdout).toBe(await readFile(bundle, 'utf8'))
    const roots = new Set(receipts.map(({ batch }) => batch.root))
    expect(linesOf(stdout).filter((line) => 'batch' in line)).toHaveLength(roots.size)
  })

  test('error: InputError, InvalidBundleError, UsageError', async () => {
    const empty = await at.directory()
    const bad = await assay(['receipt', 'bundle', directory, at.policyFile, '--json'])
    expect([bad.code, bad.stdout]).toEqual([3, expect.stringContaining(at.policyFile)])
    for (const args of [
      ['bundle', empty],
      ['bundle', join(empty, 'gone')],
      ['unbundle', at.policyFile],
      ['unbundle', '0x'.padEnd(66, '5')],
    ]) {
      const { code, stdout } = await assay(['receipt', ...args])
      expect([code, stdout], args.join(' ')).toEqual([3, ''])
    }
  })
})

describe('verify', () => {
  test('default: all receipts at once, counted', async () => {
    const { code, stdout, stderr } = await assay(['verify', bundle, ...at.args])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^✓ Verified: all 30 receipts\.\n/)
    expect(stdout).toContain('30: 30 verified, 0 refuted, 0 unknown')
    expect(stdout).toMatch(/chain +31337: a local chain/)
    expect(stdout).toContain('Not proven: ')
    const offline = await assay(['verify', bundle, '--offline'])
    expect([offline.code, offline.stderr]).toEqual([2, ''])
    expect(offline.stdout).toContain('? Unknown: 30 of 30 receipts; none is refuted.')
    expect(offline.stdout).toContain('and 10 more; --json lists all')
    const nobody = await assay(['verify', bundle, '--policy', at.policyFile])
    expect(nobody.code).toBe(2)
    expect(nobody.stderr).toContain('Nobody was asked about chain 31337')
  })

  test('behavior: --json is a report a line as a receipt alone has it, and the counts', async () => {
    const { code, stdout } = await assay(['verify', bundle, ...at.args, '--json'])
    expect(code).toBe(0)
    const lines = linesOf(stdout)
    expect(lines.at(-1)).toEqual({
      summary: { status: 'verified', receipts: 30, verified: 30, refuted: 0, unknown: 0 },
    })
    const file = join(directory, `${receipts[7]?.inferenceId ?? ''}.json`)
    const alone = await assay(['verify', file, ...at.args, '--json'])
    expect(lines[7]).toEqual(JSON.parse(alone.stdout))
  })

  test('behavior: the worst counts: one refuted receipt, one that is not settled', async () => {
    const refuted = await changed((lines) =>
      lines.map((line, i) => (i === 3 ? line.replace(/"servedAt":"\d+"/, '"servedAt":"1"') : line)),
    )
    const { code, stdout } = await assay(['verify', refuted, ...at.args])
    expect(code).toBe(1)
    expect(stdout).toContain('✗ Refuted: 1 of 30 receipts.')
    expect(stdout).toMatch(/✗ 0x[0-9a-f]{64}\n +inclusion: /)
    const [unsettled] = await offlineReceipts({ count: 1 })
    const file = await at.file('unsettled.json', unsettled)
    const mixed = await assay(['receipt', 'bundle', directory, file])
    const judged = await assay(['verify', '-', ...at.args], { stdin: mixed.stdout })
    expect(judged.code).toBe(2)
    expect(judged.stdout).toContain('31: 30 verified, 0 refuted, 1 unknown')
  })

  test.each<[string, (lines: string[]) => string[]]>([
    ['cut off', (lines) => lines.slice(0, -1)],
    ['a receipt less', (lines) => lines.toSpliced(5, 1)],
    ['added to', (lines) => [...lines, lines[0] as string]],
    ['another member', (lines) => lines.with(4, '{"__proto__":1}')],
    ['deep JSON', (lines) => lines.with(4, '['.repeat(100_000))],
    ['a long line', (lines) => lines.with(4, `{"receipt":"${'x'.repeat(2 ** 23)}"}`)],
  ])('error: InvalidBundleError: %s', async (_, change) => {
    const file = await changed(change)
    const { code, stdout } = await assay(['verify', file, '--offline', '--json'])
    expect(code).toBe(3)
    expect(linesOf(stdout).at(-1)).toMatchObject({ error: { code: 'InvalidBundleError' } })
    expect(linesOf(stdout)).not.toContainEqual(
      expect.objectContaining({ summary: expect.anything() }),
    )
  })

  test('behavior: of a bundle that is cut off nothing is said in words', async () => {
    const file = await changed((lines) => lines.slice(0, -1))
    const { code, stdout, stderr } = await assay(['verify', file, '--offline'])
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toContain('is cut off')
  })

  test('behavior: from a URL; contents go with a single receipt', async () => {
    const bytes = await readFile(bundle)
    const server = await startHostileServer({ '/b': (response) => response.end(bytes) })
    expect((await assay(['verify', `${server.origin}/b`, ...at.args])).code).toBe(0)
    await server.stop()
    const { code, stderr } = await assay(['verify', bundle, '--request', bundle])
    expect([code, stderr]).toEqual([3, expect.stringContaining('go with a single receipt')])
  })
})
