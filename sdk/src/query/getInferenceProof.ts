import type { Hex } from 'viem'
import { toBytes } from '../formats/bytes.ts'
import type { Batch } from '../formats/batch.ts'
import { createInclusionCheck } from '../formats/inclusion.ts'
import { decodeInference, type Inference, inferenceIdOf } from '../formats/inference.ts'
import type { IndexerClient } from './client.ts'
import { IndexerResponseError } from './errors.ts'
import { boolean, type Column, hex, integer, oneOf, optional, readRow, string } from './row.ts'

/** All of a receipt that is public: what is left out are the private fields and the batch's signature. */
export type InferenceProof = {
  inferenceId: Hex
  /** What the leaf holds. */
  inference: Inference
  /** The inference log; owner, session key and instance are undefined where the indexer starts after the log's first batch. */
  log: {
    chainId: bigint
    inferenceLog: Hex
    owner: Hex | undefined
    sessionKey: Hex | undefined
    instance: Hex | undefined
  }
  batch: Batch & {
    /** Inclusion proof, from the leaf upwards. It leads to the root. */
    proof: Hex[]
  }
  settlement: {
    /** Unix seconds. */
    settledAt: bigint
    signedByKey: boolean
    blockNumber: bigint
    transactionHash: Hex
    uri: string | undefined
  }
}

/** No tree of 2^32 leaves has a longer way. */
const maxProof = 32

const hashes: Column<Hex[]> = (value, name) => {
  if (!Array.isArray(value) || value.length > maxProof) {
    throw new IndexerResponseError(`\`${name}\` is no proof`)
  }
  return value.map((hash) => hex(hash, name))
}

const logColumns = {
  chainId: integer,
  inferenceLog: hex,
  owner: optional(hex),
  sessionKey: optional(hex),
  instance: optional(hex),
}
const batchColumns = {
  first: integer,
  count: integer,
  root: hex,
  mode: oneOf('inline', 'external'),
  dataDigest: hex,
  proof: hashes,
}
const settlementColumns = {
  settledAt: integer,
  signedByKey: boolean,
  blockNumber: integer,
  transactionHash: hex,
  uri: optional(string),
}

/**
 * The proof of an inference: that its leaf is in its batch is checked here. That the batch is settled is the indexer's word, until
 * `verifyInference` asks the chain.
 *
 * @returns Undefined if the indexer does not know the inference (yet).
 * @throws IndexerUnreachableError; IndexerResponseError, also if the proof does not hold.
 */
export async function getInferenceProof(
  client: IndexerClient,
  { inferenceId }: { inferenceId: Hex },
): Promise<InferenceProof | undefined> {
  const answer = await client.get(`inferences/${inferenceId}/proof`)
  if (!answer) return undefined
  const { leaf } = readRow({ leaf: hex }, answer)
  const log = readRow(logColumns, answer.log)
  const { count, ...batch } = readRow(batchColumns, answer.batch)
  const settlement = readRow(settlementColumns, answer.settlement)
  const inference = inferenceOf(leaf)
  const { logId, sequence } = inference
  if (count < 1n || count >= 2n ** 32n) throw new IndexerResponseError('a batch has no such size')
  const proof = {
    inferenceId: inferenceId.toLowerCase() as Hex,
    inference,
    log,
    batch: { ...batch, logId, count: Number(count) },
    settlement,
  }
  const isIncluded = createInclusionCheck(proof.batch.count, batch.root)
  if (
    inferenceIdOf(inference) !== proof.inferenceId ||
    !isIncluded(proof.inferenceId, Number(sequence - batch.first), batch.proof)
  ) {
    throw new IndexerResponseError('the proof does not lead from the inference to the root')
  }
  return proof
}

function inferenceOf(leaf: Hex): Inference {
  try {
    return decodeInference(toBytes(leaf))
  } catch (cause) {
    throw new IndexerResponseError('the leaf is none', { cause })
  }
}
