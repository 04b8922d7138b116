import {
  type Batch,
  batchTypedData,
  buildBatch,
  commitmentOf,
  createReceipt,
  fieldLeafHash,
  type InferenceLogPlace,
  type InferenceReceipt,
  logIdOf,
  orderFields,
  type SaltedField,
  saltFields,
} from '@assay/sdk/formats'
import {
  type Hex,
  hexToBytes,
  keccak256,
  type LocalAccount,
  stringToHex,
  toHex,
  zeroHash,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

/** 32 bytes that stand for a text, the same in each run. */
export const hashOf = (text: string): Hex => keccak256(stringToHex(text))

/** An account that is the same in each run. */
export const accountNamed = (name: string) => privateKeyToAccount(hashOf(`account ${name}`))

export type OfflineBatch = {
  key?: LocalAccount
  owner?: Hex
  /** Names the inference log. */
  instance?: string
  first?: bigint
  count: number
  mode?: Batch['mode']
  modelId?: Hex
  /** What was inferred; by its place. Default: "answer 0", … */
  text?: (sequence: bigint) => string
  hints?: InferenceReceipt['hints']
}

const utf8 = (text: string) => new TextEncoder().encode(text)

/** A signed batch, with the receipts of all its inferences. Needs no chain. */
export async function offlineReceipts(options: OfflineBatch): Promise<InferenceReceipt[]> {
  const { key = accountNamed('session'), owner = accountNamed('owner').address } = options
  const { first = 0n, count, mode = 'inline', instance = 'instance', hints = {} } = options
  const { modelId = zeroHash, text = (sequence: bigint) => `answer ${sequence}` } = options
  const place: InferenceLogPlace = {
    chainId: 31_337,
    inferenceLog: `0x${'10'.repeat(20)}`,
    owner: owner.toLowerCase() as Hex,
    sessionKey: key.address.toLowerCase() as Hex,
    instance: hashOf(instance),
  }
  const logId = logIdOf(place)
  const made = Array.from({ length: count }, (_, i) => {
    const sequence = first + BigInt(i)
    const fields = fieldsOf(text(sequence), logId, sequence)
    const commitment = toHex(commitmentOf(fields.map((field) => fieldLeafHash(field))))
    const servedAt = 1_790_000_000_000n + sequence
    const inference = { logId, modelId, environmentId: zeroHash, commitment, sequence, servedAt }
    return { inference, fields }
  })
  const batch = buildBatch(
    logId,
    first,
    made.map(({ inference }) => inference),
    mode,
  )
  const signature = await signatureOf(key, batch, place)
  return made.map((parts) => createReceipt({ ...parts, place, batch, signature, hints }))
}

/** Signs a batch. */
export function signatureOf(
  key: LocalAccount,
  batch: Batch,
  { chainId, inferenceLog }: InferenceLogPlace,
): Promise<Hex> {
  return key.signTypedData(batchTypedData(batch, chainId, inferenceLog))
}

function fieldsOf(text: string, logId: Hex, sequence: bigint): SaltedField[] {
  const digest = hexToBytes(hashOf(text))
  const fields = orderFields({
    'request.sha256': digest,
    'response.sha256': digest,
    'output.text.sha256': digest,
    endpoint: utf8('https://api.example.com/v1/chat/completions'),
    'model.requested': utf8('model'),
    'model.returned': utf8('model-2026-01'),
    outcome: utf8('complete'),
    usage: utf8('{"prompt_tokens":12,"completion_tokens":34}'),
    finish_reason: utf8('stop'),
  })
  return saltFields(fields, hexToBytes(hashOf('seed')), hexToBytes(logId), sequence)
}
