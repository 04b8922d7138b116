import { createHash, createHmac, createPublicKey, verify } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import {
  batchDigest,
  createMerkleTree,
  decodeAttesterStatement,
  decodeBatchData,
  encodeBatchData,
  hashLeaf,
  inferencesOf,
  verifyInclusion,
} from '@assay/sdk/formats'
import { encodeAbiParameters, type Hex, hexToBytes, keccak256, recoverAddress, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { makeVectors, sessionKey } from '../vectors/make.ts'
import { leafHash, path, treeHash } from '../vectors/rfc9162.ts'

type Tree = { size: number; root: Hex; proofs: Hex[] }
type Batch = {
  logId: Hex
  first: string
  count: string
  mode: 'inline' | 'external'
  root: Hex
  dataDigest: Hex
  data: Hex
  digest: Hex
  signature: Hex
  records: { modelId: Hex; environmentId: Hex; commitment: Hex; servedAt: string }[]
}
type Ids = Record<'log' | 'model' | 'namedModel' | 'environment' | 'verdict', Record<string, Hex>>

async function vector<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`../vectors/${name}`, import.meta.url), 'utf8')) as T
}

const bytes = (hex: Hex) => Buffer.from(hex.slice(2), 'hex')
const sha256 = (...parts: Uint8Array[]) =>
  createHash('sha256').update(Buffer.concat(parts)).digest()
const abi = (types: string, values: unknown[]) =>
  encodeAbiParameters(
    types.split(' ').map((type) => ({ type })),
    values,
  )
const uint = (value: string, width: number) =>
  Buffer.from(
    BigInt(value)
      .toString(16)
      .padStart(2 * width, '0'),
    'hex',
  )

describe('vectors', () => {
  test('are what the SDK gives, to the byte', async () => {
    for (const [name, content] of Object.entries(await makeVectors())) {
      expect(await vector(name), name).toEqual(content)
    }
  })

  test('trees: every root and proof of sizes 1 to 70 is RFC 9162’s', async () => {
    const trees = await vector<Tree[]>('trees.json')
    expect(trees.map((tree) => tree.size)).toEqual(Array.from({ length: 70 }, (_, i) => i + 1))
    const leaves = trees.map((_, i) => leafHash(Uint8Array.of(i)))
    for (const { size, root, proofs } of trees) {
      const tree = leaves.slice(0, size)
      expect(toHex(treeHash(tree))).toBe(root)
      expect(proofs.length).toBe(size)
      for (const [index, proof] of proofs.entries()) {
        expect(toHex(Buffer.concat(path(index, tree)))).toBe(proof)
        expect(verifyInclusion(tree[index] as Buffer, index, size, split(proof), bytes(root))).toBe(
          true,
        )
      }
    }
  })

  test('trees: no other place, size or hash passes with a proof', async () => {
    const trees = (await vector<Tree[]>('trees.json')).filter(({ size }) => size <= 20)
    for (const { size, root, proofs } of trees) {
      for (const [index, hex] of proofs.entries()) {
        const leaf = hashLeaf(Uint8Array.of(index))
        const proof = split(hex)
        for (let other = 0; other < size + 2; other++) {
          if (other !== index) {
            expect(verifyInclusion(leaf, other, size, proof, bytes(root))).toBe(false)
          }
        }
        expect(verifyInclusion(leaf, index, size, [...proof, leaf], bytes(root))).toBe(false)
        if (proof.length > 0) {
          expect(verifyInclusion(leaf, index, size, proof.slice(1), bytes(root))).toBe(false)
          expect(verifyInclusion(leaf, index, size, proof.slice(0, -1), bytes(root))).toBe(false)
        }
        for (const [i, hash] of proof.entries()) {
          const flipped = Uint8Array.from(hash)
          flipped[index % 32] = (flipped[index % 32] as number) ^ 1
          expect(verifyInclusion(leaf, index, size, proof.with(i, flipped), bytes(root))).toBe(
            false,
          )
        }
      }
    }
  })

  test('salts: HMAC over the label and fixed-width numbers', async () => {
    type Salt = { seed: Hex; logId: Hex; sequence: string; index: string; salt: Hex }
    for (const { seed, logId, sequence, index, salt } of await vector<Salt[]>('salts.json')) {
      const mac = createHmac('sha256', bytes(seed))
      mac.update('assay/salt/v1').update(bytes(logId))
      mac.update(uint(sequence, 8)).update(uint(index, 4))
      expect(toHex(mac.digest())).toBe(salt)
    }
  })

  test('commitments: entries, leaf hashes and roots', async () => {
    type Set = {
      fields: { name: string; salt: Hex; value: Hex }[]
      entries: Hex[]
      leafHashes: Hex[]
      commitment: Hex
    }
    for (const set of await vector<Set[]>('commitments.json')) {
      for (const [i, { name, salt, value }] of set.fields.entries()) {
        const entry = Buffer.concat([bytes(salt), sha256(Buffer.from(name)), bytes(value)])
        expect(toHex(entry)).toBe(set.entries[i])
        expect(toHex(leafHash(entry))).toBe(set.leafHashes[i])
      }
      expect(toHex(treeHash(set.leafHashes.map(bytes)))).toBe(set.commitment)
    }
  })

  test('messages: salts, leaf hashes and the value of the field', async () => {
    type Messages = Record<'seed' | 'logId' | 'value', Hex> & {
      sequence: string
      messages: (Record<'digest' | 'salt' | 'leafHash', Hex> & { json: string })[]
    }
    const { seed, logId, sequence, value, messages } = await vector<Messages>('messages.json')
    expect(messages).toHaveLength(3)
    for (const [i, { json, digest, salt, leafHash: hash }] of messages.entries()) {
      const mac = createHmac('sha256', bytes(seed)).update('assay/message-salt/v1')
      mac
        .update(bytes(logId))
        .update(uint(sequence, 8))
        .update(uint(String(i), 4))
      expect(toHex(mac.digest())).toBe(salt)
      expect(toHex(sha256(Buffer.from(json)))).toBe(digest)
      expect(toHex(leafHash(Buffer.concat([bytes(salt), bytes(digest)])))).toBe(hash)
    }
    const root = treeHash(messages.map((message) => bytes(message.leafHash)))
    expect(toHex(Buffer.concat([uint('3', 4), root]))).toBe(value)
  })

  test('ids: as the general ABI encoder gives them', async () => {
    const { log, model, namedModel, environment: e, verdict: v } = await vector<Ids>('ids.json')
    const address4 = 'uint256 address address address bytes32'
    expect(
      keccak256(abi(address4, [31337n, log.inferenceLog, log.owner, log.sessionKey, log.instance])),
    ).toBe(log.logId)
    const { publisher, name, version, manifestDigest, modelId } = model
    expect(
      keccak256(abi('address string string bytes32', [publisher, name, version, manifestDigest])),
    ).toBe(modelId)
    const label = keccak256(Buffer.from('assay/named-model/v1'))
    expect(
      keccak256(abi('bytes32 string string', [label, namedModel.origin, namedModel.name])),
    ).toBe(namedModel.modelId)
    expect(
      keccak256(
        abi('uint256 address address bytes32 bytes32 uint8 bytes32 bytes32', [
          31337n,
          e.environmentRegistry,
          e.registrant,
          toHex('nitro', { size: 32 }),
          e.measurement,
          3,
          keccak256(e.key as Hex),
          e.attestationDigest,
        ]),
      ),
    ).toBe(e.environmentId)
    expect(
      keccak256(
        abi('uint256 address address uint8 bytes32 uint8 bytes32 bytes32', [
          31337n,
          v.verdictRegistry,
          v.author,
          1,
          v.subject,
          87,
          keccak256(Buffer.from('measurement-to-model “ä”')),
          v.evidenceDigest,
        ]),
      ),
    ).toBe(v.verdictId)
  })

  test('statements: as the general ABI encoder gives them, each signed as it says', async () => {
    type Signature = { attester: Hex; deadline: number; signature: Hex }
    type Vector = Record<'environmentId', Hex> & {
      validUntil: number
      deadline: number
      quorum: Record<'verifier' | 'digest' | 'statement', Hex> & { signatures: Signature[] }
      p256: Record<'verifier' | 'digest' | 'statement' | 'x' | 'y' | 'signature', Hex>
    }
    const { environmentId, validUntil, deadline, quorum, p256 } =
      await vector<Vector>('statements.json')
    const struct = keccak256(
      abi('bytes32 bytes32 uint48 uint48', [
        hashOf('EnvironmentStatement(bytes32 environmentId,uint48 validUntil,uint48 deadline)'),
        ...[environmentId, validUntil, deadline],
      ]),
    )
    for (const { verifier, digest } of [quorum, p256]) {
      expect(typedDigest(struct, verifier)).toBe(digest)
    }
    const ordered = quorum.signatures.toSorted((a, b) => (a.attester < b.attester ? -1 : 1))
    for (const { attester, signature } of ordered) {
      const signer = await recoverAddress({ hash: quorum.digest, signature })
      expect(signer.toLowerCase()).toBe(attester)
    }
    const parts = ordered.map((it) =>
      Buffer.concat([
        ...[bytes(it.attester), uint(String(it.deadline), 6), uint('65', 2)],
        bytes(it.signature),
      ]),
    )
    expect(toHex(Buffer.concat(parts))).toBe(quorum.statement)
    expect(decodeAttesterStatement(quorum.statement)).toEqual(ordered)
    const encoded = Buffer.concat([uint(String(deadline), 6), bytes(p256.signature)])
    expect(toHex(encoded)).toBe(p256.statement)
    const [x, y] = [bytes(p256.x).toString('base64url'), bytes(p256.y).toString('base64url')]
    const key = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } })
    const signature = bytes(p256.signature)
    // OpenSSL hashes what it is given, as the contract does.
    const signed = { key, dsaEncoding: 'ieee-p1363' } as const
    expect(verify('sha256', bytes(p256.digest), signed, signature)).toBe(true)
    expect(verify('sha256', bytes(quorum.digest), signed, signature)).toBe(false)
  })

  test('leaves: as the general ABI encoder gives them', async () => {
    type Leaf = Record<string, string> & { data: Hex; inferenceId: Hex }
    for (const leaf of await vector<Leaf[]>('leaves.json')) {
      const data = abi('bytes32 bytes32 bytes32 bytes32 uint64 uint64', [
        leaf.logId,
        leaf.modelId,
        leaf.environmentId,
        leaf.commitment,
        BigInt(leaf.sequence as string),
        BigInt(leaf.servedAt as string),
      ])
      expect(data).toBe(leaf.data)
      expect(toHex(leafHash(bytes(data)))).toBe(leaf.inferenceId)
    }
  })

  test('batches: bytes, roots, digests and signatures', async () => {
    const { log } = await vector<Ids>('ids.json')
    for (const batch of await vector<Batch[]>('batches.json')) {
      const records = batch.records.map((r) => ({ ...r, servedAt: BigInt(r.servedAt) }))
      expect(decodeBatchData(batch.data)).toEqual(records)
      expect(toHex(encodeBatchData(records))).toBe(batch.data)
      expect(toHex(sha256(bytes(batch.data)))).toBe(batch.dataDigest)
      const leaves = inferencesOf(batch.logId, BigInt(batch.first), records).map((inference) =>
        leafHash(
          bytes(
            abi('bytes32 bytes32 bytes32 bytes32 uint64 uint64', [
              inference.logId,
              inference.modelId,
              inference.environmentId,
              inference.commitment,
              inference.sequence,
              inference.servedAt,
            ]),
          ),
        ),
      )
      expect(toHex(treeHash(leaves))).toBe(batch.root)
      expect(toHex(createMerkleTree(leaves).root)).toBe(batch.root)
      const statement = { ...batch, first: BigInt(batch.first), count: Number(batch.count) }
      expect(batchDigest(statement, 31337, log.inferenceLog as Hex)).toBe(batch.digest)
      expect(digestByHand(batch, log.inferenceLog as Hex)).toBe(batch.digest)
      const signer = await recoverAddress({ hash: batch.digest, signature: batch.signature })
      expect(signer).toBe(sessionKey.address)
    }
  })
})

const hashOf = (text: string) => keccak256(Buffer.from(text))

/** EIP-712 written out: 0x1901 ‖ domain separator ‖ struct hash. */
function typedDigest(struct: Hex, verifyingContract: Hex): Hex {
  const domain = keccak256(
    abi('bytes32 bytes32 bytes32 uint256 address', [
      hashOf('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
      hashOf('Assay'),
      hashOf('1'),
      31337n,
      verifyingContract,
    ]),
  )
  return keccak256(Buffer.concat([Buffer.of(0x19, 0x01), bytes(domain), bytes(struct)]))
}

function digestByHand(batch: Batch, inferenceLog: Hex): Hex {
  const struct = keccak256(
    abi('bytes32 bytes32 uint64 uint32 bytes32 uint8 bytes32', [
      hashOf(
        'Batch(bytes32 logId,uint64 first,uint32 count,bytes32 root,uint8 mode,bytes32 dataDigest)',
      ),
      batch.logId,
      BigInt(batch.first),
      Number(batch.count),
      batch.root,
      batch.mode === 'inline' ? 0 : 1,
      batch.dataDigest,
    ]),
  )
  return typedDigest(struct, inferenceLog)
}

function split(proof: Hex): Uint8Array[] {
  const all = hexToBytes(proof)
  return Array.from({ length: all.length / 32 }, (_, i) => all.subarray(32 * i, 32 * i + 32))
}
