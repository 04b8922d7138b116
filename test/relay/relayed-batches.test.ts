import * as assay from '@assay/sdk'
import { defaultPolicy, relay, relaySignedCall, signCall, verifyReceipt } from '@assay/sdk'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { farFuture, type Stage, startStage } from './support/relayed.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.stop())

test('default: one signature, no transaction and no coin of owner and key, for hundreds of inferences of several recorders', async () => {
  const { chain } = stage
  const { url } = await stage.relay()
  const party = stage.newParty()
  let signatures = 0
  const owner: typeof party.owner = {
    ...party.owner,
    signTypedData: (...parameters) => {
      signatures++
      return party.owner.signTypedData(...parameters)
    },
  }
  const call = await signCall(stage.walletOf(owner), {
    kind: 'authorizeSessionKey',
    arguments: { sessionKey: party.session.address, expiresAt: farFuture },
    contract: stage.inferenceLog,
  })
  await relaySignedCall(chain.client, { call, url })

  const recorders = await Promise.all(
    Array.from({ length: 4 }, () =>
      stage.recorder(party, {
        submit: relay(url, { rpcUrl: chain.rpcUrl }),
        maxExportBatchSize: 40,
      }),
    ),
  )
  const recorded = await Promise.all(
    recorders.flatMap((recorder) =>
      Array.from({ length: 100 }, async (_, i) => {
        const it = await recorder.record({ request: `${i}`, response: 'a' })
        return { recorder, id: it?.inferenceId }
      }),
    ),
  )
  await Promise.all(recorders.map((recorder) => recorder.flush()))
  const policy = { ...defaultPolicy, chains: { [chain.chainId]: chain.addresses } }
  const some = recorded.filter((_, i) => i % 37 === 0)
  for (const { recorder, id } of some) {
    const receipt = await recorder.receiptOf(id)
    const report = await verifyReceipt(receipt, { policy, client: chain.client })
    expect(report.status).toBe('verified')
    expect(receipt?.hints.transactionHash).toMatch(/^0x/)
  }
  for (const recorder of recorders) {
    expect(recorder.status()).toMatchObject({ recorded: 100, settled: 100, pending: 0 })
  }
  expect(signatures).toBe(1)
  for (const { address } of [party.owner, party.session]) {
    expect(await chain.client.getTransactionCount({ address })).toBe(0)
    expect(await chain.client.getBalance({ address })).toBe(0n)
  }
}, 60_000)

test('behavior: an application that names the relay by its variable has nothing else to do', async () => {
  const { url } = await stage.relay()
  const party = await stage.authorizedParty()
  const gone = 'http://127.0.0.1:9'
  vi.stubEnv('ASSAY_RELAY_URL', `${gone}, ${url}`)
  try {
    const recorder = await stage.recorder(party, { rpcUrl: stage.chain.rpcUrl })
    const recorded = await recorder.record({ request: 'q', response: 'a' })
    await recorder.flush()
    const receipt = await recorder.receiptOf(recorded)
    expect(receipt?.hints.transactionHash).toMatch(/^0x/)
    const { address } = party.session
    expect(await stage.chain.client.getTransactionCount({ address })).toBe(0)
    await expect(
      stage.recorder(party, { rpcUrl: stage.chain.rpcUrl, relayUrl: 'x' }),
    ).rejects.toThrow('`relayUrl (ASSAY_RELAY_URL)` must be an http or https URL')
  } finally {
    vi.unstubAllEnvs()
  }
}, 30_000)

test('behavior: what is settled already is answered with success, whoever settled it', async () => {
  const { url } = await stage.relay()
  const log = stage.newLog(await stage.authorizedParty())
  const body = stage.bodyOf([await log.batch(0n, 3)])
  const sent = await stage.post(url, '/v1/settlements', body, { prefer: 'wait=10' })
  expect(sent).toMatchObject({ status: 200, json: { settlements: [{ status: 'settled' }] } })
  const [first] = sent.json.settlements
  expect(first.transactionHash).toMatch(/^0x[0-9a-f]{64}$/)
  const again = await stage.post(url, '/v1/settlements', body)
  expect(again).toMatchObject({
    status: 200,
    json: { settlements: [{ status: 'settled', transactionHash: null, logId: log.logId }] },
  })
  const mined = await fetch(`${url}/v1/transactions/${first.transactionHash}`)
  expect(await mined.json()).toMatchObject({ status: 'mined' })
})

test('behavior: several batches of several logs in one request, in one transaction', async () => {
  const { url, events } = await stage.relay({ gatherMillis: 1_000 })
  const party = await stage.authorizedParty()
  const [a, b] = [stage.newLog(party), stage.newLog(party)]
  const body = stage.bodyOf([
    await a.batch(0n, 2),
    await b.batch(0n, 5, { mode: 'external' }),
    await a.batch(2n, 3),
  ])
  const { json } = await stage.post(url, '/v1/settlements', body, { prefer: 'wait=10' })
  expect((json.settlements as { status: string }[]).map(({ status }) => status)).toEqual([
    'settled',
    'settled',
    'settled',
  ])
  expect(events.filter(({ type }) => type === 'sent')).toHaveLength(1)
  const { inferenceLog, chain } = stage
  const { client } = chain
  expect(await assay.getHead(client, { logId: a.logId, inferenceLog })).toBe(5n)
  expect(await assay.getHead(client, { logId: b.logId, inferenceLog })).toBe(5n)
})

test('behavior: the same batch by many requests at once is paid for once', async () => {
  const { url, events } = await stage.relay()
  const log = stage.newLog(await stage.authorizedParty())
  const body = stage.bodyOf([await log.batch(0n, 3)])
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      stage.post(url, '/v1/settlements', body, { prefer: 'wait=10' }),
    ),
  )
  for (const { json } of answers) expect(json.settlements[0].status).toBe('settled')
  expect(events.filter(({ type }) => type === 'sent')).toHaveLength(1)
})

test('behavior: batches that follow each other, in requests at once, are settled in order', async () => {
  const { url } = await stage.relay()
  const log = stage.newLog(await stage.authorizedParty())
  const bodies = []
  for (const n of [0, 1, 2, 3]) bodies.push(stage.bodyOf([await log.batch(BigInt(n), 1)]))
  const answers = []
  for (const body of bodies) {
    answers.push(stage.post(url, '/v1/settlements', body, { prefer: 'wait=20' }))
    await new Promise((next) => setTimeout(next, 5))
  }
  for (const { json } of await Promise.all(answers)) {
    expect(json.settlements[0].status).toBe('settled')
  }
})
