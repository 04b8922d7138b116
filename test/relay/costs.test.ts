/** What sharing a transaction saves, and that no batch takes more gas than the relay's bound says. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gasBound } from '../../relay/src/settlements/settle-call.ts'
import { maxSharedBytes } from '../../relay/src/settlements/gather.ts'
import { type Stage, startStage } from './support/relayed.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.stop())

/** Gas that a relay spent for batches of so many inferences, each in a request of its own, and in how many transactions. */
async function gasOf(counts: readonly number[], gatherMillis: number, mode?: 'external') {
  const relayed = await stage.relay({
    ...{ gatherMillis, maxCost: 10n ** 19n, budgetPerAccount: 10n ** 19n },
    maxFeePerGas: 10n ** 12n,
  })
  const party = await stage.authorizedParty()
  const hashes = new Set<`0x${string}`>()
  for (const first of [0n, 1n]) {
    hashes.clear()
    const logs = first ? made : (made = counts.map(() => stage.newLog(party)))
    const settle = async (log: (typeof logs)[number], i: number) => {
      const count = first ? (counts[i] as number) : 1
      const batch = await log.batch(first, count, mode ? { mode } : {})
      const body = stage.bodyOf([batch])
      const { json } = await stage.post(relayed.url, '/v1/settlements', body, {
        prefer: 'wait=20',
      })
      expect(json.settlements[0].status).toBe('settled')
      hashes.add(json.settlements[0].transactionHash)
    }
    if (gatherMillis > 0) await Promise.all(logs.map(settle))
    else for (const [i, log] of logs.entries()) await settle(log, i)
  }
  let gas = 0n
  for (const hash of hashes) {
    gas += (await stage.chain.client.getTransactionReceipt({ hash })).gasUsed
  }
  return { gas, transactions: hashes.size }
}
let made: ReturnType<Stage['newLog']>[] = []

test('default: batches that share a transaction cost less, up to the size at which they no longer share', async () => {
  const one = Array.from({ length: 10 }, () => 1)
  const large = Array.from({ length: 5 }, () => 150)
  const rows = []
  for (const [name, counts, mode] of [
    ['10 inline batches of 1', one, undefined],
    ['5 inline batches of 150', large, undefined],
    ['10 external batches', one, 'external'],
  ] as const) {
    const apart = await gasOf(counts, 0, mode)
    const together = await gasOf(counts, 1_500, mode)
    rows.push({ name, apart: Number(apart.gas), together: Number(together.gas) })
    expect(together.transactions).toBe(1)
    expect(apart.transactions).toBeGreaterThan(1)
    expect(together.gas, name).toBeLessThan(apart.gas)
  }
  console.table(rows)
  expect(150 * 5 * 42).toBeLessThan(maxSharedBytes)
}, 60_000)

test('behavior: the bound holds for a log’s first batch, inline and external', async () => {
  const relayed = await stage.relay({ gatherMillis: 0 })
  const party = await stage.authorizedParty()
  for (const [mode, count] of [
    ['inline', 1],
    ['inline', 60],
    ['inline', 1_000],
    ['external', 1],
  ] as const) {
    const { batch, place, signature } = await stage.newLog(party).batch(0n, count, { mode })
    const body = stage.bodyOf([{ batch, place, signature }])
    const { json } = await stage.post(relayed.url, '/v1/settlements', body, { prefer: 'wait=20' })
    const hash = json.settlements[0].transactionHash as `0x${string}`
    const { gasUsed } = await stage.chain.client.getTransactionReceipt({ hash })
    const { first, root } = batch
    const data = `0x${Buffer.from(batch.data).toString('hex')}` as const
    const common = { log: place, first, count, root, signature }
    const bound =
      mode === 'inline'
        ? gasBound({ ...common, mode, data })
        : gasBound({ ...common, mode, dataDigest: root, uri: 'https://data.example/1' })
    expect(gasUsed, `${mode} ${count}`).toBeLessThanOrEqual(bound + 21_000n)
    expect(bound, `${mode} ${count}`).toBeLessThan(2n * gasUsed)
  }
}, 60_000)
