import type { RelayedBatch } from '@assay/sdk/relay'
import { inferenceLogAbi } from '@assay/sdk/abi'
import { type Hex, encodeFunctionData, size, stringToHex } from 'viem'

const modes = { inline: 0, external: 1 } as const

/** What stands in the transaction: the batch data, or its address. */
export function bytesOf(batch: RelayedBatch): Hex {
  return batch.mode === 'inline' ? batch.data : stringToHex(batch.uri)
}

/** The call for one batch. */
export function settleOneArguments(batch: RelayedBatch) {
  const { log, first, count, root, signature } = batch
  const start = [log, first, count, root] as const
  return batch.mode === 'inline'
    ? ({
        functionName: 'settleInlineBySig',
        args: [...start, batch.data, signature],
      } as const)
    : ({
        functionName: 'settleExternalBySig',
        args: [...start, batch.dataDigest, bytesOf(batch), signature],
      } as const)
}

/** The call for several batches. */
export function settleManyArguments(batches: readonly RelayedBatch[]) {
  const zero: Hex = `0x${'00'.repeat(32)}`
  const list = batches.map((batch) => ({
    log: batch.log,
    first: batch.first,
    count: batch.count,
    root: batch.root,
    mode: modes[batch.mode],
    dataDigest: batch.mode === 'inline' ? zero : batch.dataDigest,
    data: bytesOf(batch),
    signature: batch.signature,
  }))
  return { functionName: 'settleMany', args: [list] } as const
}

/** Bytes of the transaction for some batches: alone, one costs less by its own function. */
export function encodeSettle(batches: readonly RelayedBatch[]): Hex {
  const [only] = batches
  return batches.length === 1 && only
    ? encodeFunctionData({ abi: inferenceLogAbi, ...settleOneArguments(only) })
    : encodeFunctionData({ abi: inferenceLogAbi, ...settleManyArguments(batches) })
}

/**
 * Gas that a batch uses at most, its share of the transaction's bytes included, if a key signed it: from `pnpm bench:gas`, as the
 * SDK's own limit for inline batches. External: two new slots, an event, its address.
 */
export function gasBound(batch: RelayedBatch): bigint {
  const bytes = BigInt(size(bytesOf(batch)))
  return batch.mode === 'inline' ? 140_000n + 56n * bytes : 140_000n + 60n * bytes
}

/** What `settleMany` wants to be left before a batch: its allowance and an eighth more. */
export function gasToBeLeft(batch: RelayedBatch): bigint {
  const allowance = 500_000n + 48n * BigInt(size(bytesOf(batch)))
  return allowance + allowance / 8n
}
