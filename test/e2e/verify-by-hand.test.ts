import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createRecorder,
  type InferenceReceipt,
  memoryJournal,
  type RecorderOptions,
} from '@assay/sdk'
import { deployments } from '@assay/sdk/deployments'
import { fieldLeafHash } from '@assay/sdk/formats'
import { hexToBytes, toHex, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../indexer/support/chain.ts'
import { type ContrivedParts, settleContrived, withFields } from '../sdk/support/contrived-batch.ts'
import { byOwner } from '../sdk/support/owner-settling.ts'
import { alternatives, at, changed, leavesOf, twinOf } from '../sdk/support/receipt-changes.ts'
import { farFuture, type Session, startSession } from '../sdk/support/session.ts'
import { singleBatch } from '../sdk/support/single-batch.ts'
import { cleanEnv } from '../support/run-script.ts'

const python = spawnSync('python3', ['--version']).status === 0
if (!python)
  console.warn('\n!!! NOT RUN: docs/verify-by-hand.md, as there is no python3 here !!!\n')

const docs = fileURLToPath(new URL('../../docs', import.meta.url))
const page = await readFile(join(docs, 'verify-by-hand.md'), 'utf8')
/** The page's commands, in its order. */
const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, command = '']) => command)
const [writeVerify = '', exports = '', runVerify = '', runDigest = '', writeKey = '', runKey = ''] =
  commands

describe.skipIf(!python)('docs/verify-by-hand.md', () => {
  let session: Session
  let directory: string
  let receipts: InferenceReceipt[]
  let receipt: InferenceReceipt
  const response = JSON.stringify({ answer: 'é' })

  beforeAll(async () => {
    session = await startSession()
    directory = await mkdtemp(join(tmpdir(), 'assay-test-'))
    await symlink(docs, join(directory, 'docs'))
    receipts = await recordedBy(session.sessionKey, ['a', 'b', 'c', 'd', 'e'])
    receipt = receipts[2] as InferenceReceipt
    await writeFile(join(directory, 'response.json'), response)
    for (const command of [writeVerify, writeKey]) {
      expect(await shell(command)).toEqual({ code: 0, stdout: '', stderr: '' })
    }
  })
  afterAll(async () => {
    await session.stop()
    await rm(directory, { recursive: true })
  })

  async function recordedBy(
    sessionKey: `0x${string}`,
    requests: string[],
    options: RecorderOptions = {},
  ) {
    const recorder = await session.recorder({ sessionKey, ...options })
    const all = await Promise.all(
      requests.map((request) =>
        recorder.record({ request, response, model: 'm\u001b[31m', extensions: { 'x.n': 'v' } }),
      ),
    )
    return (await Promise.all(all.map((it) => recorder.receiptOf(it)))) as InferenceReceipt[]
  }

  /** Runs commands as a reader would, in a directory with nothing but the page and the files that it speaks of. */
  function shell(command: string, env: Record<string, string> = {}) {
    const { chainId, rpcUrl, addresses } = session.chain
    return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const believed = {
        ASSAY_CHAIN_ID: String(chainId),
        ASSAY_INFERENCE_LOG: addresses.inferenceLog,
        ASSAY_RPC_URL: rpcUrl,
        NO_PROXY: '127.0.0.1',
      }
      execFile(
        'sh',
        ['-c', command],
        { cwd: directory, env: { ...cleanEnv(), ...believed, ...env }, maxBuffer: 2 ** 24 },
        (error, stdout, stderr) => {
          resolve({ code: Number(error?.code ?? 0), stdout, stderr })
        },
      )
    })
  }

  async function run(command: string, value: unknown, env: Record<string, string> = {}) {
    const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
    await writeFile(join(directory, 'receipt.json'), text)
    return shell(command, env)
  }

  /** Lets the program judge many files at once; gives what it says of each. */
  async function judge(texts: readonly string[]): Promise<string[]> {
    const names = texts.map((_, i) => `${i}.json`)
    await Promise.all(texts.map((text, i) => writeFile(join(directory, `${i}.json`), text)))
    await writeFile(join(directory, 'honest.json'), JSON.stringify(receipt))
    const { code, stdout, stderr } = await shell(`python3 verify.py ${names.join(' ')} honest.json`)
    expect(stderr).toBe('')
    const lines = stdout
      .split('\n')
      .filter((line) => /^(NOT verified|verified by hand): /.test(line))
    expect(lines).toHaveLength(texts.length + 1)
    expect(lines.pop()).toMatch(/^verified by hand: honest/)
    expect(code).toBe(lines.every((line) => line.startsWith('verified')) ? 0 : 1)
    return lines
  }

  test('default: its commands verify a real receipt', async () => {
    expect(commands).toHaveLength(6)
    expect([runVerify, runKey]).toEqual([
      'python3 verify.py receipt.json\n',
      'python3 key.py receipt.json\n',
    ])
    const { code, stdout, stderr } = await run(runVerify, receipt)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(receipt.fields.opened.length + 1)
    expect(lines.at(-1)).toMatch(
      /^verified by hand: receipt.json, settled at \d+ by the session key$/,
    )
    const digest = await shell(runDigest)
    expect(digest.stdout.trim()).toBe(createHash('sha256').update(response).digest('hex'))
    expect(lines).toContain(`  'response.sha256' ${digest.stdout.trim()}`)
    expect(await run(runKey, receipt)).toMatchObject({
      code: 0,
      stdout: 'the key was in force, and nothing was reported since\n',
    })
  })

  test('default: it names the local chain’s contract', () => {
    const set = Object.fromEntries(
      [...exports.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name = '', value]) => [name, value]),
    )
    expect(set).toMatchObject({
      ASSAY_CHAIN_ID: '31337',
      ASSAY_INFERENCE_LOG: deployments[31337].inferenceLog,
    })
    expect(set.ASSAY_RPC_URL).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  test('behavior: every receipt of a batch is verified, whatever its size, and however its data was handed over', async () => {
    const long = await recordedBy(session.sessionKey, ['x'.repeat(1000)])
    const { chain, owner, sessionAccount } = session
    const external = await singleBatch(chain, 'external', {
      ...{ owner, sessionKey: sessionAccount.address },
      sign: (typedData) => sessionAccount.signTypedData(typedData),
    })
    const { place, batch, signature } = external
    const { log } = chain.as(accountOf(3))
    const settled = [place, 0n, 1, batch.root, batch.dataDigest, '0x', signature] as const
    await chain.mined(await log.write.settleExternalBySig(settled))
    const all = [...receipts, ...long, external.receipt]
    const lines = await judge(all.map((it) => JSON.stringify(it)))
    expect(lines.filter((line) => line.startsWith('verified'))).toHaveLength(5 + 1 + 1)
  })

  test('behavior: the owner in the key’s place', async () => {
    const sessionKey = await session.newKey(farFuture)
    const [settled] = await recordedBy(sessionKey, ['q'], { submit: byOwner(session) })
    const { stdout } = await run(runVerify, settled)
    expect(stdout).toMatch(/^verified by hand: .* by the owner, in the key's place$/m)
    const { code, stdout: said } = await run(runKey, settled)
    expect([code, said]).toEqual([0, "the owner settled this in the key's place\n"])
  })

  test('behavior: what a receipt shows can’t colour the terminal', async () => {
    const { stdout } = await run(runVerify, receipt)
    expect(stdout).toContain(String.raw`'m\x1b[31m'`)
    // eslint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f]/)
  })

  test('error: no value can be changed', async () => {
    const paths = leavesOf(receipt).filter(([member]) => member !== 'hints')
    const names: string[] = []
    const texts: string[] = []
    for (const path of paths) {
      const value = at(receipt, path) as string
      const others: unknown[] = alternatives(value).filter((it) => it !== value)
      others.push(1, null, [], {}, `${value} `, `${value}\n`, value.replace(/(\d)/, '$1_'))
      const upper = value.replace(/[a-f]/g, (digit) => digit.toUpperCase())
      if (value.startsWith('0x') && upper !== value) others.push(upper)
      for (const other of others.filter((it) => it !== value)) {
        names.push(`${path.join('.')} = ${JSON.stringify(other)}`)
        texts.push(JSON.stringify(changed(receipt, path, () => other)))
      }
    }
    expect(texts.length).toBeGreaterThan(400)
    const lines = await judge(texts)
    const passed = names.filter((_, i) => !lines[i]?.startsWith('NOT verified'))
    expect(passed).toEqual([])
  })

  test('error: lists that are longer, shorter, swapped; members that are missing or twice', async () => {
    const other = receipts[3] as InferenceReceipt
    const { leafHashes, opened } = receipt.fields
    const { proof } = receipt.batch
    const fields = (part: object) => ({ ...receipt, fields: { ...receipt.fields, ...part } })
    const batch = (part: object) => ({ ...receipt, batch: { ...receipt.batch, ...part } })
    const values: object[] = [
      fields({ leafHashes: leafHashes.slice(1) }),
      fields({ leafHashes: [...leafHashes, leafHashes[0]] }),
      fields({ leafHashes: leafHashes.toReversed() }),
      fields({ opened: [...opened, opened[0]] }),
      fields({ opened: other.fields.opened }),
      fields(other.fields),
      batch({ proof: proof.slice(1) }),
      batch({ proof: [...proof, proof[0]] }),
      batch({ proof: [proof[0], ...proof] }),
      batch({ proof: proof.toReversed() }),
      batch({ proof: other.batch.proof }),
      batch({ signature: twinOf(receipt.batch.signature) }),
      { ...receipt, inference: other.inference },
      ...Object.keys(receipt)
        .filter((name) => name !== 'hints')
        .map((name) => Object.fromEntries(Object.entries(receipt).filter(([it]) => it !== name))),
    ]
    const json = JSON.stringify(receipt)
    const texts = [
      ...values.map((value) => JSON.stringify(value)),
      json.replace('"owner"', '"owner":"0x00","owner"'),
      json.replace('{', '{"inferenceId":"0x00",'),
      ...['', '[]', 'null', '{', '['.repeat(100_000), '9'.repeat(5000), '\ud800', `${json}${json}`],
    ]
    const lines = await judge(texts)
    expect(lines.filter((line) => !line.startsWith('NOT verified'))).toEqual([])
  })

  test('error: a stranger’s key under the owner’s name, and a batch that is not settled', async () => {
    const stranger = await session.newKey()
    const recorder = createRecorder({
      ...{ chainId: session.chain.chainId, owner: session.owner, sessionKey: stranger },
      ...{ inferenceLog: session.chain.addresses.inferenceLog, journal: memoryJournal() },
      scheduledDelayMillis: 20,
      // Says that it is settled, so that there is a receipt with a good signature and no settlement.
      submit: () => Promise.resolve({ transactionHash: `0x${'1'.repeat(64)}` }),
    })
    const recorded = await recorder.record({ request: 'q', response: 'a' })
    const forged = await recorder.receiptOf(recorded)
    await recorder.shutdown()
    const { code, stdout } = await run(runVerify, forged)
    expect(code).toBe(1)
    expect(stdout).toContain('not settled')
  })

  describe('what the session key itself has signed and settled, against the rules', () => {
    const contrived = (make: Parameters<typeof settleContrived>[1]) =>
      settleContrived(session, make)

    test('default: by the rules it is verified', async () => {
      const { receipt: plain } = await contrived((it) => it)
      expect((await run(runVerify, plain)).code).toBe(0)
    })

    test.each<[string, (receipt: InferenceReceipt) => ContrivedParts]>([
      ['outside its batch', (it) => ({ ...it, inference: { ...it.inference, sequence: '7' } })],
      [
        'declared as served after it was settled',
        (it) => ({ ...it, inference: { ...it.inference, servedAt: '9000000000000' } }),
      ],
      [
        'no commitment of 9 to 16 fields',
        (it) => withFields(it, { leafHashes: it.fields.leafHashes.slice(0, 8), opened: [] }),
      ],
      [
        "a field stands at another's place",
        (it) => {
          const misplaced = { index: '0', name: 'outcome', salt: zeroHash, value: '0x00' as const }
          const leafHash = fieldLeafHash({
            name: misplaced.name,
            salt: hexToBytes(misplaced.salt),
            value: hexToBytes(misplaced.value),
          })
          return withFields(it, {
            leafHashes: [toHex(leafHash), ...it.fields.leafHashes.slice(1)],
            opened: [misplaced, ...it.fields.opened.slice(1)],
          })
        },
      ],
    ])('error: %s', async (reason, make) => {
      const { receipt: made } = await contrived(make)
      const { code, stdout } = await run(runVerify, made)
      expect(code).toBe(1)
      expect(stdout).toContain(reason)
    })

    test('error: settled as another batch', async () => {
      const { another } = await contrived((it) => it)
      const { code, stdout } = await run(runVerify, another)
      expect(code).toBe(1)
      expect(stdout).toContain('settled as another batch')
    })
  })

  test('error: another chain, another contract, an endpoint that is down, lies or is of another chain', async () => {
    const elsewhere = [
      { ASSAY_CHAIN_ID: '1' },
      { ASSAY_INFERENCE_LOG: session.chain.addresses.modelRegistry },
      { ASSAY_RPC_URL: 'http://127.0.0.1:9' },
      { ASSAY_RPC_URL: session.chain.wsUrl },
    ]
    for (const env of elsewhere) {
      const { code, stdout, stderr } = await run(runVerify, receipt, env)
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
      expect(stdout).toMatch(/^NOT verified: /)
    }
  })

  describe('key.py', () => {
    async function withKey() {
      const sessionKey = await session.newKey(farFuture)
      const [first] = await recordedBy(sessionKey, ['q'])
      const { address } = privateKeyToAccount(sessionKey)
      return { first: first as InferenceReceipt, sessionKey, address }
    }
    const owner = () => session.chain.as(accountOf(1)).log.write
    async function later(seconds: number) {
      await session.chain.client.increaseTime({ seconds })
      await session.chain.client.mine({ blocks: 1 })
    }

    test('behavior: revoked later, good then', async () => {
      const { first, address } = await withKey()
      await later(60)
      await session.chain.mined(await owner().revokeSessionKey([address]))
      expect(await run(runKey, first)).toMatchObject({ code: 0, stderr: '' })
    })

    test('error: compromised since before the settlement, which the first question does not tell', async () => {
      const { first, address } = await withKey()
      const { timestamp } = await session.chain.mined(await owner().reportCompromise([address, 0]))
      expect(await run(runVerify, first)).toMatchObject({ code: 0 })
      const { code, stderr } = await run(runKey, first)
      expect(code).toBe(1)
      expect(stderr).toContain(`reported at ${timestamp}: in other hands since 0`)
    })

    test('error: revoked before the time that it declares', async () => {
      const sessionKey = await session.newKey(farFuture)
      const { timestamp } = await session.chain.client.getBlock()
      // The recorder's clock is ahead, by less than what would be refused anyway.
      const by = await session.recorder({ sessionKey })
      const recorded = await by.record({
        ...{ request: 'q', response: 'a', servedAt: (Number(timestamp) + 200) * 1000 },
      })
      const ahead = await by.receiptOf(recorded)
      const { address } = privateKeyToAccount(sessionKey)
      const revoked = await session.chain.mined(await owner().revokeSessionKey([address]))
      expect(await run(runVerify, ahead)).toMatchObject({ code: 0 })
      const { code, stderr } = await run(runKey, ahead)
      expect(code).toBe(1)
      expect(stderr).toContain(`the key was revoked at ${revoked.timestamp}, before this`)
    })

    test('error: what verify.py refuses', async () => {
      const { code, stderr } = await run(
        runKey,
        changed(receipt, ['batch', 'root'], () => '0x'),
      )
      expect(code).toBe(1)
      expect(stderr).toMatch(/^NOT verified: /)
    })
  })
})
