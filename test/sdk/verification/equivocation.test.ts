import {
  type EquivocationProof,
  type InferenceReceipt,
  InvalidEquivocationError,
  NoEquivocationError,
  proveEquivocation,
  verifyEquivocation,
} from '@assay/sdk'
import { batchOf, createMerkleTree, hashNode, logIdOf } from '@assay/sdk/formats'
import { type Hex, hexToBytes, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { accountNamed, offlineReceipts, signatureOf } from '../support/offline-receipts.ts'

const other = (sequence: bigint) => `another answer ${sequence}`
/** Number 5 of one log, in two batches of other boundaries and other contents. */
const honest = (await offlineReceipts({ first: 0n, count: 7 }))[5] as InferenceReceipt
const contradicting = (await offlineReceipts({ first: 3n, count: 4, text: other }))[2]!
const proof = proveEquivocation(honest, contradicting)

const codeOf = (a: InferenceReceipt, b: InferenceReceipt) => {
  try {
    proveEquivocation(a, b)
    return 'none'
  } catch (error) {
    expect(error).toBeInstanceOf(NoEquivocationError)
    return (error as NoEquivocationError).code
  }
}

/** Verified, refuted, or the name of the error that refuses it. */
function judge(value: unknown): string {
  try {
    return verifyEquivocation(value).status
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidEquivocationError)
    return 'InvalidEquivocationError'
  }
}

describe('proveEquivocation', () => {
  test('default: a file that shows who contradicted itself, and where', () => {
    const { status, contradiction, reason, notProven } = verifyEquivocation(JSON.stringify(proof))
    const { address } = accountNamed('session')
    expect(status).toBe('verified')
    expect(contradiction).toEqual({
      signer: address.toLowerCase(),
      role: 'sessionKey',
      chainId: '31337',
      inferenceLog: honest.log.inferenceLog,
      logId: logIdOf({ ...honest.log, chainId: 31_337 }),
      sequence: '5',
      inferenceIds: [honest.inferenceId, contradicting.inferenceId].sort(),
    })
    expect(reason).toContain(address.toLowerCase())
    expect(notProven.length).toBeGreaterThan(0)
  })

  test('behavior: the order of the receipts does not matter', () => {
    expect(proveEquivocation(contradicting, JSON.stringify(honest))).toEqual(proof)
  })

  test('behavior: nothing of the inferences but their leaf hashes is in it', () => {
    const text = JSON.stringify(proof)
    for (const { fields, inference } of [honest, contradicting]) {
      for (const { salt, value } of fields.opened) {
        expect(text).not.toContain(salt)
        expect(text).not.toContain(value.slice(2))
      }
      for (const hash of [...fields.leafHashes, inference.commitment, inference.servedAt]) {
        expect(text).not.toContain(hash)
      }
    }
  })

  test('behavior: the owner in the place of the key contradicts itself as well', async () => {
    const key = accountNamed('owner')
    const forged = await Promise.all([honest, contradicting].map((it) => signedBy(it, key)))
    const { contradiction } = verifyEquivocation(proveEquivocation(forged[0], forged[1]))
    expect(contradiction).toMatchObject({ role: 'owner', signer: key.address.toLowerCase() })
  })

  test('error: NoEquivocationError, sameStatement: the same inference in another batch', async () => {
    const again = (await offlineReceipts({ first: 4n, count: 3 }))[1]!
    expect(again.inferenceId).toBe(honest.inferenceId)
    expect(again.batch.root).not.toBe(honest.batch.root)
    expect(codeOf(honest, again)).toBe('sameStatement')
    expect(codeOf(honest, honest)).toBe('sameStatement')
  })

  test('error: NoEquivocationError, otherPlace and otherLog', async () => {
    const [next] = await offlineReceipts({ first: 6n, count: 1, text: other })
    expect(codeOf(honest, next!)).toBe('otherPlace')
    const [elsewhere] = await offlineReceipts({ first: 5n, count: 1, instance: 'other' })
    expect(codeOf(honest, elsewhere!)).toBe('otherLog')
    const onOtherChain = { ...contradicting, log: { ...contradicting.log, chainId: '1' } }
    expect(codeOf(honest, onOtherChain)).toBe('otherLog')
  })

  test('error: NoEquivocationError, otherSigner: the owner says otherwise than the key', async () => {
    expect(codeOf(honest, await signedBy(contradicting, accountNamed('owner')))).toBe('otherSigner')
  })

  test('error: NoEquivocationError, notSigned: by a key of neither', async () => {
    expect(codeOf(honest, await signedBy(contradicting, accountNamed('thief')))).toBe('notSigned')
  })

  test('error: NoEquivocationError, notIncluded: a receipt of another batch, an id that is not its own', () => {
    const swapped = { ...contradicting, batch: honest.batch }
    expect(codeOf(honest, swapped)).toBe('notIncluded')
    const renamed = { ...honest, inferenceId: contradicting.inferenceId }
    expect(codeOf(honest, renamed)).toBe('notIncluded')
  })
})

describe('verifyEquivocation, of what frames an honest key', () => {
  const refuted = (change: (copy: EquivocationProof) => void) => {
    const copy = structuredClone(proof)
    change(copy)
    expect(judge(copy)).not.toBe('verified')
    return judge(copy)
  }

  test('behavior: one statement twice', () => {
    expect(refuted((it) => (it.statements[1] = it.statements[0]))).toBe('refuted')
  })

  test('behavior: an inner node, the root or a sibling in the place of a leaf', async () => {
    for (const count of [1, 2, 3, 4, 5, 7, 8, 9]) {
      const receipts = await offlineReceipts({ count })
      for (const { inference, batch, inferenceId, log } of receipts) {
        const hashes = batch.proof.map((hash) => hexToBytes(hash))
        const nodes = innerNodes(receipts.map((it) => hexToBytes(it.inferenceId)))
        const fakes = [...nodes, ...hashes]
          .map((it) => toHex(it))
          .filter((it) => it !== inferenceId)
        // Every node of the tree, with every part of the proof, and what could stretch it.
        for (const fake of fakes) {
          for (let from = 0; from <= batch.proof.length; from++) {
            for (const rest of [
              batch.proof.slice(from),
              [inferenceId, ...batch.proof.slice(from)],
            ]) {
              const posing = { inferenceId: fake, batch: { ...batch, proof: rest } }
              const statements = [posing, { inferenceId, batch }]
              const { sequence } = inference
              const framed = { schema: 'assay/equivocation/v1', log, sequence, statements }
              expect(judge(framed), `${count} ${sequence} ${from}`).toBe('refuted')
            }
          }
        }
      }
    }
  })

  test('behavior: another size or first number than was signed', () => {
    for (const count of ['0', '1', '2', '3', '5', '8', '4294967295']) {
      refuted((it) => (it.statements[0].batch.count = count))
      refuted((it) => (it.statements[1].batch.count = count === '5' ? '6' : count))
    }
    for (const first of ['1', '2', '4', '5', '18446744073709551615']) {
      refuted((it) => it.statements.forEach(({ batch }) => (batch.first = first)))
    }
    for (const sequence of ['0', '3', '4', '6', '7', '18446744073709551615']) {
      refuted((it) => (it.sequence = sequence))
    }
  })

  test('behavior: no batch, no proof', () => {
    refuted((it) => (it.statements[0].batch.proof = []))
    refuted((it) => {
      const { batch, inferenceId } = it.statements[0]
      Object.assign(batch, { count: '1', first: '5', proof: [], root: inferenceId })
    })
    refuted((it) => {
      for (const { batch } of it.statements) Object.assign(batch, { count: '0', proof: [] })
    })
  })

  test('behavior: another log of the same key', () => {
    refuted((it) => (it.log.instance = `0x${'0'.repeat(64)}`))
    refuted((it) => (it.log.owner = `0x${'0'.repeat(40)}`))
    refuted((it) => (it.log.sessionKey = it.log.owner))
    refuted((it) => (it.log.chainId = '1'))
    refuted((it) => (it.log.inferenceLog = it.log.owner))
  })

  test('behavior: signatures of other forms', () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    for (const i of [0, 1] as const) {
      const { signature } = proof.statements[i].batch
      const s = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0')
      const twin = `${signature.slice(0, 66)}${s}${signature.endsWith('1b') ? '1c' : '1b'}` as Hex
      const forms = [
        twin,
        `${signature}00`,
        signature.slice(0, 130),
        `${signature.slice(0, 130)}0${signature.endsWith('1b') ? 0 : 1}`,
        `0x${'0'.repeat(130)}`,
        '0x',
      ] as Hex[]
      for (const form of forms) {
        expect(refuted((it) => (it.statements[i].batch.signature = form))).toBe('refuted')
      }
    }
  })

  test('behavior: each byte flipped, each digit changed', () => {
    const text = JSON.stringify(proof)
    let flips = 0
    for (let i = 0; i < text.length; i++) {
      for (const bit of [1, 2, 4, 8, 16, 32, 64]) {
        const flipped = String.fromCharCode(text.charCodeAt(i) ^ bit)
        expect(judge(text.slice(0, i) + flipped + text.slice(i + 1)), `${i}`).not.toBe('verified')
        flips++
      }
    }
    expect(flips).toBeGreaterThan(10_000)
  }, 120_000)

  test('behavior: any part left out, added, or of another type', () => {
    const refusedWith = (value: unknown) => expect(judge(value)).toBe('InvalidEquivocationError')
    for (const name of Object.keys(proof)) refusedWith({ ...proof, [name]: undefined })
    refusedWith({ ...proof, more: '1' })
    refusedWith({ ...proof, statements: [...proof.statements, proof.statements[0]] })
    refusedWith({ ...proof, statements: [proof.statements[0]] })
    refusedWith({ ...proof, sequence: 5 })
    refusedWith(JSON.stringify(proof).replace('{', '{"sequence":"6",'))
    refusedWith('')
    refusedWith(null)
  })
})

/** A receipt whose batch somebody else signed. */
async function signedBy(
  receipt: InferenceReceipt,
  key: ReturnType<typeof accountNamed>,
): Promise<InferenceReceipt> {
  const place = { ...receipt.log, chainId: Number(receipt.log.chainId) }
  const signature = await signatureOf(key, batchOf(receipt.batch, logIdOf(place)), place)
  return { ...receipt, batch: { ...receipt.batch, signature } }
}

/** All nodes above the leaves. */
function innerNodes(leaves: Uint8Array[]): Uint8Array[] {
  const nodes = [createMerkleTree(leaves).root]
  for (let i = 0; i + 1 < leaves.length; i++) nodes.push(hashNode(leaves[i]!, leaves[i + 1]!))
  for (let i = 0; i < leaves.length; i++) {
    for (let j = i + 1; j <= leaves.length; j++) {
      nodes.push(createMerkleTree(leaves.slice(i, j)).root)
    }
  }
  return nodes
}
