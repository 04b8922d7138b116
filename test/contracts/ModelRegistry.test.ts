import { modelRegistryAbi } from '@assay/sdk/abi'
import { domainOf, modelIdOf } from '@assay/sdk/formats'
import { type Hex, toHex, zeroHash } from 'viem'
import type { LocalAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf, type LocalChain, startChain } from '../indexer/support/chain.ts'
import { eventsOf, flips, revert } from './support/calls.ts'

const far = 4_102_444_800n
const [publisher, other, relay] = [accountOf(1), accountOf(2), accountOf(3)]
let chain: LocalChain
beforeAll(async () => {
  chain = await startChain()
})
afterAll(() => chain.stop())

const as = (account: LocalAccount) => chain.as(account).models
const events = (sending: Promise<Hex>) => eventsOf(chain, modelRegistryAbi, sending)
const now = async () => Number((await chain.client.getBlock()).timestamp)

let models = 0
const newModel = () => ({
  name: `model ${++models}`,
  version: '1',
  manifestDigest: toHex(BigInt(models), { size: 32 }),
  signingRoot: toHex(77n, { size: 32 }),
  uri: 'ipfs://x',
})

describe('publish', () => {
  test('default: is found by id, by version and by digest', async () => {
    const model = newModel()
    const modelId = modelIdOf({ publisher: publisher.address, ...model })
    expect(await events(as(publisher).write.publish([model]))).toEqual([
      { eventName: 'ModelPublished', args: { modelId, publisher: publisher.address, ...model } },
    ])
    const { read } = as(relay)
    expect(await read.modelOf([modelId])).toEqual({
      publisher: publisher.address,
      publishedAt: await now(),
      retiredAt: 0,
      manifestDigest: model.manifestDigest,
      signingRoot: model.signingRoot,
    })
    expect(await read.versionOf([publisher.address, model.name, '1'])).toBe(modelId)
    expect(await read.versionOf([other.address, model.name, '1'])).toBe(zeroHash)
    expect(await read.modelIdOf([publisher.address, model.name, '1', model.manifestDigest])).toBe(
      modelId,
    )
  })

  test('error: what is not given, and what is taken', async () => {
    const model = newModel()
    const publish = (change: object) => as(publisher).write.publish([{ ...model, ...change }])
    expect(await revert(publish({ name: '' }))).toEqual(['ModelRegistry_EmptyName', []])
    expect(await revert(publish({ version: '' }))).toEqual(['ModelRegistry_EmptyName', []])
    expect(await revert(publish({ manifestDigest: zeroHash }))).toEqual([
      'ModelRegistry_ZeroManifestDigest',
      [],
    ])
    await events(publish({}))
    const modelId = modelIdOf({ publisher: publisher.address, ...model })
    for (const change of [{}, { manifestDigest: toHex(5n, { size: 32 }) }]) {
      expect(await revert(publish(change))).toEqual(['ModelRegistry_VersionTaken', [modelId]])
    }
  })

  test('behavior: nobody squats on a name or a digest', async () => {
    const model = newModel()
    await events(as(other).write.publish([model]))
    await events(as(publisher).write.publish([model]))
    await events(as(publisher).write.publish([{ ...model, version: '2' }]))
    const ids = [
      modelIdOf({ publisher: other.address, ...model }),
      modelIdOf({ publisher: publisher.address, ...model }),
      modelIdOf({ publisher: publisher.address, ...model, version: '2' }),
    ]
    const { read } = as(relay)
    expect(await read.modelCountOf([model.manifestDigest])).toBe(3n)
    expect(await read.modelsOf([model.manifestDigest, 0n, 10n])).toEqual(ids)
    expect(await read.modelsOf([model.manifestDigest, 1n, 1n])).toEqual(ids.slice(1, 2))
    expect(await read.modelsOf([model.manifestDigest, 3n, 2n ** 256n - 1n])).toEqual([])
  })
})

describe('retire', () => {
  test('default: once, by the publisher alone', async () => {
    const model = newModel()
    const modelId = modelIdOf({ publisher: publisher.address, ...model })
    const retire = (by: LocalAccount) => as(by).write.retire([modelId, 'superseded'])
    expect(await revert(retire(publisher))).toEqual([
      'ModelRegistry_NotPublisher',
      [modelId, publisher.address],
    ])
    await events(as(publisher).write.publish([model]))
    expect(await revert(retire(other))).toEqual([
      'ModelRegistry_NotPublisher',
      [modelId, other.address],
    ])
    expect(await events(retire(publisher))).toEqual([
      {
        eventName: 'ModelRetired',
        args: { modelId, publisher: publisher.address, reason: 'superseded' },
      },
    ])
    expect(await as(relay).read.modelOf([modelId])).toMatchObject({ retiredAt: await now() })
    expect(await revert(retire(publisher))).toEqual(['ModelRegistry_AlreadyRetired', [modelId]])
  })
})

describe('by signature', () => {
  const types = {
    ModelPublication: [
      { name: 'publisher', type: 'address' },
      { name: 'name', type: 'string' },
      { name: 'version', type: 'string' },
      { name: 'manifestDigest', type: 'bytes32' },
      { name: 'signingRoot', type: 'bytes32' },
      { name: 'uri', type: 'string' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
    ModelRetirement: [
      { name: 'modelId', type: 'bytes32' },
      { name: 'reason', type: 'string' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
  } as const
  const sign = (primaryType: keyof typeof types, message: object) =>
    publisher.signTypedData({
      domain: domainOf(chain.chainId, chain.addresses.modelRegistry),
      types,
      primaryType,
      message,
    } as never)

  test('default: a relay publishes and retires', async () => {
    const model = newModel()
    const address = publisher.address
    const nonce = await as(relay).read.nonces([address])
    const { write, simulate } = as(relay)
    const full = { publisher: address, ...model, nonce, deadline: far }
    const signature = await sign('ModelPublication', full)
    for (const bad of flips(signature)) {
      expect((await revert(simulate.publishBySig([address, model, nonce, far, bad])))[0]).toBe(
        'ModelRegistry_InvalidSignature',
      )
    }
    for (const change of [
      { uri: 'other' },
      { name: 'other' },
      { version: '9' },
      { signingRoot: zeroHash },
    ]) {
      const call = simulate.publishBySig([address, { ...model, ...change }, nonce, far, signature])
      expect((await revert(call))[0]).toBe('ModelRegistry_InvalidSignature')
    }
    expect((await revert(simulate.publishBySig([address, model, nonce, 1n, signature])))[0]).toBe(
      'ModelRegistry_DeadlinePassed',
    )
    const [published] = await events(write.publishBySig([address, model, nonce, far, signature]))
    expect(published?.args.publisher).toBe(address)
    expect((await revert(write.publishBySig([address, model, nonce, far, signature])))[0]).toBe(
      'InvalidAccountNonce',
    )
    const modelId = modelIdOf(full)
    const retirement = await sign('ModelRetirement', {
      modelId,
      reason: 'old',
      nonce: nonce + 1n,
      deadline: far,
    })
    expect(
      await events(write.retireBySig([address, modelId, 'old', nonce + 1n, far, retirement])),
    ).toHaveLength(1)
  })
})
