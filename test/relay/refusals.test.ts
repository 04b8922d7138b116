import { authorizeSessionKey, revokeSessionKey, signCall } from '@assay/sdk'
import { formatSignedCall } from '@assay/sdk/relay'
import { encodeBatchData } from '@assay/sdk/formats'
import { toHex, zeroHash } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { farFuture, type Stage, startStage } from './support/relayed.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.stop())

const settle = (url: string, body: unknown) => stage.post(url, '/v1/settlements', body)

/** A body with one batch, changed. */
async function changed(change: Record<string, unknown>, count = 2) {
  const log = stage.newLog(await stage.authorizedParty())
  const body = stage.bodyOf([await log.batch(0n, count)])
  return { ...body, batches: [{ ...body.batches[0], ...change }] }
}

describe('a batch', () => {
  test('error: batch-gap and batch-fork name the head', async () => {
    const { url } = await stage.relay()
    const log = stage.newLog(await stage.authorizedParty())
    const gap = await settle(url, stage.bodyOf([await log.batch(5n, 1)]))
    expect(gap).toMatchObject({
      status: 409,
      type: 'application/problem+json',
      json: { code: 'batch-gap', head: '0', status: 409, type: '/v1/problems/batch-gap' },
    })
    const body = stage.bodyOf([await log.batch(0n, 3)])
    await stage.post(url, '/v1/settlements', body, { prefer: 'wait=10' })
    const fork = await settle(url, stage.bodyOf([await log.batch(0n, 3, { mark: 2 })]))
    expect(fork).toMatchObject({ status: 409, json: { code: 'batch-fork', head: '3' } })
  })

  test('error: invalid-signature, by anybody else’s key and by garbage', async () => {
    const { url } = await stage.relay()
    const log = stage.newLog(await stage.authorizedParty())
    const signed = await log.batch(0n, 2)
    const stranger = await stage.newLog(stage.newParty()).batch(0n, 2)
    for (const signature of [stranger.signature, '0x', '0x00', toHex(7n, { size: 65 })] as const) {
      const answer = await settle(url, stage.bodyOf([{ ...signed, signature }]))
      expect(answer, signature).toMatchObject({
        status: 422,
        json: { code: 'invalid-signature', reason: 'InferenceLog_InvalidSignature' },
      })
    }
  })

  test('error: refused with the contract’s reason, for a key that is not in force', async () => {
    const { url } = await stage.relay()
    const unknown = stage.newLog(stage.newParty())
    expect(await settle(url, stage.bodyOf([await unknown.batch(0n, 1)]))).toMatchObject({
      status: 422,
      json: {
        code: 'refused',
        reason: 'InferenceLog_SessionKeyNotAuthorized',
        detail: expect.stringContaining('has not authorized'),
      },
    })
    const party = await stage.authorizedParty()
    const { owner, session } = party
    await stage.chain.mined(
      await stage.chain.client.sendTransaction({ to: owner.address, value: 10n ** 18n }),
    )
    const { inferenceLog } = stage
    const sessionKey = session.address
    const hash = await revokeSessionKey(stage.walletOf(owner), { sessionKey, inferenceLog })
    await stage.chain.mined(hash)
    expect(await settle(url, stage.bodyOf([await stage.newLog(party).batch(0n, 1)]))).toMatchObject(
      { json: { code: 'refused', reason: 'InferenceLog_SessionKeyRevoked' } },
    )
    const wallet = stage.walletOf(owner)
    await expect(
      authorizeSessionKey(wallet, { sessionKey, expiresAt: farFuture, inferenceLog }),
    ).rejects.toThrow('which is final')
  })

  test('error: data-mismatch where data, count and root do not belong together', async () => {
    const { url } = await stage.relay()
    const record = {
      modelId: zeroHash,
      environmentId: zeroHash,
      commitment: zeroHash,
      servedAt: 1n,
    }
    const other = toHex(encodeBatchData([record, record]))
    for (const change of [{ data: other }, { root: zeroHash }, { count: '3' }, { count: '0' }]) {
      expect(await settle(url, await changed(change))).toMatchObject({
        status: 422,
        json: { code: 'data-mismatch' },
      })
    }
    for (const data of ['0x', '0x02', '0x01000000000000000a']) {
      expect(await settle(url, await changed({ data }))).toMatchObject({
        status: 400,
        json: { code: 'malformed', detail: expect.stringContaining('batch data') },
      })
    }
  })

  test('error: gas-above-cap', async () => {
    const { url, events } = await stage.relay({ maxGas: 200_000n })
    const log = stage.newLog(await stage.authorizedParty())
    const answer = await settle(url, stage.bodyOf([await log.batch(0n, 200)]))
    expect(answer).toMatchObject({ status: 422, json: { code: 'gas-above-cap' } })
    expect(events.some(({ type }) => type === 'sent')).toBe(false)
  })
})

describe('policy', () => {
  test('error: wrong-chain, wrong-contract, owner-not-served, not-accepted', async () => {
    const party = await stage.authorizedParty()
    const log = stage.newLog(party)
    const body = stage.bodyOf([await log.batch(0n, 1)])
    const open = await stage.relay()
    expect(await settle(open.url, { ...body, chainId: '1' })).toMatchObject({
      status: 422,
      json: { code: 'wrong-chain' },
    })
    const inferenceLog = `0x${'11'.repeat(20)}`
    expect(await settle(open.url, { ...body, inferenceLog })).toMatchObject({
      status: 422,
      json: { code: 'wrong-contract' },
    })
    const closed = await stage.relay({ accounts: [stage.newParty().owner.address] })
    expect(await settle(closed.url, body)).toMatchObject({
      status: 403,
      json: { code: 'owner-not-served' },
    })
    const other = await stage.relay({ accepts: ['authorizeSessionKey'] })
    expect(await settle(other.url, body)).toMatchObject({
      status: 403,
      json: { code: 'not-accepted' },
    })
    const listed = await stage.relay({ accounts: [party.owner.address] })
    expect((await settle(listed.url, body)).status).toBe(200)
  })

  test('error: rate-exceeded, for that account only, and garbage in its name takes nothing from it', async () => {
    const { url } = await stage.relay({ ratePerAccount: 2 })
    const party = await stage.authorizedParty()
    const garbage = await stage.newLog(party).batch(0n, 1)
    for (let i = 0; i < 5; i++) {
      const body = stage.bodyOf([{ ...garbage, signature: toHex(i, { size: 65 }) }])
      expect((await settle(url, body)).json.code).toBe('invalid-signature')
    }
    const bodies = await Promise.all(
      [0, 1, 2].map(async () => stage.bodyOf([await stage.newLog(party).batch(0n, 1)])),
    )
    expect((await settle(url, bodies[0])).status).toBe(200)
    expect((await settle(url, bodies[1])).status).toBe(200)
    const third = await settle(url, bodies[2])
    expect(third).toMatchObject({ status: 429, json: { code: 'rate-exceeded' } })
    expect(third.json.settlements[0].problem.code).toBe('rate-exceeded')
    const other = stage.newLog(await stage.authorizedParty())
    expect((await settle(url, stage.bodyOf([await other.batch(0n, 1)]))).status).toBe(200)
  })

  test('error: budget-exceeded, also after a restart, from the chain alone', async () => {
    const account = await stage.payer()
    const party = await stage.authorizedParty()
    const first = await stage.relay({ budgetPerAccount: 10n ** 18n }, { account })
    const log = stage.newLog(party)
    const body = stage.bodyOf([await log.batch(0n, 100)])
    const sent = await stage.post(first.url, '/v1/settlements', body, { prefer: 'wait=10' })
    expect(sent.json.settlements[0].status).toBe('settled')
    const hash = sent.json.settlements[0].transactionHash
    const receipt = await stage.chain.client.getTransactionReceipt({ hash })
    const cost = receipt.gasUsed * receipt.effectiveGasPrice
    await first.stop()

    // What a second batch may take is more than what is left of this budget, and less than all of it.
    const second = await stage.relay({ budgetPerAccount: cost + cost / 4n }, { account })
    const next = stage.bodyOf([await log.batch(100n, 100)])
    expect(await settle(second.url, next)).toMatchObject({
      status: 429,
      json: { code: 'budget-exceeded', detail: expect.stringContaining('has spent 0.00') },
    })
    // Of another account nothing was spent.
    const other = stage.newLog(await stage.authorizedParty())
    expect((await settle(second.url, stage.bodyOf([await other.batch(0n, 1)]))).status).toBe(200)
  })

  test('error: fee-above-ceiling, by the gas price and by the cost of all', async () => {
    const log = stage.newLog(await stage.authorizedParty())
    const body = stage.bodyOf([await log.batch(0n, 10)])
    for (const policy of [{ maxFeePerGas: 1n }, { maxCost: 1000n }]) {
      const { url, events } = await stage.relay(policy)
      const answer = await settle(url, body)
      expect(answer).toMatchObject({ status: 503, json: { code: 'fee-above-ceiling' } })
      expect(events.some(({ type }) => type === 'sent')).toBe(false)
    }
  })

  test('error: short-of-funds', async () => {
    const { url } = await stage.relay({}, { account: await stage.payer(1n) })
    const log = stage.newLog(await stage.authorizedParty())
    expect(await settle(url, stage.bodyOf([await log.batch(0n, 1)]))).toMatchObject({
      status: 503,
      json: { code: 'short-of-funds' },
    })
  })
})

describe('the addresses', () => {
  test('default: status tells what is accepted and nothing secret; problems are described', async () => {
    const listed = stage.newParty().owner.address
    const { url } = await stage.relay({ accounts: [listed] })
    const text = await (await fetch(`${url}/v1/status`)).text()
    expect(JSON.parse(text)).toMatchObject({
      schema: 'assay/relay-status/v1',
      chainId: '31337',
      contracts: stage.chain.addresses,
      accounts: 'listed',
      maxGas: '16500000',
    })
    expect(text.toLowerCase()).not.toContain(listed.toLowerCase())
    expect(text).not.toContain(stage.chain.rpcUrl)
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' })
    expect(await (await fetch(`${url}/v1/problems/batch-gap`)).json()).toMatchObject({
      status: 409,
    })
  })

  test('error: not-found, method-not-allowed, malformed', async () => {
    const { url } = await stage.relay()
    const codeOf = async (path: string, init?: RequestInit) => {
      const answer = await fetch(`${url}${path}`, init)
      return [answer.status, ((await answer.json()) as { code: string }).code]
    }
    expect(await codeOf('/')).toEqual([404, 'not-found'])
    expect(await codeOf('/v1/problems/__proto__')).toEqual([404, 'not-found'])
    expect(await codeOf('/v1/settlements')).toEqual([405, 'method-not-allowed'])
    expect(await codeOf('/v1/transactions/0x12')).toEqual([400, 'malformed'])
    expect(await codeOf(`/v1/transactions/${zeroHash}`)).toEqual([404, 'not-found'])
    expect(await codeOf('/v1/settlements', { method: 'POST', body: 'x' })).toEqual([
      415,
      'not-json',
    ])
  })
})

describe('a signed call', () => {
  test('error: used twice, past its deadline, by another key, altered', async () => {
    const { url } = await stage.relay()
    const { owner, session } = stage.newParty()
    const make = (more: object = {}) =>
      signCall(stage.walletOf(owner), {
        kind: 'authorizeSessionKey',
        arguments: { sessionKey: session.address, expiresAt: farFuture, ...more },
        contract: stage.inferenceLog,
      })
    const send = async (text: string) =>
      (await stage.post(url, '/v1/authorizations', text, { prefer: 'wait=10' })).json as object
    const late = await make({ deadline: 1n })
    expect(await send(formatSignedCall(late))).toMatchObject({
      code: 'refused',
      reason: 'InferenceLog_DeadlinePassed',
    })
    const call = await make()
    const altered = { ...call, arguments: { ...call.arguments, expiresAt: farFuture + 1 } }
    expect(await send(formatSignedCall(altered))).toMatchObject({ code: 'invalid-signature' })
    expect(await send(formatSignedCall(call))).toMatchObject({ status: 'mined' })
    expect(await send(formatSignedCall(call))).toMatchObject({
      code: 'refused',
      reason: 'InvalidAccountNonce',
    })
  })
})
