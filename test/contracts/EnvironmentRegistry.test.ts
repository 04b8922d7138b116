import { createSign, generateKeyPairSync } from 'node:crypto'
import { environmentRegistryAbi } from '@assay/sdk/abi'
import {
  domainOf,
  encodeKind,
  type EnvironmentClaim,
  environmentIdOf,
  environmentKeyTypedData,
  keyTypes,
} from '@assay/sdk/formats'
import { concatHex, hashTypedData, type Hex, hexToBytes, toHex, zeroAddress, zeroHash } from 'viem'
import { generatePrivateKey, type LocalAccount, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf, type LocalChain, startChain } from '../indexer/support/chain.ts'
import { eventsOf, flips, revert } from './support/calls.ts'

const far = 4_102_444_800
const [registrant, other, relay] = [accountOf(1), accountOf(2), accountOf(3)]
let chain: LocalChain
let registry: Hex
beforeAll(async () => {
  chain = await startChain()
  registry = chain.addresses.environmentRegistry
})
afterAll(() => chain.stop())

const as = (account: LocalAccount) => chain.as(account).environments
const events = (sending: Promise<Hex>) => eventsOf(chain, environmentRegistryAbi, sending)
const now = async () => Number((await chain.client.getBlock()).timestamp)

let claims = 0
const newClaim = (change: Partial<EnvironmentClaim> = {}): EnvironmentClaim => ({
  kind: 'nitro',
  measurement: toHex(BigInt(++claims), { size: 32 }),
  keyType: 'none',
  key: '0x',
  attestationDigest: zeroHash,
  ...change,
})
const registration = (claim: EnvironmentClaim, validUntil = far) => ({
  ...claim,
  kind: encodeKind(claim.kind),
  keyType: keyTypes[claim.keyType],
  validUntil,
  verifier: zeroAddress,
  uri: 'https://x',
})
const idOf = (claim: EnvironmentClaim, by: LocalAccount = registrant) =>
  environmentIdOf(claim, {
    chainId: chain.chainId,
    environmentRegistry: registry,
    registrant: by.address,
  })
const typedData = (id: Hex) => environmentKeyTypedData(id, chain.chainId, registry)
const register = (claim: EnvironmentClaim, proof: Hex = '0x', by: LocalAccount = registrant) =>
  as(by).write.register([registration(claim), proof, '0x'])

async function registered(): Promise<Hex> {
  const claim = newClaim()
  await events(register(claim))
  return idOf(claim)
}

describe('register', () => {
  test('default: keeps the claim, and says so', async () => {
    const claim = newClaim({ keyType: 'ed25519', key: toHex(9n, { size: 32 }) })
    const environmentId = idOf(claim)
    expect(await as(relay).read.environmentIdOf([registrant.address, registration(claim)])).toBe(
      environmentId,
    )
    expect(await events(register(claim))).toEqual([
      {
        eventName: 'EnvironmentRegistered',
        args: { environmentId, registrant: registrant.address, ...registration(claim) },
      },
    ])
    const { uri: _, ...kept } = registration(claim)
    expect(await as(relay).read.environmentOf([environmentId])).toEqual({
      ...kept,
      registrant: registrant.address,
      registeredAt: await now(),
      revokedAt: 0,
      reporter: zeroAddress,
      compromisedSince: 0,
      compromiseReportedAt: 0,
    })
    expect(await revert(register(claim))).toEqual([
      'EnvironmentRegistry_AlreadyRegistered',
      [environmentId],
    ])
  })

  test('error: empty kind, past end, malformed keys', async () => {
    const { write } = as(registrant)
    const send = (change: object) =>
      write.register([{ ...registration(newClaim()), ...change }, '0x', '0x'])
    expect(await revert(send({ kind: zeroHash }))).toEqual(['EnvironmentRegistry_EmptyKind', []])
    expect((await revert(send({ validUntil: 9 })))[0]).toBe('EnvironmentRegistry_ExpiryInThePast')
    const keys: [keyof typeof keyTypes, Hex][] = [
      ['none', '0x01'],
      ['secp256k1', toHex(4n, { size: 65 })],
      ['secp256k1', concatHex(['0x04', toHex(1n, { size: 63 })])],
      ['p256', toHex(4n, { size: 65 })],
      ['ed25519', toHex(4n, { size: 31 })],
      ['rsa', '0x'],
    ]
    for (const [keyType, key] of keys) {
      expect(await revert(send({ keyType: keyTypes[keyType], key }))).toEqual(
        ['EnvironmentRegistry_InvalidKey', [keyTypes[keyType], key.length / 2 - 1]].map((it) =>
          Array.isArray(it) ? [it[0], BigInt(it[1] as number)] : it,
        ),
      )
    }
  })

  test('behavior: a secp256k1 key signs its registration', async () => {
    const key = privateKeyToAccount(generatePrivateKey())
    const claim = newClaim({ keyType: 'secp256k1', key: key.publicKey })
    const proof = await key.signTypedData(typedData(idOf(claim)))
    const forOther = await key.signTypedData(typedData(idOf(claim, other)))
    const byOther = await registrant.signTypedData(typedData(idOf(claim)))
    for (const bad of ['0x' as const, forOther, byOther]) {
      expect(await revert(register(claim, bad))).toEqual([
        'EnvironmentRegistry_NoProofOfPossession',
        [],
      ])
    }
    expect((await revert(register(claim, proof, other)))[0]).toBe(
      'EnvironmentRegistry_NoProofOfPossession',
    )
    expect(await events(register(claim, proof))).toHaveLength(1)
  })

  test('behavior: a P-256 key signs the SHA-256 of the digest', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const claim = newClaim({ keyType: 'p256', key: toHex(spki.subarray(-65)) })
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
    const signature = createSign('sha256')
      .update(hexToBytes(hashTypedData(typedData(idOf(claim)))))
      .sign({ key: privateKey, dsaEncoding: 'ieee-p1363' })
    const s = BigInt(toHex(signature.subarray(32)))
    const low = s > order / 2n ? order - s : s
    const proof = (value: bigint) =>
      concatHex([toHex(signature.subarray(0, 32)), toHex(value, { size: 32 })])
    for (const bad of [
      '0x' as const,
      proof(order - low),
      proof(low - 1n),
      concatHex([proof(low), '0x1b']),
    ]) {
      expect((await revert(register(claim, bad)))[0]).toBe(
        'EnvironmentRegistry_NoProofOfPossession',
      )
    }
    expect(await events(register(claim, proof(low)))).toHaveLength(1)
  })

  test('behavior: keys that cannot be checked here need no signature', async () => {
    for (const change of [
      { keyType: 'ed25519', key: toHex(1n, { size: 32 }) },
      { keyType: 'rsa', key: toHex(1n, { size: 294 }) },
      { keyType: 'none', key: '0x' },
    ] as const) {
      expect(await events(register(newClaim(change)))).toHaveLength(1)
    }
  })
})

describe('revoke', () => {
  test('default: once, by the registrant alone', async () => {
    const id = await registered()
    expect(await revert(as(other).write.revoke([id]))).toEqual([
      'EnvironmentRegistry_NotRegistrant',
      [id, other.address],
    ])
    expect(await events(as(registrant).write.revoke([id]))).toEqual([
      {
        eventName: 'EnvironmentRevoked',
        args: { environmentId: id, registrant: registrant.address },
      },
    ])
    expect(await revert(as(registrant).write.revoke([id]))).toEqual([
      'EnvironmentRegistry_AlreadyRevoked',
      [id],
    ])
    expect((await revert(as(registrant).write.revoke([zeroHash])))[0]).toBe(
      'EnvironmentRegistry_NotRegistrant',
    )
  })
})

describe('reportCompromise', () => {
  test('default: names the reporter and the time, and reaches back only', async () => {
    const id = await registered()
    const report = (since: number, by = registrant) => as(by).write.reportCompromise([id, since])
    expect((await revert(report(far)))[0]).toBe('EnvironmentRegistry_CompromiseInTheFuture')
    expect((await revert(report(1, other)))[0]).toBe('EnvironmentRegistry_NotRegistrant')
    expect(await events(report(500))).toEqual([
      {
        eventName: 'EnvironmentCompromised',
        args: { environmentId: id, reporter: registrant.address, since: 500 },
      },
    ])
    expect(await revert(report(500))).toEqual([
      'EnvironmentRegistry_CompromiseNotExtended',
      [500, 500],
    ])
    await events(report(0))
    expect(await as(relay).read.environmentOf([id])).toMatchObject({
      reporter: registrant.address,
      compromisedSince: 0,
      compromiseReportedAt: await now(),
    })
  })
})

describe('validAt', () => {
  test('default: from the registration to the end', async () => {
    const claim = newClaim()
    const start = (await now()) + 10
    await chain.client.setNextBlockTimestamp({ timestamp: BigInt(start) })
    const end = start + 1000
    await events(as(registrant).write.register([registration(claim, end), '0x', '0x']))
    const id = idOf(claim)
    const validAt = (time: number) => as(relay).read.validAt([id, time])
    expect(await Promise.all([start - 1, start, end, end + 1].map(validAt))).toEqual([
      false,
      true,
      true,
      false,
    ])
    await chain.client.setNextBlockTimestamp({ timestamp: BigInt(start + 100) })
    await events(as(registrant).write.revoke([id]))
    expect(await Promise.all([start, start + 100, start + 101].map(validAt))).toEqual([
      true,
      true,
      false,
    ])
    await events(as(registrant).write.reportCompromise([id, start + 50]))
    expect(await Promise.all([start + 49, start + 50].map(validAt))).toEqual([true, false])
    expect(await as(relay).read.validAt([zeroHash, start])).toBe(false)
  })
})

describe('by signature', () => {
  test('default: the environment is the registrant’s, whoever hands it in', async () => {
    const deadline = BigInt(far)
    const domain = domainOf(chain.chainId, registry)
    const claim = newClaim()
    const environmentId = idOf(claim)
    const { write, read, simulate } = as(relay)
    let nonce = await read.nonces([registrant.address])
    const sign = (primaryType: string, fields: { name: string; type: string }[], message: object) =>
      registrant.signTypedData({
        domain,
        types: {
          [primaryType]: [
            { name: 'environmentId', type: 'bytes32' },
            ...fields,
            { name: 'nonce', type: 'uint256' },
            { name: 'deadline', type: 'uint256' },
          ],
        },
        primaryType,
        message: { environmentId, ...message, nonce, deadline },
      })
    const r = registration(claim)
    const fields = [
      { name: 'validUntil', type: 'uint48' },
      { name: 'verifier', type: 'address' },
      { name: 'uri', type: 'string' },
    ]
    const signature = await sign('EnvironmentRegistration', fields, r)
    const call = (sig: Hex, change: object = {}) =>
      [registrant.address, { ...r, ...change }, '0x', '0x', nonce, deadline, sig] as const
    for (const bad of flips(signature)) {
      expect((await revert(simulate.registerBySig(call(bad))))[0]).toBe(
        'EnvironmentRegistry_InvalidSignature',
      )
    }
    for (const change of [
      { uri: 'y' },
      { validUntil: far - 1 },
      { measurement: zeroHash },
      { verifier: registry },
    ]) {
      expect((await revert(simulate.registerBySig(call(signature, change))))[0]).toBe(
        'EnvironmentRegistry_InvalidSignature',
      )
    }
    expect(await events(write.registerBySig(call(signature)))).toHaveLength(1)
    expect((await read.environmentOf([environmentId])).registrant).toBe(registrant.address)
    nonce++
    const report = await sign('EnvironmentCompromise', [{ name: 'since', type: 'uint48' }], {
      since: 3,
    })
    expect(
      await events(
        write.reportCompromiseBySig([
          registrant.address,
          environmentId,
          3,
          nonce,
          deadline,
          report,
        ]),
      ),
    ).toMatchObject([{ args: { reporter: registrant.address, since: 3 } }])
    nonce++
    const revocation = await sign('EnvironmentRevocation', [], {})
    expect(
      (
        await revert(write.revokeBySig([registrant.address, environmentId, nonce, 1n, revocation]))
      )[0],
    ).toBe('EnvironmentRegistry_DeadlinePassed')
    expect(
      await events(
        write.revokeBySig([registrant.address, environmentId, nonce, deadline, revocation]),
      ),
    ).toMatchObject([{ eventName: 'EnvironmentRevoked' }])
  })
})
