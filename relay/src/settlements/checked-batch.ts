import { batchTypedData, buildBatch, dataDigestOf, decodeBatchData, logIdOf } from '@assay/sdk'
import type { RelayedBatch } from '@assay/sdk/relay'
import { type Address, type Hex, isAddressEqual, recoverTypedDataAddress } from 'viem'
import type { RelayChain } from '../chain.ts'
import { RelayError } from '../errors.ts'

/** A batch of which everything is checked that needs no chain. */
export type CheckedBatch = {
  batch: RelayedBatch
  logId: Hex
  owner: Address
  /** Undefined: neither the session key's nor the owner's key; the owner's code may still say that it is good (ERC-1271). */
  signedBy: 'sessionKey' | 'owner' | undefined
}

/**
 * Checks that inline data is batch data and gives the root, and whose key made the signature.
 *
 * @throws RelayError `data-mismatch`; InvalidInputError if the data is no batch data.
 */
export async function checkBatch(
  { chainId, contracts }: Pick<RelayChain, 'chainId' | 'contracts'>,
  batch: RelayedBatch,
): Promise<CheckedBatch> {
  const { inferenceLog } = contracts
  const { log, first, count, root, mode } = batch
  const logId = logIdOf({ ...log, chainId, inferenceLog })
  if (count === 0) throw new RelayError('data-mismatch', 'The batch holds no inference.')
  if (mode === 'inline') checkData(batch.data, { logId, first, count, root })
  const dataDigest = mode === 'inline' ? dataDigestOf(batch.data) : batch.dataDigest
  const signed = { logId, first, count, root, mode, dataDigest }
  const signer = await recoverTypedDataAddress({
    ...batchTypedData(signed, chainId, inferenceLog),
    signature: batch.signature,
  }).catch(() => undefined)
  const is = (account: Address) => signer !== undefined && isAddressEqual(signer, account)
  const signedBy = is(log.sessionKey) ? 'sessionKey' : is(log.owner) ? 'owner' : undefined
  return { batch, logId, owner: log.owner, signedBy }
}

function checkData(
  data: Hex,
  stated: { logId: Hex; first: bigint; count: number; root: Hex },
): void {
  const { logId, first, count, root } = stated
  const records = decodeBatchData(data)
  if (records.length !== count) {
    throw new RelayError(
      'data-mismatch',
      `The batch states ${count} inferences, and its data holds ${records.length}.`,
    )
  }
  const { root: actual } = buildBatch(logId, first, records, 'inline')
  if (actual !== root) {
    throw new RelayError('data-mismatch', `The batch states the root ${root}, its data ${actual}.`)
  }
}
