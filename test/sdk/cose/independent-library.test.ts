/**
 * What another library makes of our COSE receipts: @transmute/cose, which the RFC's authors name as its implementation. It decodes
 * them, computes the root, builds the Sig_structure and verifies, with a CBOR decoder, a tree and a crypto of its own.
 */
import { createPublicKey, verify as verifySignature, webcrypto } from 'node:crypto'
import {
  es256kSigner,
  exportCoseReceipt,
  coseAlgorithms,
  coseLabels,
  type CoseSigner,
} from '@assay/sdk/cose'
import * as transmute from '@transmute/cose'
import { hashTypedData, recoverAddress, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { leafHash } from '../../vectors/rfc9162.ts'
import { receipts, receiptsOfBatch } from './support.ts'

type Message = { tag: number; value: [Uint8Array, Map<number, unknown>, null, Uint8Array] }
type Batch = Record<'first' | 'mode' | 'chainId', number> & Record<string, Uint8Array>

const buffer = (bytes: Uint8Array) => new Uint8Array(bytes).buffer
const decode = (bytes: Uint8Array) => transmute.cbor.decode(buffer(bytes)) as unknown

/** The message, read by the other library's decoder. */
function read(bytes: Uint8Array) {
  const { tag, value } = decode(bytes) as Message
  const [protectedHeader, unprotected, payload, signature] = value
  return {
    ...{ tag, protectedHeader, unprotected, payload, signature },
    header: decode(protectedHeader) as Map<number, unknown>,
    leaf: unprotected.get(coseLabels.leaf) as Uint8Array,
  }
}

/** Lets the other library find the root by its own means, and verify what we hand it for that. */
async function rootOf(bytes: Uint8Array): Promise<Uint8Array> {
  let root: Uint8Array | undefined
  await transmute.receipt.inclusion.verify({
    entry: leafHash(read(bytes).leaf),
    receipt: buffer(bytes),
    verifier: {
      verify: ({ payload }: { payload: ArrayBuffer }) => {
        root = new Uint8Array(payload)
        return Promise.resolve(payload)
      },
    },
  })
  return root ?? expect.unreachable('the library gives no root')
}

/** A key of P-256, and how it signs. */
async function p256() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const pair = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const publicKey = await webcrypto.subtle.exportKey('jwk', pair.publicKey)
  const signer: CoseSigner = {
    algorithm: coseAlgorithms.es256,
    keyId: new TextEncoder().encode('auditor'),
    sign: async (bytes) =>
      new Uint8Array(
        await webcrypto.subtle.sign(
          { ...algorithm, hash: 'SHA-256' },
          pair.privateKey,
          new Uint8Array(bytes),
        ),
      ),
  }
  const resolver = { resolve: () => Promise.resolve({ ...publicKey, alg: 'ES256' }) }
  return { signer, verifier: transmute.detached.verifier({ resolver }) }
}

describe('@transmute/cose', () => {
  test('default: verifies an ES256 receipt of inclusion, proof and signature', async () => {
    const { signer, verifier } = await p256()
    for (const receipt of receipts) {
      const bytes = await exportCoseReceipt(receipt, { signer })
      const root = await transmute.receipt.inclusion.verify({
        entry: leafHash(read(bytes).leaf),
        receipt: buffer(bytes),
        verifier,
      })
      expect(toHex(new Uint8Array(root))).toBe(receipt.batch.root)
    }
  })

  test('behavior: refuses another entry, another key and another root', async () => {
    const [{ signer, verifier }, other] = await Promise.all([p256(), p256()])
    const bytes = await exportCoseReceipt(receipts[1], { signer })
    const entry = leafHash(read(bytes).leaf)
    const check = (given: object) =>
      transmute.receipt.inclusion.verify({ entry, receipt: buffer(bytes), verifier, ...given })
    await expect(check({})).resolves.toBeDefined()
    await expect(check({ entry: leafHash(Buffer.from('other')) })).rejects.toThrow()
    await expect(check({ verifier: other.verifier })).rejects.toThrow()
    const another = await exportCoseReceipt((await receiptsOfBatch(3)).receipts[1], { signer })
    await expect(check({ receipt: buffer(another) })).rejects.toThrow()
  })

  test('behavior: finds the root at every place of trees of 1 to 20', async () => {
    for (let size = 1; size <= 20; size++) {
      for (const receipt of (await receiptsOfBatch(size, 7n)).receipts) {
        const root = await rootOf(await exportCoseReceipt(receipt))
        expect(toHex(root)).toBe(receipt.batch.root)
      }
    }
  })

  test('behavior: reads the headers as RFC 9942 has them', async () => {
    const receipt = receipts[1] ?? expect.unreachable()
    const { tag, header, unprotected, payload } = read(await exportCoseReceipt(receipt))
    expect(tag).toBe(18)
    expect(payload).toBeNull()
    expect(header.get(395)).toBe(1)
    expect(header.get(1)).toBeLessThan(-65536)
    const proofs = unprotected.get(396) as Map<number, Uint8Array[]>
    expect([...proofs.keys()]).toEqual([-1])
    const [size, index, path] = decode(proofs.get(-1)?.[0] as Uint8Array) as [
      number,
      number,
      Uint8Array[],
    ]
    expect([size, index]).toEqual([3, 1])
    expect(path.map((hash) => toHex(hash))).toEqual(receipt.batch.proof)
  })

  test('behavior: the batch’s own signature follows from what it reads', async () => {
    const receipt = receipts[2] ?? expect.unreachable()
    const bytes = await exportCoseReceipt(receipt)
    const { header, signature, leaf } = read(bytes)
    const batch = header.get(coseLabels.batch) as Batch | Map<string, unknown>
    const { chainId, inferenceLog, first, mode, dataDigest, sessionKey } = (
      batch instanceof Map ? Object.fromEntries(batch) : batch
    ) as Batch
    const digest = hashTypedData({
      domain: {
        name: 'Assay',
        version: '1',
        chainId,
        verifyingContract: toHex(inferenceLog as Uint8Array),
      },
      types: {
        Batch: [
          'bytes32 logId',
          'uint64 first',
          'uint32 count',
          'bytes32 root',
          'uint8 mode',
          'bytes32 dataDigest',
        ]
          .map((member) => member.split(' '))
          .map(([type = '', name = '']) => ({ type, name })),
      },
      primaryType: 'Batch',
      message: {
        ...{ first, mode, count: 3, root: toHex(await rootOf(bytes)) },
        ...{ logId: toHex(leaf.subarray(0, 32)), dataDigest: toHex(dataDigest as Uint8Array) },
      },
    })
    const signer = await recoverAddress({ hash: digest, signature: toHex(signature) })
    expect(signer.toLowerCase()).toBe(toHex(sessionKey as Uint8Array))
  })

  test('behavior: its Sig_structure is what an ES256K signature is over, by OpenSSL', async () => {
    const { privateKey, receipts: made } = await receiptsOfBatch(5)
    const bytes = await exportCoseReceipt(made[4], { signer: es256kSigner(privateKey) })
    const { header, protectedHeader, signature } = read(bytes)
    expect(header.get(1)).toBe(-47)
    const sigStructure = transmute.cbor.encode([
      'Signature1',
      buffer(protectedHeader),
      new ArrayBuffer(0),
      buffer(await rootOf(bytes)),
    ])
    const point = Buffer.from(privateKeyToAccount(privateKey).publicKey.slice(4), 'hex')
    const key = createPublicKey({
      format: 'jwk',
      key: {
        ...{ kty: 'EC', crv: 'secp256k1' },
        x: point.subarray(0, 32).toString('base64url'),
        y: point.subarray(32).toString('base64url'),
      },
    })
    const options = { key, dsaEncoding: 'ieee-p1363' } as const
    expect(verifySignature('sha256', sigStructure, options, signature)).toBe(true)
    expect(
      verifySignature('sha256', Buffer.concat([sigStructure, Buffer.of(0)]), options, signature),
    ).toBe(false)
  })

  test('behavior: carries a receipt in the header of a signed statement, and gives it back', async () => {
    const { signer } = await p256()
    const bytes = await exportCoseReceipt(receipts[0], { signer })
    const statement = transmute.cbor.encode(
      new transmute.cbor.Tagged(18, [
        Buffer.of(0xa0),
        new Map(),
        Buffer.from('statement'),
        Buffer.alloc(64),
      ]),
    )
    const transparent = await transmute.receipt.add(buffer(statement), buffer(bytes))
    const [back] = await transmute.receipt.get(transparent)
    expect(new Uint8Array(back as ArrayBuffer)).toEqual(bytes)
  })
})
