import { lstat, readdir, readFile, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import {
  attachMessages,
  type InferenceReceipt,
  redactReceipt,
  type VerificationReport,
} from '@assay/sdk'
import { readCoseReceipt } from '@assay/sdk/cose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { offlineReceipts } from '../sdk/support/offline-receipts.ts'
import { assay, startAssay } from './support/assay.ts'
import { type Receipts, startReceipts } from './support/receipts.ts'

let at: Receipts
let receipt: InferenceReceipt
let file: string
beforeAll(async () => {
  at = await startReceipts()
  receipt = await at.receiptOf({
    model: 'm',
    endpoint: 'https://api.example.com/v1/chat/completions',
    extensions: { 'x.note': 'naïve', 'x.bytes': new Uint8Array([0xff, 0xfe]) },
  })
  file = await at.file('receipt.json', receipt)
})
afterAll(() => at.stop())

const receiptAt = async (path: string) =>
  JSON.parse(await readFile(path, 'utf8')) as InferenceReceipt
const namesIn = ({ fields }: InferenceReceipt) => fields.opened.map(({ name }) => name)

describe('receipt show', () => {
  test('default: shows what is open, decoded, and names what is hidden', async () => {
    const { code, stdout, stderr } = await assay(['receipt', 'show', file])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('nothing of it is checked here')
    expect(stdout).toMatch(/model\.requested +m\n/)
    expect(stdout).toMatch(/endpoint +https:\/\/api\.example\.com\/v1\/chat\/completions\n/)
    expect(stdout).toMatch(/request\.sha256 +0x[0-9a-f]{64}\n/)
    expect(stdout).toMatch(/x\.note +naïve\n/)
    expect(stdout).toMatch(/x\.bytes +0xfffe\n/)
    expect(stdout).toMatch(/Hidden: .*usage/)
  })

  test('behavior: --json, from standard input', async () => {
    const stdin = JSON.stringify(receipt)
    const { code, stdout } = await assay(['receipt', 'show', '-', '--json'], { stdin })
    expect(code).toBe(0)
    const shown = JSON.parse(stdout) as { opened: { name: string }[]; inferenceId: string }
    expect(shown.inferenceId).toBe(receipt.inferenceId)
    expect(shown.opened.map(({ name }) => name)).toEqual(namesIn(receipt))
    expect(shown.opened).toContainEqual({ name: 'x.bytes', hex: '0xfffe' })
    expect(shown.opened).toContainEqual({ name: 'x.note', text: 'naïve' })
  })

  test('behavior: messages of the request, by their digest or their text', async () => {
    const messages = ['system', 'user', 'user'].map((role, i) => ({ content: `no. ${i}`, role }))
    const chat = await at.receiptOf({ messages })
    const whole = await assay(['receipt', 'show', '-'], { stdin: JSON.stringify(chat) })
    expect(whole.stdout).toContain('Messages of the request that it opens: 3 of 3\n')
    const { sha256 } = chat.messages?.opened[1] ?? expect.unreachable()
    expect(whole.stdout).toMatch(new RegExp(`messages\\[1\\] +sha256 ${sha256}\n`))
    const one = redactReceipt(chat, { reveal: ['messages[1]'] })
    const stdin = JSON.stringify(attachMessages(one, [messages[1]]))
    const shown = await assay(['receipt', 'show', '-'], { stdin })
    expect(shown.stdout).toContain('Messages of the request that it opens: 1 of 3\n')
    expect(shown.stdout).toMatch(/messages\[1\] +\{"content":"no\. 1","role":"user"\}\n/)
    const json = await assay(['receipt', 'show', '-', '--json'], { stdin })
    expect(JSON.parse(json.stdout)).toMatchObject({
      opened: [{ name: 'messages', hex: expect.stringMatching(/^0x00000003/) as string }],
      messages: {
        count: '3',
        opened: [{ name: 'messages[1]', sha256, json: '{"content":"no. 1","role":"user"}' }],
      },
    })
    const none = await assay(['receipt', 'show', file, '--json'])
    expect(JSON.parse(none.stdout)).not.toHaveProperty('messages')
  })

  test('error: UsageError, InvalidReceiptError', async () => {
    for (const input of [receipt.inferenceId, 'https://example.org/r']) {
      expect((await assay(['receipt', 'show', input])).stderr).toContain('has to be in a file')
    }
    const { code, stderr } = await assay(['receipt', 'show', at.policyFile])
    expect([code, stderr]).toEqual([3, expect.stringContaining('Invalid receipt')])
  })
})

describe('receipt redact', () => {
  test('default: what is named stays, and verifies', async () => {
    const shown = join(at.files, 'shown.json')
    const args = ['--reveal', 'response.sha256,x.note', '-o', shown]
    const { code, stdout, stderr } = await assay(['receipt', 'redact', file, ...args])
    expect([code, stdout, stderr]).toEqual([0, '', `Written: ${shown}\n`])
    expect(namesIn(await receiptAt(shown))).toEqual(['response.sha256', 'x.note'])
    expect((await stat(shown)).mode & 0o777).toBe(0o600)
    const verified = await assay(['verify', shown, ...at.args, '--json'])
    expect(verified.code).toBe(0)
    const { hidden } = JSON.parse(verified.stdout) as VerificationReport
    expect(hidden).toContain('request.sha256')
    expect(hidden).not.toContain('response.sha256')
  })

  test('behavior: several options, none at all, through a pipe', async () => {
    const redact = (...args: string[]) => assay(['receipt', 'redact', file, ...args])
    const two = await redact('--reveal', 'x.note', '--reveal', 'model.requested')
    expect(namesIn(JSON.parse(two.stdout) as InferenceReceipt)).toEqual([
      'model.requested',
      'x.note',
    ])
    const none = await redact('--reveal', '')
    expect(namesIn(JSON.parse(none.stdout) as InferenceReceipt)).toEqual([])
    expect((await assay(['verify', '-', ...at.args], { stdin: none.stdout })).code).toBe(0)
  })

  test('error: NotShownError says what can be revealed; without --reveal nothing is done', async () => {
    const unknown = await assay(['receipt', 'redact', file, '--reveal', 'usage'])
    expect([unknown.code, unknown.stdout]).toEqual([3, ''])
    expect(unknown.stderr).toContain('model.requested')
    const without = await assay(['receipt', 'redact', file])
    expect([without.code, without.stdout]).toEqual([3, ''])
    expect(without.stderr).toContain('--reveal')
  })
})

describe('receipt export', () => {
  test('default: a COSE receipt of this inference, readable by the user alone', async () => {
    const path = join(at.files, 'receipt.cose')
    const args = ['receipt', 'export', file, '--format', 'cose']
    expect((await assay([...args, '-o', path])).code).toBe(0)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const bytes = await readFile(path)
    const { inferenceId, batch } = readCoseReceipt(bytes)
    expect([inferenceId, batch.root]).toEqual([receipt.inferenceId, receipt.batch.root])
    // Through a pipe the bytes are the same ones.
    const piped = startAssay(args)
    const chunks: Buffer[] = []
    for await (const chunk of piped.stdout) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks)).toEqual(bytes)
  })

  test('error: UsageError, InvalidReceiptError', async () => {
    const other = await assay(['receipt', 'export', file, '--format', 'pdf'])
    expect([other.code, other.stderr]).toEqual([3, expect.stringContaining('must be `cose`')])
    const none = await assay(['receipt', 'export', at.policyFile, '--format', 'cose'])
    expect([none.code, none.stdout]).toEqual([3, ''])
  })
})

describe('output files', () => {
  const redactTo = (path: string, ...args: string[]) =>
    assay(['receipt', 'redact', file, '--reveal', '', '-o', path, ...args])

  test('error: OutputError: nothing is replaced without --force, and nothing that is no file', async () => {
    const there = await at.file('there', 'mine')
    const link = join(at.files, 'link')
    await symlink('gone', link)
    for (const path of [there, link]) {
      const { code, stderr } = await redactTo(path)
      expect([code, stderr]).toEqual([3, expect.stringContaining('is there already')])
    }
    expect(await readFile(there, 'utf8')).toBe('mine')
    for (const path of ['/dev/null', at.files]) {
      const { code, stderr } = await redactTo(path, '--force')
      expect([code, stderr]).toEqual([3, expect.stringContaining('is no file')])
    }
    expect((await redactTo(join(at.files, 'no', 'where'))).stderr).toContain('(ENOENT)')
    const forced = await redactTo(there, '--force', '--json')
    expect(JSON.parse(forced.stdout)).toEqual({ output: there })
    expect(namesIn(await receiptAt(there))).toEqual([])
    expect((await redactTo(link, '--force')).code).toBe(0)
    // The link itself gave way, not what it led to.
    expect((await lstat(link)).isSymbolicLink()).toBe(false)
    expect((await readdir(at.files)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  test('behavior: a signal at any moment leaves the whole file or none', async () => {
    const directory = await at.directory()
    const ends = new Set<unknown>()
    for (let n = 0; n < 12; n++) {
      const path = join(directory, `${n}.json`)
      const child = startAssay(['receipt', 'redact', file, '--reveal', '', '-o', path])
      const ended = new Promise((resolve) => child.once('exit', (code, by) => resolve(by ?? code)))
      await new Promise((resolve) => setTimeout(resolve, 80 * n))
      child.kill('SIGINT')
      ends.add(await ended)
    }
    expect(ends).toContain('SIGINT')
    for (const name of await readdir(directory)) {
      expect(name).toMatch(/^\d+\.json$/)
      expect(namesIn(await receiptAt(join(directory, name)))).toEqual([])
    }
  })
})

describe('prove-equivocation', () => {
  async function contradiction() {
    const [mine] = await offlineReceipts({ count: 2 })
    const [theirs] = await offlineReceipts({ count: 2, text: () => 'another answer' })
    return [await at.file('mine.json', mine), await at.file('theirs.json', theirs)] as const
  }

  test('default: makes a proof that `assay verify` checks, offline', async () => {
    const [mine, theirs] = await contradiction()
    const proof = join(at.files, 'equivocation.json')
    const made = await assay(['prove-equivocation', mine, theirs, '-o', proof])
    expect([made.code, made.stdout]).toEqual([0, ''])
    const { code, stdout } = await assay(['verify', proof])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^✓ Equivocation shown\.\n/)
    expect(stdout).toMatch(/signer +0x[0-9a-f]{40}, the session key\n/)
    expect(stdout).toContain('Not proven, whatever stands above:')
    const json = await assay(['verify', proof, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ status: 'verified' })
  })

  test('behavior: a proof that shows nothing is refuted, one that is none is refused', async () => {
    const [mine, theirs] = await contradiction()
    const { stdout } = await assay(['prove-equivocation', mine, theirs])
    const proof = JSON.parse(stdout) as { sequence: string; statements: unknown[] }
    const forged = { ...proof, statements: [proof.statements[0], proof.statements[0]] }
    const refuted = await assay(['verify', await at.file('forged.json', forged)])
    expect(refuted.code).toBe(1)
    expect(refuted.stdout).toMatch(/^✗ No equivocation is shown\./)
    const added = await at.file('added.json', { ...proof, more: 1 })
    const refused = await assay(['verify', added, '--json'])
    expect(refused.code).toBe(3)
    expect(refused.stdout).toContain('InvalidEquivocationError')
  })

  test('error: NoEquivocationError, UsageError: receipts that do not contradict each other', async () => {
    const [mine] = await contradiction()
    for (const [other, problem] of [
      [mine, 'NoEquivocationError'],
      [file, 'NoEquivocationError'],
      [at.policyFile, 'InvalidReceiptError'],
    ] as const) {
      const { code, stdout } = await assay(['prove-equivocation', mine, other, '--json'])
      expect([code, stdout]).toEqual([3, expect.stringContaining(`"code":"${problem}"`)])
    }
    expect((await assay(['prove-equivocation', '-', '-'])).stderr).toContain('Only one')
  })
})
