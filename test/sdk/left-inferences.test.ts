import { readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { fileJournal, type Journal, type Recorder, verifyReceipt } from '@assay/sdk'
import type { Hex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runScript } from '../support/run-script.ts'
import { type Session, startSession } from './support/session.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

const unknown: Hex = `0x${'77'.repeat(32)}`

/** Processes that record, each into a journal of its own, and end before anything is settled. */
async function leave(directory: string, processes: number): Promise<Hex[][]> {
  const { chain, owner, sessionKey } = session
  const env = {
    ASSAY_CHAIN_ID: String(chain.chainId),
    ASSAY_INFERENCE_LOG: chain.addresses.inferenceLog,
    ASSAY_OWNER: owner,
    ASSAY_SESSION_KEY: sessionKey,
    ASSAY_RPC_URL: chain.rpcUrl,
  }
  return Promise.all(
    Array.from({ length: processes }, async () => {
      const own = await session.directory()
      const script = 'test/sdk/support/recording-script.ts'
      const { stdout } = await runScript(script, ['exit', '5'], { ...env, ASSAY_JOURNAL: own })
      const [folder] = (await readdir(own)) as [string]
      await rename(join(own, folder), join(directory, folder))
      return stdout.split('\n').filter((line) => line.startsWith('0x')) as Hex[]
    }),
  )
}

/** A journal of its own, beside those of a directory. */
async function besides(directory: string): Promise<Journal> {
  const own = fileJournal({ directory: await session.directory() })
  const { abandoned, free } = fileJournal({ directory })
  return Object.assign((place: Parameters<Journal>[0]) => own(place), { abandoned, free })
}

async function expectVerified(recorder: Recorder, inferenceId: Hex, of: unknown = inferenceId) {
  const receipt = await recorder.receiptOf(of)
  expect(receipt?.inferenceId).toBe(inferenceId)
  const { policy, chain } = session
  const report = await verifyReceipt(receipt, { policy, client: chain.client })
  expect(report.status).toBe('verified')
}

test('default: receiptOf finds what processes that have ended left, each in its own journal, and settles it first', async () => {
  const directory = await session.directory()
  const left = await leave(directory, 3)
  const recorder = await session.recorder({
    journal: await besides(directory),
    // Nothing but who asks brings them on chain.
    scheduledDelayMillis: 3_600_000,
  })
  for (const [first, , , , last] of left) {
    await expectVerified(recorder, last as Hex)
    // It is settled by now, and its journal was left again.
    await expectVerified(recorder, first as Hex)
  }
  expect(recorder.status().pending).toBe(0)
  const own = await recorder.record({ request: 'q', response: 'a' })
  await recorder.flush()
  await expectVerified(recorder, own?.inferenceId as Hex)
})

test('behavior: also by what another process was given, whose places mean nothing here', async () => {
  const directory = await session.directory()
  const left = await leave(directory, 2)
  const recorder = await session.recorder({ journal: fileJournal({ directory }) })
  // So many that the places are taken here, too.
  for (let i = 0; i < 8; i++) await recorder.record({ request: String(i), response: 'a' })
  for (const ids of left) {
    for (const [i, inferenceId] of ids.entries()) {
      await expectVerified(recorder, inferenceId, { inferenceId, sequence: BigInt(i) })
    }
  }
  const [[, second] = []] = left
  expect((await recorder.waitForSettlement(second as Hex)).inferenceId).toBe(second)
})

test('behavior: what nobody has recorded is not found, and damage in one journal hides no other', async () => {
  const directory = await session.directory()
  const left = await leave(directory, 3)
  const errors: unknown[] = []
  const journal = await besides(directory)
  const recorder = await session.recorder({
    journal: Object.assign((place: Parameters<Journal>[0]) => journal(place), {
      *free(place: Parameters<Journal>[0]) {
        let isFirst = true
        for (const open of journal.free?.(place) ?? []) {
          const sequenceOf = () => Promise.reject(new RangeError('damaged'))
          yield isFirst ? { ...open, sequenceOf } : open
          isFirst = false
        }
      },
    }),
    onError: (error) => errors.push(error),
    scheduledDelayMillis: 3_600_000,
  })
  expect(await recorder.receiptOf(unknown)).toBeUndefined()
  await expect(recorder.waitForSettlement(unknown)).rejects.toThrow('knows no such inference')
  const found = await Promise.all(left.flat().map((id) => recorder.receiptOf(id)))
  // One can't be read.
  expect(found.filter((it) => it !== undefined)).toHaveLength(10)
  expect(errors.map(String)).toContain('RangeError: damaged')
})

test('behavior: what a living process holds is that process’s', async () => {
  const directory = await session.directory()
  const other = await session.recorder({ journal: fileJournal({ directory }) })
  const recorded = await other.record({ request: 'q', response: 'a' })
  const recorder = await session.recorder({ journal: await besides(directory) })
  expect(await recorder.receiptOf(recorded?.inferenceId)).toBeUndefined()
  await other.shutdown()
  await expectVerified(recorder, recorded?.inferenceId as Hex)
})
