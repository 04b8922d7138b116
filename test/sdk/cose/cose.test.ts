import {
  coseAlgorithms,
  es256kSigner,
  es256kVerifier,
  exportCoseReceipt,
  InvalidCoseReceiptError,
  InvalidReceiptError,
  readCoseReceipt,
  verifyCoseReceipt,
} from '@assay/sdk/cose'
import { InvalidInputError, redactReceipt } from '@assay/sdk'
import { encode, rfc8949EncodeOptions, Tagged } from 'cborg'
import fc from 'fast-check'
import { toHex } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import { receipts, receiptsOfBatch } from './support.ts'

const receipt = receipts[1] ?? expect.unreachable()
const privateKey = generatePrivateKey()
const signer = es256kSigner(privateKey)
const verify = es256kVerifier(privateKeyToAddress(privateKey))
let own: Uint8Array
let signed: Uint8Array
beforeAll(async () => {
  own = await exportCoseReceipt(receipt)
  signed = await exportCoseReceipt(receipt, { signer })
})

/** `verified`, `refuted`, or the name of the error that refuses it. */
async function judge(bytes: Uint8Array): Promise<string> {
  try {
    return (await verifyCoseReceipt(bytes, { verify })) ? 'verified' : 'refuted'
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidCoseReceiptError)
    return 'InvalidCoseReceiptError'
  }
}

describe('exportCoseReceipt', () => {
  test('default: read back, it says what the receipt says', () => {
    const read = readCoseReceipt(own)
    expect(read.inferenceId).toBe(receipt.inferenceId)
    expect(read.batch).toMatchObject({
      ...{ root: receipt.batch.root, first: 0n, count: 3 },
      ...{ mode: receipt.batch.mode, dataDigest: receipt.batch.dataDigest },
    })
    expect(read.batchSignature).toBe(receipt.batch.signature)
    expect(read.place).toEqual({ ...receipt.log, chainId: 31337 })
    expect(read.proof).toMatchObject({ size: 3, index: 1 })
    expect(read.proof.path.map((hash) => toHex(hash))).toEqual(receipt.batch.proof)
    expect(read.inference).toMatchObject({ commitment: receipt.inference.commitment, sequence: 1n })
    expect(read.cose).toBeUndefined()
  })

  test('behavior: the batch’s own signature verifies without a key', async () => {
    expect(await verifyCoseReceipt(own)).toBe(true)
    const { batchSignature, cose } = readCoseReceipt(signed)
    expect(batchSignature).toBe(receipt.batch.signature)
    expect(cose?.algorithm).toBe(coseAlgorithms.es256k)
    expect(toHex(cose?.keyId as Uint8Array)).toBe(privateKeyToAddress(privateKey).toLowerCase())
  })

  test('behavior: a COSE signature verifies by its key, and by no other', async () => {
    expect(await verifyCoseReceipt(signed, { verify })).toBe(true)
    const others = es256kVerifier(privateKeyToAddress(generatePrivateKey()))
    expect(await verifyCoseReceipt(signed, { verify: others })).toBe(false)
    const es256 = await exportCoseReceipt(receipt, { signer: { ...signer, algorithm: -7 } })
    expect(await verifyCoseReceipt(es256, { verify })).toBe(false)
  })

  test('behavior: a COSE signature doesn’t stand in for the batch’s', async () => {
    const { signature } = (receipts[0] ?? expect.unreachable()).batch
    const flipped = signature.replace(/..$/, (v) => (v === '1b' ? '1c' : '1b')) as typeof signature
    const forged = { ...receipt, batch: { ...receipt.batch, signature: flipped } }
    for (const options of [{}, { signer }]) {
      expect(await judge(await exportCoseReceipt(forged, options))).toBe('refuted')
    }
  })

  test('behavior: is the same for a redacted receipt, and holds no private field', async () => {
    expect(await exportCoseReceipt(redactReceipt(receipt, { reveal: [] }))).toEqual(own)
    for (const { salt, value } of receipt.fields.opened) {
      expect(toHex(own)).not.toContain(salt.slice(2))
      expect(toHex(own)).not.toContain(value.slice(2))
    }
  })

  test('behavior: sequence numbers reach 2^64 - 1', async () => {
    const { receipts: made } = await receiptsOfBatch(2, 2n ** 64n - 2n)
    const bytes = await exportCoseReceipt(made[1])
    expect(readCoseReceipt(bytes).inference.sequence).toBe(2n ** 64n - 1n)
    expect(await judge(bytes)).toBe('verified')
  })

  test('error: InvalidReceiptError for a proof that leads elsewhere', async () => {
    const batch = { ...receipt.batch, proof: receipt.batch.proof.toReversed() }
    for (const other of [{ batch }, { inferenceId: receipts[0]?.inferenceId }, { more: '' }]) {
      await expect(exportCoseReceipt({ ...receipt, ...other })).rejects.toThrow(InvalidReceiptError)
    }
  })

  test('error: InvalidInputError for a signer that is none', async () => {
    const wrong = [
      { ...signer, algorithm: 1.5 },
      { ...signer, algorithm: coseAlgorithms.eip712Batch },
      { ...signer, algorithm: 'ES256' as never },
      { ...signer, keyId: '0x00' as never },
      { ...signer, sign: () => new Uint8Array(0) },
      { ...signer, sign: () => '0x00' as never },
    ]
    for (const signer of wrong) {
      await expect(exportCoseReceipt(receipt, { signer })).rejects.toThrow(InvalidInputError)
    }
    await expect(verifyCoseReceipt(signed)).rejects.toThrow(InvalidInputError)
  })
})

describe('readCoseReceipt', () => {
  test('behavior: no byte can be changed', async () => {
    const counts: Record<string, number> = {}
    for (const bytes of [own, signed]) {
      for (const [i, byte] of bytes.entries()) {
        const verdict = await judge(bytes.with(i, byte ^ (1 << (i % 8))))
        expect(verdict, `byte ${i}`).not.toBe('verified')
        counts[verdict] = (counts[verdict] ?? 0) + 1
      }
    }
    expect(counts.refuted).toBeGreaterThan(200)
    expect(counts.InvalidCoseReceiptError).toBeGreaterThan(200)
  })

  test('behavior: nothing can be cut off or added', async () => {
    for (let length = 0; length < own.length; length++) {
      expect(await judge(own.slice(0, length))).toBe('InvalidCoseReceiptError')
    }
    expect(await judge(Uint8Array.of(...own, 0))).toBe('InvalidCoseReceiptError')
    expect(await judge(Uint8Array.of(...own, ...own))).toBe('InvalidCoseReceiptError')
  })

  /** The parts of the receipt, put together anew after a change. */
  function remade(change: (parts: Parts) => void): Uint8Array {
    const { place, batch, proof, batchSignature } = readCoseReceipt(own)
    const parts: Parts = {
      header: new Map<unknown, unknown>([
        [1, coseAlgorithms.eip712Batch],
        [16, 'application/vnd.assay.cose-receipt.v1'],
        [395, 1],
        [
          -66249,
          new Map<string, unknown>([
            ['chainId', place.chainId],
            ...(['inferenceLog', 'owner', 'sessionKey', 'instance'] as const).map(
              (name): [string, unknown] => [name, Buffer.from(place[name].slice(2), 'hex')],
            ),
            ['first', batch.first],
            ['mode', 0],
            ['dataDigest', Buffer.from(batch.dataDigest.slice(2), 'hex')],
          ]),
        ],
      ]),
      proof: [proof.size, proof.index, proof.path],
      proofs: new Map(),
      unprotected: new Map<unknown, unknown>(),
      payload: null,
      signature: Buffer.from(batchSignature.slice(2), 'hex'),
      tag: 18,
    }
    parts.unprotected.set(396, parts.proofs)
    parts.unprotected.set(-66250, leaf)
    change(parts)
    if (!parts.proofs.has(-1)) parts.proofs.set(-1, [cbor(parts.proof)])
    return cbor(
      new Tagged(parts.tag, [
        cbor(parts.header),
        parts.unprotected,
        parts.payload,
        parts.signature,
      ]),
    )
  }
  type Parts = {
    header: Map<unknown, unknown>
    proof: unknown
    proofs: Map<unknown, unknown>
    unprotected: Map<unknown, unknown>
    payload: unknown
    signature: unknown
    tag: number
  }
  const cbor = (value: unknown) => encode(value, rfc8949EncodeOptions)
  let leaf: Uint8Array
  beforeAll(() => {
    const at = Buffer.from(own).indexOf(Buffer.from(receipt.inference.commitment.slice(2), 'hex'))
    leaf = own.slice(at - 96, at + 96)
  })
  const inBatch = (parts: Parts) => parts.header.get(-66249) as Map<unknown, unknown>
  const hash = new Uint8Array(32)

  test('default: what is put together by hand is the same', () => {
    expect(remade(() => undefined)).toEqual(own)
  })

  test.each<[string, (parts: Parts) => void]>([
    ['another tag', (it) => (it.tag = 98)],
    ['an attached payload', (it) => (it.payload = hash)],
    ['no signature', (it) => (it.signature = null)],
    ['another tree', (it) => it.header.set(395, 2)],
    ['no tree', (it) => it.header.delete(395)],
    ['a text as algorithm', (it) => it.header.set(1, 'ES256')],
    ['a fraction as algorithm', (it) => it.header.set(1, -7.5)],
    ['another type', (it) => it.header.set(16, 'application/cwt')],
    ['a critical header', (it) => it.header.set(2, [16])],
    ['an unknown header', (it) => it.header.set('x', 1)],
    ['a key id beside the batch', (it) => it.header.set(4, hash)],
    ['no batch', (it) => it.header.delete(-66249)],
    ['a list as batch', (it) => it.header.set(-66249, [])],
    ['more in the batch', (it) => inBatch(it).set('x', 1)],
    ['a second signature', (it) => inBatch(it).set('signature', it.signature)],
    ['less in the batch', (it) => inBatch(it).delete('owner')],
    ['a long address', (it) => inBatch(it).set('owner', hash)],
    ['an address as text', (it) => inBatch(it).set('owner', '0x00')],
    ['another mode', (it) => inBatch(it).set('mode', 2)],
    ['a mode as text', (it) => inBatch(it).set('mode', 'inline')],
    ['a negative place', (it) => inBatch(it).set('first', -1)],
    ['a place with a fraction', (it) => inBatch(it).set('first', 0.5)],
    ['a chain beyond 2^53', (it) => inBatch(it).set('chainId', 2n ** 53n)],
    ['another log', (it) => inBatch(it).set('instance', hash)],
    ['another place in the log', (it) => inBatch(it).set('first', 1)],
    ['the labels as texts', (it) => it.unprotected.set('396', it.unprotected.get(396))],
    ['a short leaf', (it) => it.unprotected.set(-66250, leaf.slice(1))],
    ['a number beyond 2^64 in the leaf', (it) => it.unprotected.set(-66250, leaf.with(128, 1))],
    ['no leaf', (it) => it.unprotected.delete(-66250)],
    ['no proofs', (it) => it.proofs.set(-1, [])],
    ['two proofs', (it) => it.proofs.set(-1, [cbor(it.proof), cbor(it.proof)])],
    ['a proof of consistency', (it) => it.proofs.set(-2, [hash])],
    ['a proof that is not encoded', (it) => it.proofs.set(-1, [it.proof])],
    ['more in a proof', (it) => (it.proof = [...(it.proof as unknown[]), 0])],
    ['no leaves', (it) => (it.proof = [0, 0, []])],
    ['a place outside', (it) => (it.proof = [3, 3, [hash, hash]])],
    ['2^32 leaves', (it) => (it.proof = [2 ** 32, 1, Array(32).fill(hash)])],
    ['a long path', (it) => (it.proof = [3, 1, [hash, hash, hash]])],
    ['a short path', (it) => (it.proof = [3, 1, [hash]])],
    ['an endless path', (it) => (it.proof = [3, 1, Array(33).fill(hash)])],
    ['a short hash', (it) => (it.proof = [3, 1, [hash, hash.slice(1)]])],
  ])('error: InvalidCoseReceiptError for %s', (_, change) => {
    expect(() => readCoseReceipt(remade(change))).toThrow(InvalidCoseReceiptError)
  })

  test('error: InvalidCoseReceiptError for what is no deterministic CBOR', () => {
    const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
    const swapped = (from: string, to: string) => hex(toHex(own).slice(2).replace(from, to))
    const hostile = [
      new Uint8Array(0),
      hex('d2'),
      hex('d2 9f'),
      hex('d2 84 40 a0 f6 5b ffffffffffffffff'),
      hex('d2 9b ffffffffffffffff'),
      hex('d2 84 5b 7fffffffffffffff'),
      hex('d2 84 40 bb ffffffffffffffff'),
      new Uint8Array(2 ** 16).fill(0x81),
      new Uint8Array(2 ** 16).fill(0xd2),
      new Uint8Array(2 ** 16).fill(0xa1),
      new Uint8Array(2 ** 16 + 1),
      // A key twice, a length that is longer than it has to be, an indefinite one, another order.
      hex('d2 84 40 a2 01 01 01 01 f6 40'),
      swapped('d284', 'd29804'),
      swapped('d284', 'd29f'),
      hex('d2 84 40 a2 19018c 00 01 00 f6 40'),
      hex('d2 84 40 a0 f7 40'),
      hex('c0 84 40 a0 f6 40'),
      hex('84 40 a0 f6 40'),
    ]
    for (const bytes of hostile) {
      expect(() => readCoseReceipt(bytes), toHex(bytes.slice(0, 16))).toThrow(
        InvalidCoseReceiptError,
      )
    }
    for (const value of [undefined, null, 'd2', {}, [0xd2], new ArrayBuffer(4)]) {
      expect(() => readCoseReceipt(value as never)).toThrow(InvalidCoseReceiptError)
    }
  })

  test('behavior: random bytes and random changes never crash it', () => {
    const refused = (bytes: Uint8Array) => {
      try {
        readCoseReceipt(bytes)
        return false
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidCoseReceiptError)
        return true
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), refused), { numRuns: 5_000 })
    const change = fc.record({
      at: fc.nat(own.length),
      removed: fc.nat(20),
      put: fc.uint8Array({ maxLength: 20 }),
    })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let bytes: number[] = [...own]
        for (const { at, removed, put } of changes) bytes = bytes.toSpliced(at, removed, ...put)
        // What stays readable says something else, and its signature no longer holds: see the flips.
        refused(Uint8Array.from(bytes))
      }),
      { numRuns: 5_000 },
    )
  })
})
