/** A collector that is killed again and again while programs hand in records, each of which repeats what got no answer. */
import { writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { createRecorder, fileJournal, verifyReceipt } from '@assay/sdk'
import { keyOf } from '@assay/sdk/collect'
import { JournalError } from '@assay/sdk/errors'
import { readJournals } from '@assay/sdk/inspect'
import { bytesToHex, type Hex, sha256, toHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Session, startSession } from '../sdk/support/session.ts'
import { freePorts } from '../support/free-ports.ts'
import { type Asking, askingBy, environmentOf, spawnCollector } from './support/collector.ts'

const long = process.env.ASSAY_TEST_LONG === '1'
const kills = long ? 100 : 5

let at: Session
beforeAll(async () => {
  at = await startSession()
})
afterAll(() => at.stop())

const recordOf = (n: number) => ({
  request: { text: `request ${n}` },
  response: { text: `answer ${n}` },
  idempotencyKey: `key ${n}`.replace(' ', '-'),
})

/** Hands in records until it is told to stop: one, then a few at once, in turns. Gives the id that each was answered with. */
async function handIn({ post }: Asking, from: number, isOver: () => boolean) {
  const acknowledged = new Map<number, string>()
  const counts = { repeated: 0, tries: 0 }
  for (let n = from; !isOver();) {
    const count = n % 3 === 0 ? 20 : 1
    const numbers = Array.from({ length: count }, (_, i) => n + i)
    const records = numbers.map(recordOf)
    for (let answered = false; !answered;) {
      counts.tries++
      try {
        const { status, json } = await post(count === 1 ? records[0] : records)
        // Anything else than an answer is tried again, until there is one.
        if (status > 201) throw new Error(json.code)
        const given = count === 1 ? [json] : json.inferences
        for (const [i, { inferenceId, repeated }] of given.entries()) {
          acknowledged.set(n + i, inferenceId)
          if (repeated) counts.repeated++
        }
        answered = true
      } catch {
        await pause(20)
      }
    }
    n += count
  }
  return { acknowledged, counts }
}

test(
  `killed at ${kills} random moments: nothing acknowledged is lost, nothing stands twice, every receipt verifies`,
  { timeout: long ? 3_600_000 : 120_000 },
  async () => {
    const directory = await at.directory()
    const [port] = await freePorts(1)
    const env = environmentOf(at, directory)
    const spawned = () => spawnCollector(env, ['--port', String(port)])
    let collector = await spawned()
    const asking = askingBy((path, init) => fetch(`http://127.0.0.1:${port}${path}`, init))
    let over = false
    const clients = [1, 2, 3, 4].map((client) => handIn(asking, client * 1_000_000, () => over))
    for (let i = 0; i < kills; i++) {
      await pause(Math.random() * 500)
      expect(await collector.end('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
      collector = await spawned()
    }
    over = true
    const done = await Promise.all(clients)
    const acknowledged = done.flatMap((client) => [...client.acknowledged])
    const repeated = done.reduce((sum, { counts }) => sum + counts.repeated, 0)
    const { status, json } = await asking.ask('/v1/flush', {
      method: 'POST',
      headers: { prefer: 'wait=60' },
    })
    expect([status, json]).toMatchObject([200, { pending: 0, dropped: 0 }])
    expect(await collector.end('SIGTERM')).toEqual({ code: 0, signal: null })

    const { chain, owner, sessionKey, policy } = at
    const options = {
      ...{ chainId: chain.chainId, rpcUrl: chain.rpcUrl, owner },
      inferenceLog: chain.addresses.inferenceLog,
    }
    const kept = new Map<Hex, Hex>()
    let journals = 0
    for await (const found of readJournals(directory)) {
      if (found instanceof JournalError) throw found
      const { journal } = found
      const { next, settled } = journal.state
      expect(settled).toBe(next)
      journals++
      for await (const group of journal.inferences(0n, Number(next))) {
        for (const { fields, inferenceId } of group) {
          const key = bytesToHex(keyOf(fields) as Uint8Array)
          expect(kept.has(key)).toBe(false)
          kept.set(key, bytesToHex(inferenceId))
        }
      }
    }
    // One process at a time: all took up the same journal.
    expect(journals).toBe(1)
    const lost = acknowledged.filter(
      ([n, inferenceId]) => kept.get(sha256(toHex(recordOf(n).idempotencyKey))) !== inferenceId,
    )
    expect(lost).toEqual([])
    // All were handed in until they were acknowledged, so there is nothing else.
    expect(kept.size).toBe(acknowledged.length)

    const reader = createRecorder({ ...options, sessionKey, journal: fileJournal({ directory }) })
    let verified = 0
    for (const [, inferenceId] of acknowledged) {
      if (Math.random() > (long ? 1_000 : 100) / acknowledged.length) continue
      const receipt = await reader.receiptOf(inferenceId)
      const report = await verifyReceipt(receipt, { policy, client: chain.client })
      if (report.status !== 'verified') expect({ report, receipt }).toBeUndefined()
      verified++
    }
    await reader.shutdown()
    expect(acknowledged.length).toBeGreaterThan(10 * kills)
    const result = { kills, acknowledged: acknowledged.length, repeated, verified }
    if (!long) return
    // Answers were lost, and what they spoke of was there.
    expect(repeated).toBeGreaterThan(0)
    await writeFile(
      new URL('../../bench/results/collector-kills.json', import.meta.url),
      `${JSON.stringify({ command: 'pnpm test:long cli/collect-kills', node: process.version, ...result, lost: 0, twice: 0 }, null, 2)}\n`,
    )
  },
)
