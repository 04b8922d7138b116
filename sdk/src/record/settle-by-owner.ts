import type { Address, LocalAccount } from 'viem'
import { deploymentOf } from '../config/deployment.ts'
import { guarded } from '../config/guarded.ts'
import { recorderDefaults } from '../config/recorder-config.ts'
import { warn } from '../config/warn.ts'
import { DeploymentNotFoundError } from '../errors/chain.ts'
import { StolenLogError } from '../errors/settlement.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'
import type { Journal } from '../journal/journal.ts'
import { direct } from '../settle/direct.ts'
import type { SignedBatch, Submit } from '../settle/submit.ts'
import type { BatchStore } from '../stores/batch-store.ts'
import { settleAbandoned } from './abandoned-logs.ts'
import { within } from './within.ts'

export type SettleByOwnerOptions = {
  chainId: number
  /** JSON-RPC endpoint; of several, the next is asked where one fails. */
  rpcUrl: string | readonly string[]
  /** Default: the deployment on the chain. */
  inferenceLog?: Address | undefined
  /** Signs the batches in the key's place, and pays unless `submit` says otherwise. */
  owner: LocalAccount
  /** Address of the session key that is lost, or revoked. */
  sessionKey: Address
  /** Where the inferences are, such as `fileJournal()`. What a living process holds is left to it. */
  journal: Journal
  /** How batches come on chain, such as `relay(…)`. Default: by transactions of the owner. */
  submit?: Submit | undefined
  /** For the data of batches that were built as external ones. Default: none. */
  store?: BatchStore | undefined
  /** How long it may take, in ms. Default: 300,000. */
  timeoutMillis?: number | undefined
  /** Given each receipt. Default: nothing; `findReceipt` of `@assay/sdk/inspect` finds them. */
  onReceipt?: ((receipt: InferenceReceipt) => unknown) | undefined
  /** Told how many inferences are settled so far, after each batch. Default: nothing. */
  onSettled?: ((count: number) => void) | undefined
  /** Told of what is tried again. Default: a line on the console. */
  onError?: ((error: unknown) => void) | undefined
}

/** What fits into no transaction is settled in parts by itself. */
const maxBatch = 10_000

/**
 * Settles, by the owner, what a session key that is gone has left in journals: batches that it signed as they are, the rest signed by
 * the owner. Receipts say so, and verify.
 *
 * @returns How many inferences were settled.
 * @throws what stops one of the journals, after the others; DeploymentNotFoundError, SettlementTimeoutError
 */
export async function settleByOwner(options: SettleByOwnerOptions): Promise<number> {
  const { chainId, rpcUrl, owner, sessionKey, journal, store, timeoutMillis = 300_000 } = options
  const inferenceLog = options.inferenceLog ?? deploymentOf(chainId)?.inferenceLog
  if (!inferenceLog) throw new DeploymentNotFoundError('inferenceLog', chainId)
  const place = { chainId, inferenceLog, owner: owner.address, sessionKey }
  const given = options.submit ?? direct({ chainId, rpcUrl, account: owner, timeoutMillis })
  const state: Partial<Pick<Submit, keyof Submit>> = { ...given }
  // The key's own end concerns nobody any more.
  delete state.keyExpiresAt
  const submit: Submit = Object.assign((signed: SignedBatch) => given(signed), state)
  const onError = guarded(options.onError ?? warn)
  const onSettled = guarded(options.onSettled ?? (() => undefined))
  let count = 0
  const left = settleAbandoned(
    {
      ...{ place, journal, account: owner, submit, store, onReceipt: options.onReceipt },
      mode: 'inline',
      maxInlineFee: 0n,
      maxExportBatchSize: maxBatch,
      scheduledDelayMillis: recorderDefaults.scheduledDelayMillis,
      finalityPollMillis: recorderDefaults.finalityPollMillis,
      onBatchMode: () => undefined,
    },
    {
      onSettled: (settled) => onSettled((count += settled)),
      onFinalized: () => undefined,
      reissue: ({ instance, state }) => {
        const lost = Number(state.next - state.settled)
        const metaMessages = [
          `Instance: ${instance}`,
          `${lost} inferences had their place there; only the key could record them anew.`,
        ]
        return Promise.reject(new StolenLogError(instance, lost, { metaMessages }))
      },
      onError,
    },
  )
  try {
    await within(timeoutMillis, left.flush())
  } finally {
    left.stop()
  }
  return count
}
