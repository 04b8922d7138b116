/** The SDK's side: whatever a relay does, the chain decides, and what deviates is told. */
import {
  BatchForkError,
  defaultPolicy,
  direct,
  relay,
  RelayDeviationError,
  RelayRefusalError,
  relaySignedCall,
  RelayUnreachableError,
  SessionKeyNotAuthorizedError,
  SettlementMismatchError,
  signCall,
  type SignedBatch,
  submitSignedCall,
  verifyReceipt,
} from '@assay/sdk'
import { batchTypedData } from '@assay/sdk/formats'
import { stringToHex, toHex, zeroHash } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../indexer/support/chain.ts'
import { farFuture, type Stage, startStage } from './support/relayed.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.stop())

/** An adapter with a short patience, and what it told. */
function adapter(urls: string | string[], more: object = {}) {
  const told: unknown[] = []
  const submit = relay(urls, {
    rpcUrl: stage.chain.rpcUrl,
    timeoutMillis: 1_500,
    onError: (error) => told.push(error),
    ...more,
  })
  return { submit, told }
}

type Batch = SignedBatch & { uri?: string }
const logAs = () => stage.chain.as(accountOf(0)).log
const start = ({ place, batch }: Batch) => [place, batch.first, batch.count, batch.root] as const
const external = (it: Batch, uri: string) =>
  logAs().write.settleExternalBySig([
    ...start(it),
    it.batch.dataDigest,
    stringToHex(uri),
    it.signature,
  ])
const inline = (it: Batch) =>
  logAs().write.settleInlineBySig([...start(it), toHex(it.batch.data), it.signature])

/** A relay that is a program of ours. */
const dishonest = (answer: (request: Request) => Response | Promise<Response>) =>
  stage.listen(answer)
const said = (hash: string = zeroHash) =>
  Response.json({ settlements: [{ status: 'settled', transactionHash: hash }] })

describe('a relay that', () => {
  test('error: says it is settled and does nothing: RelayDeviationError', async () => {
    const { url } = await dishonest(() => said())
    const batch = await stage.newLog(await stage.authorizedParty()).batch(0n, 2)
    const { submit } = adapter(url)
    await expect(submit(batch)).rejects.toThrow(RelayDeviationError)
    await expect(submit(batch)).rejects.toThrow('the chain shows no effect')
  })

  test('behavior: changes the address of the data is told, and the batch counts as settled', async () => {
    const signed = await stage
      .newLog(await stage.authorizedParty())
      .batch(0n, 3, { mode: 'external' })
    const batch = { ...signed, uri: 'https://data.example/right' }
    const { url } = await dishonest(async () =>
      said(await external(batch, 'https://evil.example/')),
    )
    const { submit, told } = adapter(url)
    const { transactionHash } = await submit(batch)
    expect(transactionHash).toMatch(/^0x/)
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ name: 'RelayDeviationError', deviation: 'changed-uri' })
    expect(String(told[0])).toContain('https://evil.example/')
  })

  test('error: changes the mode is refused by the chain, or caught where the key had signed both', async () => {
    const party = await stage.authorizedParty()
    const log = stage.newLog(party)
    const batch = await log.batch(0n, 3)
    const refusals: unknown[] = []
    const { url } = await dishonest(async () => {
      await external(batch, '').catch((error: unknown) => refusals.push(error))
      return said()
    })
    await expect(adapter(url).submit(batch)).rejects.toThrow(RelayDeviationError)
    expect(String(refusals[0])).toContain('InferenceLog_InvalidSignature')

    const asExternal = { ...batch.batch, mode: 'external' as const }
    const signature = await party.session.signTypedData(
      batchTypedData(asExternal, stage.chain.chainId, stage.inferenceLog),
    )
    const twice = await dishonest(async () => said(await external({ ...batch, signature }, '')))
    await expect(adapter(twice.url).submit(batch)).rejects.toThrow(SettlementMismatchError)
  })

  test('error: changes the order cannot: the chain takes the batches as they follow', async () => {
    const log = stage.newLog(await stage.authorizedParty())
    const [first, second] = [await log.batch(0n, 2), await log.batch(2n, 2)]
    const refusals: unknown[] = []
    const { url } = await dishonest(async () => {
      await inline(second).catch((error: unknown) => refusals.push(error))
      return said(await inline(first))
    })
    await adapter(url).submit(first)
    expect(String(refusals[0])).toContain('InferenceLog_Gap')
    expect(await logAs().read.heads([log.logId])).toBe(2n)
  })

  test('behavior: settles and vanishes is found out by the chain', async () => {
    const batch = await stage.newLog(await stage.authorizedParty()).batch(0n, 2)
    let hash: string | undefined
    const { url } = await dishonest(async () => {
      hash = await inline(batch)
      await stage.chain.mined(hash as `0x${string}`)
      return new Response(null, { status: 502 })
    })
    expect(await adapter(url).submit(batch)).toEqual({ transactionHash: hash })
  })

  test('behavior: names a transaction that did something else misleads nobody', async () => {
    const batch = await stage.newLog(await stage.authorizedParty()).batch(0n, 2)
    const other = await stage.newLog(await stage.authorizedParty()).batch(0n, 2)
    let hash: string | undefined
    const { url } = await dishonest(async () => {
      hash = await inline(batch)
      return said(await inline(other))
    })
    expect(await adapter(url).submit(batch)).toEqual({ transactionHash: hash })
  })

  test('behavior: fails in any way gives its turn to the next one, then to the way that is configured', async () => {
    const bad = [
      () => new Response('down', { status: 500 }),
      () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
      () => new Response('['.repeat(300_000)),
      () => Response.redirect('http://127.0.0.1:9/'),
      () => new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65_536)) })),
      () => Response.json({ code: '\u001b[31m', detail: '\u202e', title: 1 }, { status: 429 }),
    ]
    const urls = [
      'http://127.0.0.1:9',
      ...(await Promise.all(bad.map(dishonest))).map((it) => it.url),
    ]
    const good = await stage.relay()
    const party = await stage.authorizedParty()
    const first = adapter([...urls, good.url])
    const log = stage.newLog(party)
    await first.submit(await log.batch(0n, 2))
    expect(first.told).toHaveLength(urls.length)
    for (const error of first.told) {
      expect(
        [RelayUnreachableError, RelayRefusalError].some((type) => error instanceof type),
        String(error),
      ).toBe(true)
      for (const unsafe of ['\u001b', '\u202e']) expect(String(error)).not.toContain(unsafe)
    }
    // The one that settled last is asked first.
    await first.submit(await log.batch(2n, 2))
    expect(first.told).toHaveLength(urls.length)

    const { chainId, rpcUrl, client, mined } = stage.chain
    await mined(await client.sendTransaction({ to: party.session.address, value: 10n ** 18n }))
    const account = party.session
    const otherwise = direct({ rpcUrl, chainId, account, timeoutMillis: 10_000 })
    const last = adapter(urls.slice(0, 2), { otherwise })
    expect((await last.submit(await log.batch(4n, 2))).transactionHash).toMatch(/^0x/)
    expect(last.told).toHaveLength(2)
  })

  test('error: refuses without a reason is not believed where the chain knows one', async () => {
    const { url } = await dishonest(() =>
      Response.json({ code: 'budget-exceeded' }, { status: 429 }),
    )
    const fine = await stage.newLog(await stage.authorizedParty()).batch(0n, 1)
    await expect(adapter(url).submit(fine)).rejects.toMatchObject({
      name: 'RelayRefusalError',
      code: 'budget-exceeded',
      status: 429,
    })
    const unknown = await stage.newLog(stage.newParty()).batch(0n, 1)
    await expect(adapter(url).submit(unknown)).rejects.toThrow(SessionKeyNotAuthorizedError)
    const log = stage.newLog(await stage.authorizedParty())
    await stage.chain.mined(await inline(await log.batch(0n, 2)))
    const stolen = await log.batch(0n, 2, { mark: 2 })
    await expect(adapter(url).submit(stolen)).rejects.toThrow(BatchForkError)
  })
})

test('behavior: a recorder behind a relay that lies and one that works settles everything once', async () => {
  const lying = await dishonest(() => said())
  const good = await stage.relay()
  const { submit } = adapter([lying.url, good.url])
  const party = await stage.authorizedParty()
  const recorder = await stage.recorder(party, { submit, maxExportBatchSize: 5, onError: () => {} })
  const recorded = await Promise.all(
    Array.from({ length: 12 }, (_, i) => recorder.record({ request: `${i}`, response: 'a' })),
  )
  await recorder.flush()
  expect(recorder.status()).toMatchObject({ recorded: 12, settled: 12, pending: 0 })
  const { chain } = stage
  const policy = { ...defaultPolicy, chains: { [chain.chainId]: chain.addresses } }
  const receipt = await recorder.receiptOf(recorded[11]?.inferenceId)
  expect((await verifyReceipt(receipt, { policy, client: chain.client })).status).toBe('verified')
})

test('error: an authorization that a relay only says it handed in', async () => {
  const { url } = await dishonest(() =>
    Response.json({ status: 'mined', transactionHash: zeroHash }),
  )
  const { owner, session } = stage.newParty()
  const call = await signCall(stage.walletOf(owner), {
    kind: 'authorizeSessionKey',
    arguments: { sessionKey: session.address, expiresAt: farFuture },
    contract: stage.inferenceLog,
  })
  const { client } = stage.chain
  await expect(relaySignedCall(client, { call, url, timeoutMillis: 600 })).rejects.toThrow(
    RelayDeviationError,
  )
  await stage.chain.mined(await submitSignedCall(stage.walletOf(accountOf(0)), call))
  // Somebody else has handed it in meanwhile: that is as good.
  await relaySignedCall(client, { call, url, timeoutMillis: 600 })
})
