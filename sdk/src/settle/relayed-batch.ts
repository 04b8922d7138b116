import { numberToHex } from 'viem'
import { simulateContract } from 'viem/actions'
import type { ReadClient } from '../actions/contract.ts'
import { getSettlement } from '../actions/getSettlement.ts'
import { SettlementMismatchError } from '../errors/relay.ts'
import { bytesToHex } from '../formats/bytes.ts'
import { inferenceLogSettlingBySigAbi } from '../generated/settling.ts'
import { formatSettlementRequest, type RelayedBatch } from '../relay/settlement-request.ts'
import { findSettlingEvent, type SettlingEvent } from './settling-event.ts'
import type { SignedBatch } from './submit.ts'

/** Whether the chain holds the batch, as it was signed. @throws SettlementMismatchError if in another form. */
export async function isSettled(
  client: ReadClient,
  { place, batch }: SignedBatch,
): Promise<boolean> {
  const { logId, root } = batch
  const { inferenceLog } = place
  const found = await getSettlement(client, { logId, root, inferenceLog })
  if (!found) return false
  for (const member of ['first', 'count', 'mode'] as const) {
    if (found[member] === batch[member]) continue
    throw new SettlementMismatchError(member, String(batch[member]), String(found[member]))
  }
  return true
}

/** The settlement's event. Undefined also where the endpoint can't find it, which changes nothing about the settlement. */
export function eventOf(
  client: ReadClient,
  { place, batch }: SignedBatch,
  fromBlock: bigint,
  transactionHash: `0x${string}` | undefined,
): Promise<SettlingEvent | undefined> {
  const { inferenceLog } = place
  const { logId, root } = batch
  return findSettlingEvent(client, {
    inferenceLog,
    logId,
    root,
    transactionHash,
    fromBlock: numberToHex(fromBlock),
  }).catch(() => undefined)
}

/** Asks whether the chain would take the batch. @throws viem's error with the contract's reason if not. */
export async function simulate(client: ReadClient, signed: SignedBatch): Promise<void> {
  const { owner, sessionKey, instance, inferenceLog } = signed.place
  const { first, count, root, dataDigest, data } = signed.batch
  const inline = signed.batch.mode === 'inline'
  const start = [{ owner, sessionKey, instance }, first, count, root] as const
  const contract = { address: inferenceLog, abi: inferenceLogSettlingBySigAbi }
  await (inline
    ? simulateContract(client, {
        ...contract,
        functionName: 'settleInlineBySig',
        args: [...start, bytesToHex(data), signed.signature],
      })
    : simulateContract(client, {
        ...contract,
        functionName: 'settleExternalBySig',
        args: [...start, dataDigest, '0x', signed.signature],
      }))
}

/** What a relay is handed. */
export function bodyOf({ place, batch, signature, uri = '' }: SignedBatch): string {
  const { chainId, inferenceLog, owner, sessionKey, instance } = place
  const { first, count, root, mode, dataDigest, data } = batch
  const common = { log: { owner, sessionKey, instance }, first, count, root, signature }
  const relayed: RelayedBatch =
    mode === 'inline'
      ? { ...common, mode, data: bytesToHex(data) }
      : { ...common, mode, dataDigest, uri }
  return formatSettlementRequest({ chainId, inferenceLog, batches: [relayed] })
}
