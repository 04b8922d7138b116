import {
  createBundle,
  type InferenceReceipt,
  InvalidBundleError,
  type TextSource,
  type VerificationReport,
  type VerifierOptions,
  verifyBundle,
  verifyReceipt,
} from '@assay/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { endpointBefore } from '../support/endpoint.ts'
import { offlineReceipts } from '../support/offline-receipts.ts'
import { type Session, startSession } from '../support/session.ts'
import { environmentOf, receiptBy } from '../support/verified.ts'

let session: Session
/** Settled, in two logs: of no model, of a published one, of one that is in no registry, of an environment. */
let settled: InferenceReceipt[]
/** In no chain. */
let unsettled: InferenceReceipt[]

beforeAll(async () => {
  session = await startSession()
  const { chain, owner, sessionKey } = session
  const model = {
    ...{ name: 'm', version: '1', manifestDigest: `0x${'5'.repeat(64)}` as const, uri: '' },
    signingRoot: `0x${'0'.repeat(64)}` as const,
  }
  const ownerOf = chain.as(accountOf(1))
  await chain.mined(await ownerOf.models.write.publish([model]))
  const modelId = await ownerOf.models.read.modelIdOf([owner, 'm', '1', model.manifestDigest])
  const environmentId = await environmentOf(session, sessionKey)
  const recorders = [await session.recorder(), await session.recorder()]
  settled = []
  for (const recorder of recorders) {
    const kinds = [{}, { modelId }, { modelId: `0x${'6'.repeat(64)}` as const }, { environmentId }]
    const twice = [...kinds, ...kinds]
    settled.push(...(await Promise.all(twice.map((it) => receiptBy(recorder, it)))))
  }
  unsettled = await offlineReceipts({ count: 5 })
  const posts = [settled[2], settled[9]].map((it) => ({
    ...{ subjectKind: 2, subject: it!.inferenceId, score: 90, tag: 'replay', uri: '' },
    evidenceDigest: `0x${'0'.repeat(64)}` as const,
  }))
  await chain.mined(await ownerOf.verdicts.write.post([posts]))
})
afterAll(() => session.stop())

async function reportsOf(bundle: TextSource, options: VerifierOptions) {
  const reports: VerificationReport[] = []
  for await (const report of verifyBundle(bundle, options)) reports.push(report)
  return reports
}

async function bundleOf(receipts: readonly InferenceReceipt[]): Promise<string> {
  let text = ''
  for await (const line of createBundle(receipts)) text += line
  return text
}

describe('verifyBundle', () => {
  test('default: each report is the one that the receipt has alone', async () => {
    const receipts = [...settled, ...unsettled, settled[0]!]
    const subjects = ['model', 'inference'] as const
    const auditor = { account: session.owner, tags: ['replay'], subjects, minScore: 50 }
    for (const options of [
      {},
      { client: session.chain.client, policy: session.policy },
      {
        client: session.chain.client,
        policy: { ...session.policy, auditors: [auditor], publishers: [session.owner] },
      },
    ]) {
      const alone = await Promise.all(receipts.map((receipt) => verifyReceipt(receipt, options)))
      expect(await reportsOf(await bundleOf(receipts), options)).toEqual(alone)
      const confirmed = alone.flatMap(({ checks }, i) =>
        checks.some(({ name, status }) => name === 'output' && status === 'verified') ? [i] : [],
      )
      expect(confirmed).toEqual('policy' in options && 'auditors' in options.policy ? [2, 9] : [])
    }
  })

  test('default: what is settled is verified, what is not is unknown', async () => {
    const options = { client: session.chain.client, policy: session.policy }
    const reports = await reportsOf(await bundleOf([...settled, ...unsettled]), options)
    expect(reports.map(({ status }) => status)).toEqual([
      ...settled.map(() => 'verified'),
      ...unsettled.map(() => 'unknown'),
    ])
  })

  test('behavior: what receipts have in common is asked once, at one block', async () => {
    const asked: string[] = []
    const { client } = session.chain
    const counting = endpointBefore(client, 'counting', (method, params, pass) => {
      asked.push(JSON.stringify([method, params]))
      return pass()
    })
    const options = { client: counting, policy: session.policy }
    const [first] = await reportsOf(await bundleOf(settled), options)
    const once = [...asked]
    await session.chain.client.mine({ blocks: 3 })
    asked.length = 0
    const many = Array.from({ length: 40 }, () => settled).flat()
    // Sorted, so that a batch stands in one place.
    many.sort((a, b) => (a.batch.root < b.batch.root ? -1 : 1))
    const reports = await reportsOf(await bundleOf(many), options)
    expect(new Set(reports.map(({ chain }) => chain.block?.number)).size).toBe(1)
    expect(reports[0]!.chain.block?.number).not.toBe(first!.chain.block?.number)
    // But for the block, which is looked at again whenever something was read.
    const reads = asked.filter((it) => !it.includes('eth_getBlockByNumber'))
    expect(reads.length).toBe(new Set(reads).size)
    expect(reads.length).toBe(once.filter((it) => !it.includes('eth_getBlockByNumber')).length)
  })

  test('behavior: a receipt in another batch, or a batch before other receipts, is refuted', async () => {
    const [a, b] = [settled[0]!, settled.find((it) => it.batch.root !== settled[0]!.batch.root)!]
    const lines = (await bundleOf([a, b])).trimEnd().split('\n')
    const [start, batchA, receiptA, batchB, receiptB, end] = lines as [string, ...string[]]
    const options = { client: session.chain.client, policy: session.policy }
    const judge = async (changed: (string | undefined)[]) => {
      const reports = await reportsOf(changed.join('\n'), options)
      return reports.map(({ status }) => status)
    }
    expect(await judge([start, batchA, receiptA, batchB, receiptB, end])).toEqual([
      'verified',
      'verified',
    ])
    const swapped = await judge([start, batchA, receiptB, batchB, receiptA, end])
    expect(swapped).not.toContain('verified')
    const gathered = await judge([start, batchA, receiptA, receiptB, end])
    expect(gathered[0]).toBe('verified')
    expect(gathered[1]).toBe('refuted')
    const other = batchA!.replace(a.batch.root, b.batch.root)
    expect(await judge([start, other, receiptA, batchB, receiptB, end])).toEqual([
      'refuted',
      'verified',
    ])
  })

  test('behavior: proofs of neighbours that are mixed are refuted, as they are alone', async () => {
    const receipts = await offlineReceipts({ count: 9 })
    const mixed = receipts.map((receipt, i) => ({
      ...receipt,
      batch: { ...receipt.batch, proof: receipts[i ^ 1]?.batch.proof ?? [] },
    }))
    const inTurn = receipts.flatMap((receipt, i) => [receipt, mixed[i]!, receipt])
    const alone = await Promise.all(inTurn.map((receipt) => verifyReceipt(receipt)))
    expect(await reportsOf(await bundleOf(inTurn), {})).toEqual(alone)
    expect(alone.filter(({ status }) => status === 'refuted').length).toBeGreaterThan(7)
  })

  test('behavior: reports come while the bundle is read', async () => {
    const lines = (await bundleOf(await offlineReceipts({ count: 600 }))).split(/(?<=\n)/)
    let read = 0
    async function* source() {
      for (const line of lines) {
        read++
        yield await Promise.resolve(line)
      }
    }
    for await (const { checks } of verifyBundle(source())) {
      expect(checks[0]?.status).toBe('verified')
      break
    }
    expect(read).toBeLessThan(300)
  })

  test('error: InvalidBundleError after the reports of a bundle that is cut off', async () => {
    const text = await bundleOf(unsettled)
    const reports: VerificationReport[] = []
    await expect(async () => {
      const cut = text.slice(0, text.lastIndexOf('{"end"'))
      for await (const report of verifyBundle(cut)) reports.push(report)
    }).rejects.toThrow(InvalidBundleError)
    expect(reports.length).toBeLessThanOrEqual(unsettled.length)
  })
})
