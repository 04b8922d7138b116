/** Owners that are contracts: only the chain can say whether their signature is good (ERC-1271). */
import type { Address, Hex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stage, startStage } from './support/relayed.ts'

/** Init code of a contract that returns 0x1626ba7e to whatever it is asked. */
const accepting = '0x600e8060095f395ff3631626ba7e60e01b5f5260205ff3'
/** Of one that uses up all gas: JUMPDEST, and a jump back to it. */
const burning = '0x60048060095f395ff35b5f5600'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.stop())

async function ownerWith(data: Hex): Promise<Address> {
  const { client, mined } = stage.chain
  return (await mined(await client.sendTransaction({ data }))).contractAddress ?? '0x'
}

async function batchOf(owner: Address) {
  const party = stage.newParty()
  const log = stage.newLog({ ...party, owner: { ...party.owner, address: owner } })
  return { ...(await log.batch(0n, 2)), signature: '0x1234' as const }
}

test('default: settled in the key’s place by what the code accepts, in a transaction of its own', async () => {
  const { url, events } = await stage.relay({ gatherMillis: 300 })
  const byCode = await batchOf(await ownerWith(accepting))
  const byKey = await stage.newLog(await stage.authorizedParty()).batch(0n, 1)
  const answers = await Promise.all(
    [byCode, byKey].map((it) =>
      stage.post(url, '/v1/settlements', stage.bodyOf([it]), { prefer: 'wait=10' }),
    ),
  )
  for (const { json } of answers) expect(json.settlements[0].status).toBe('settled')
  expect(events.filter(({ type }) => type === 'sent')).toHaveLength(2)
  const found = await stage.settlement(byCode.batch.logId, byCode.batch.root)
  expect(found.signedByKey).toBe(false)
})

test('error: code that refuses, is not there, or burns all gas costs the relay nothing', async () => {
  const { url, events } = await stage.relay()
  for (const owner of [await ownerWith(burning), stage.inferenceLog]) {
    const answer = await stage.post(url, '/v1/settlements', stage.bodyOf([await batchOf(owner)]))
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid-signature' } })
  }
  expect(events.some(({ type }) => type === 'sent')).toBe(false)
})
