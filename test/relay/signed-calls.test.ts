import {
  callTypedData,
  formatSignedCall,
  getHead,
  getModel,
  getSessionKey,
  modelIdOf,
  parseSignedCall,
  relaySignedCall,
  signCall,
  type SignCallParameters,
  type SignedCallKind,
} from '@assay/sdk'
import { encodeKind, environmentIdOf, verdictIdOf } from '@assay/sdk/formats'
import { signedCallKinds, signedCalls } from '@assay/sdk/relay'
import { hashTypedData, toHex, zeroAddress, zeroHash } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { farFuture, type RunningRelay, type Stage, startStage } from './support/relayed.ts'

let stage: Stage
let relay: RunningRelay
beforeAll(async () => {
  stage = await startStage()
  relay = await stage.relay()
})
afterAll(() => stage.stop())

/** Has an account without coins say something through the relay. */
async function say<K extends SignedCallKind>(
  account: ReturnType<typeof privateKeyToAccount>,
  kind: K,
  args: SignCallParameters<K>['arguments'],
) {
  const call = await signCall(stage.walletOf(account), {
    kind,
    arguments: args,
    contract: stage.chain.addresses[signedCalls[kind].contract],
  })
  // What travels is JSON, and comes out of it as it went in.
  const parsed = parseSignedCall(kind, formatSignedCall(call))
  expect(hashTypedData(callTypedData(parsed))).toBe(hashTypedData(callTypedData(call)))
  return relaySignedCall(stage.chain.client, { call, url: relay.url })
}

test('default: all that an account can say, by signatures alone', async () => {
  const account = privateKeyToAccount(generatePrivateKey())
  const sessionKey = privateKeyToAccount(generatePrivateKey()).address
  const { client, addresses, chainId } = stage.chain
  const { inferenceLog, modelRegistry, environmentRegistry, verdictRegistry } = addresses
  const said = new Set<SignedCallKind>()
  const tell = <K extends SignedCallKind>(kind: K, args: SignCallParameters<K>['arguments']) => {
    said.add(kind)
    return say(account, kind, args)
  }
  await tell('authorizeSessionKey', { sessionKey, expiresAt: farFuture })
  const key = { owner: account.address, sessionKey, instance: toHex(1n, { size: 32 }) }
  await tell('skipInferences', { key, first: 0n, count: 7 })
  await tell('reportSessionKeyCompromise', { sessionKey, since: 1 })
  await tell('revokeSessionKey', { sessionKey })
  expect(
    await getSessionKey(client, { owner: account.address, sessionKey, inferenceLog }),
  ).toMatchObject({
    revokedAt: expect.any(Number),
    compromise: { since: 1 },
  })

  const publication = {
    ...{ name: 'model “ü”', version: '1.0', uri: 'https://models.example/1' },
    ...{ manifestDigest: toHex(3n, { size: 32 }), signingRoot: zeroHash },
  }
  await tell('publishModel', { publication })
  const modelId = modelIdOf({ publisher: account.address, ...publication })
  await tell('retireModel', { modelId, reason: 'replaced' })
  expect(await getModel(client, { modelId, modelRegistry })).toMatchObject({
    publisher: account.address,
    retiredAt: expect.any(Number),
  })

  const registration = {
    ...{ kind: encodeKind('none'), measurement: zeroHash, keyType: 0, key: '0x' as const },
    ...{ attestationDigest: zeroHash, validUntil: farFuture, verifier: zeroAddress, uri: '' },
  }
  await tell('registerEnvironment', { registration, proofOfPossession: '0x', statement: '0x' })
  const environmentId = environmentIdOf(
    { ...registration, kind: 'none', keyType: 'none' },
    { chainId, environmentRegistry, registrant: account.address },
  )
  await tell('reportEnvironmentCompromise', { environmentId, since: 5 })
  await tell('revokeEnvironment', { environmentId })

  const verdict = {
    ...{ subject: modelId, score: 90, tag: 'replay', evidenceDigest: zeroHash },
  }
  await tell('postVerdicts', { verdicts: [{ ...verdict, subjectKind: 0, uri: '' }] })
  const verdictId = verdictIdOf(
    { ...verdict, subjectKind: 'model' },
    { chainId, verdictRegistry, author: account.address },
  )
  await tell('withdrawVerdicts', { verdictIds: [verdictId] })

  expect([...said].sort()).toEqual([...signedCallKinds].sort())
  expect(await client.getTransactionCount({ address: account.address })).toBe(0)
  expect(await client.getBalance({ address: account.address })).toBe(0n)
}, 60_000)

test('behavior: skips go through in the place of lost inferences, once', async () => {
  const party = await stage.authorizedParty()
  const log = stage.newLog(party)
  const skip = { key: log.log, first: 0n, count: 3 }
  await say(party.owner, 'skipInferences', skip)
  const { inferenceLog } = stage
  expect(await getHead(stage.chain.client, { logId: log.logId, inferenceLog })).toBe(3n)
  await expect(
    say(party.owner, 'skipInferences', { ...skip, deadline: BigInt(farFuture) }),
  ).rejects.toMatchObject({
    name: 'RelayRefusalError',
    code: 'batch-fork',
  })
  const body = stage.bodyOf([await log.batch(3n, 1)])
  const { json } = await stage.post(relay.url, '/v1/settlements', body, { prefer: 'wait=10' })
  expect(json.settlements[0].status).toBe('settled')
})

test('error: RelayUnreachableError, InvalidInputError, RelayRefusalError for an account that is not served', async () => {
  const closed = await stage.relay({ accounts: [zeroAddress] })
  const account = privateKeyToAccount(generatePrivateKey())
  const call = await signCall(stage.walletOf(account), {
    kind: 'authorizeSessionKey',
    arguments: { sessionKey: account.address, expiresAt: farFuture },
    contract: stage.inferenceLog,
  })
  const { client } = stage.chain
  await expect(relaySignedCall(client, { call, url: closed.url })).rejects.toMatchObject({
    name: 'RelayRefusalError',
    code: 'owner-not-served',
  })
  const fails = (url: string): Promise<unknown> =>
    relaySignedCall(client, { call, url }).catch((error: unknown) => error)
  expect(await fails('http://127.0.0.1:9/relay?key=secret')).toMatchObject({
    name: 'RelayUnreachableError',
    message: expect.not.stringContaining('secret'),
  })
  expect(await fails('http://user:secret@127.0.0.1:9')).toMatchObject({
    name: 'InvalidInputError',
    message: expect.not.stringContaining('secret'),
  })
})
