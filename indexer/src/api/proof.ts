import { createMerkleTree, encodeInference, type MerkleTree } from '@assay/sdk/formats'
import { and, eq, gte, lt } from 'ponder'
import { db } from 'ponder:api'
import { inference, inferenceLog, settlement } from 'ponder:schema'
import { bytesToHex, type Hex, hexToBytes } from 'viem'
import { RequestError } from './answers.ts'
import type { ServedChain } from './chains.ts'
import { createTreeCache } from './tree-cache.ts'

/** All of a receipt that is public: what is left out are the private fields and the batch's signature. */
export type InferenceProof = {
  inferenceId: Hex
  /** Data of the leaf, 192 bytes. */
  leaf: Hex
  log: {
    chainId: string
    inferenceLog: Hex
    /** These three are null where the log was opened before the block at which the indexer starts. */
    owner: Hex | null
    sessionKey: Hex | null
    instance: Hex | null
  }
  inference: Record<'modelId' | 'environmentId' | 'commitment' | 'sequence' | 'servedAt', string>
  batch: {
    first: string
    count: string
    root: Hex
    mode: 'inline' | 'external'
    dataDigest: Hex
    /** Inclusion proof, from the leaf upwards. */
    proof: Hex[]
  }
  settlement: {
    logId: Hex
    /** Unix seconds. */
    settledAt: string
    signedByKey: boolean
    blockNumber: string
    transactionHash: Hex
    uri: string | null
  }
}

/** Trees of batches that are asked about, 64 bytes a leaf: half a million leaves. */
const trees = createTreeCache(32 * 2 ** 20)

/**
 * The proof of one inference.
 *
 * @throws RequestError if there is no such inference, or not all of its batch is here yet.
 */
export async function proofOf(
  inferenceId: Hex,
  chains: ReadonlyMap<number, ServedChain>,
): Promise<InferenceProof> {
  const [found] = await db
    .select({ row: inference, settled: settlement, log: inferenceLog })
    .from(inference)
    .innerJoin(
      settlement,
      and(eq(settlement.logId, inference.logId), eq(settlement.root, inference.root)),
    )
    .innerJoin(inferenceLog, eq(inferenceLog.logId, inference.logId))
    .where(eq(inference.inferenceId, inferenceId))
  const chain = found && chains.get(Number(found.row.chainId))
  if (!found || !chain) throw new RequestError(404, 'no such inference is indexed')
  const { row, settled, log } = found
  const tree = await trees(`${row.logId} ${row.root}`, () => readTree(settled))
  return {
    inferenceId,
    leaf: bytesToHex(encodeInference(row)),
    log: {
      chainId: String(chain.chainId),
      inferenceLog: chain.inferenceLog,
      owner: log.owner,
      sessionKey: log.sessionKey,
      instance: log.instance,
    },
    inference: {
      modelId: row.modelId,
      environmentId: row.environmentId,
      commitment: row.commitment,
      sequence: String(row.sequence),
      servedAt: String(row.servedAt),
    },
    batch: {
      first: String(settled.first),
      count: String(settled.count),
      root: row.root,
      mode: settled.mode,
      dataDigest: settled.dataDigest,
      proof: tree.proof(Number(row.sequence - settled.first)).map((hash) => bytesToHex(hash)),
    },
    settlement: {
      logId: row.logId,
      settledAt: String(settled.settledAt),
      signedByKey: settled.signedByKey,
      blockNumber: String(settled.blockNumber),
      transactionHash: settled.transactionHash,
      uri: settled.uri,
    },
  }
}

/** A batch's tree from the ids of its inferences, which are its leaf hashes. */
async function readTree(settled: typeof settlement.$inferSelect): Promise<MerkleTree> {
  const { position, count, root } = settled
  const ids = await db
    .select({ id: inference.inferenceId })
    .from(inference)
    .where(and(gte(inference.position, position), lt(inference.position, position + count)))
    .orderBy(inference.position)
  if (BigInt(ids.length) !== count) {
    throw new RequestError(409, 'not all inferences of its batch are indexed yet')
  }
  const leaves = new Uint8Array(32 * ids.length)
  for (const [i, { id }] of ids.entries()) leaves.set(hexToBytes(id), 32 * i)
  const tree = createMerkleTree(leaves)
  if (bytesToHex(tree.root) !== root) {
    throw new RequestError(409, 'the inferences of its batch are being changed by a reorganization')
  }
  return tree
}
