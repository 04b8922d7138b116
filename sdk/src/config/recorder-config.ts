import { type Hex, isAddress, type LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { InvalidConfigError } from '../errors/config.ts'
import { defaultContentStore, defaultJournal } from '#journals'
import type { EvidenceKeeper } from '../evidence/evidence-source.ts'
import type { Journal, JournalPlace } from '../journal/journal.ts'
import type { KeepOptions, KeepRules } from '../record/content-keeper.ts'
import { isInferenceRequest, type RequestInfo } from '../record/should-record.ts'
import { unregistered } from '../formats/inference.ts'
import type { ModeChoice, SettlementMode } from '../settle/batch-mode.ts'
import { direct, type DirectOptions } from '../settle/direct.ts'
import { urlsOf } from '../settle/endpoints.ts'
import type { Finality } from '../settle/finality.ts'
import { lateRelay } from '../settle/late-relay.ts'
import type { RelayOptions } from '../settle/relay.ts'
import type { Submit } from '../settle/submit.ts'
import type { ContentStore } from '../store/content-store.ts'
import type { BatchStore } from '../stores/batch-store.ts'
import { deploymentOf } from './deployment.ts'
import { guarded } from './guarded.ts'
import { maxTimerMillis } from './timer-limit.ts'
import type { WaitUntil } from './wait-until.ts'
import { warn } from './warn.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'

/** Options of `createRecorder`. Each can be left out; what is asked of the environment is named. */
export type RecorderOptions = {
  /** Default: ASSAY_ENABLED, else true. `false` makes the recorder do nothing. */
  enabled?: boolean | undefined
  /** Default: ASSAY_CHAIN_ID. */
  chainId?: number | undefined
  /** JSON-RPC endpoint; of several, the next is asked where one fails. Default: ASSAY_RPC_URL, with commas between several. */
  rpcUrl?: string | readonly string[] | undefined
  /** Address of the InferenceLog. Default: ASSAY_INFERENCE_LOG, else the published deployment on the chain. */
  inferenceLog?: string | undefined
  /** Address in whose name is recorded. Default: ASSAY_OWNER. */
  owner?: string | undefined
  /** Private key of the session key, 32 bytes as hex. Default: ASSAY_SESSION_KEY. */
  sessionKey?: string | undefined
  /** Where inferences are kept until they are settled, and their openings after. Default: `fileJournal()`. */
  journal?: Journal | undefined
  /**
   * Relay that pays the gas; of several, the next is asked where one fails. Default: ASSAY_RELAY_URL, with commas between several, else
   * none: the session key pays.
   */
  relayUrl?: string | readonly string[] | undefined
  /** How batches come on chain. Default: by the relay, or by transactions of the session key. */
  submit?: Submit | undefined
  /**
   * When a settlement counts as final: `finalized`, or so many confirmations. Counts for nothing where `submit` is given, which has its
   * own. Default: `finalized`.
   */
  finality?: Finality | undefined
  /**
   * How batches are settled. `inline`: their data on chain, about 2,000 gas an inference; `external`: in `store`, with its digest on
   * chain, about 60,000 gas a batch. `auto` chooses for each: external what does not fit into a transaction or would cost more than
   * `maxInlineFee`. Default: `auto` if there is a `store`, else `inline`.
   */
  mode?: SettlementMode | undefined
  /** Where the data of external batches goes, such as `s3Store(…)` of `@assay/sdk/stores`. Default: none. */
  store?: BatchStore | undefined
  /** What a batch may cost inline, in wei, before `auto` settles it external. Default: 2 · 10^14 (0.0002 of the chain's coin). */
  maxInlineFee?: bigint | undefined
  /** Told of each batch how it will be settled, with the arithmetic. Default: nothing. */
  onBatchMode?: ((choice: ModeChoice) => void) | undefined
  /** The registered model of what is recorded, unless said otherwise with it. Default: ASSAY_MODEL_ID, else none. */
  modelId?: string | undefined
  /** The registered environment, likewise. Default: ASSAY_ENVIRONMENT_ID, else none. */
  environmentId?: string | undefined
  /** Whether to keep what goes in, in `contentStore`. Default: false. */
  recordInputs?: boolean | KeepOptions | undefined
  /** Whether to keep what comes out, likewise. Default: false. */
  recordOutputs?: boolean | KeepOptions | undefined
  /**
   * Whether to commit to the messages of each request one by one, so that one can be shown without the others. Default: false.
   */
  commitMessages?: boolean | undefined
  /** Where contents are kept. Default: `fileContentStore()`, in `content` beside the journals, 1 GiB at most. */
  contentStore?: ContentStore | undefined
  /**
   * Gets a provider's evidence of each exchange, beside the calls, and puts it into receipts, such as `providerEvidence(…)` of
   * `@assay/sdk/evidence`. Default: none.
   */
  evidence?: EvidenceKeeper | undefined
  /** Which requests stand for an inference. Default: `isInferenceRequest`. */
  shouldRecord?: ((request: RequestInfo) => boolean) | undefined
  /**
   * What `recorder.fetch` sends with. Default: `globalThis.fetch`, as it is when a call is made; where that is a recorder's, the one
   * before it.
   */
  fetch?: typeof fetch | undefined
  /** Inferences that may wait to be written to the journal; more are dropped, and told. Default: 10,000. */
  maxQueueSize?: number | undefined
  /**
   * Inferences a batch at most, up to 100,000. Default: 1,000, and 10,000 where batches may be external. Inline, no more than fit into
   * a transaction of 2^24 gas (EIP-7825).
   */
  maxExportBatchSize?: number | undefined
  /** How long an inference waits for others to share its batch, in ms. Default: 5,000. */
  scheduledDelayMillis?: number | undefined
  /** How often the chain is asked whether settled batches are final, or gone, in ms. Default: 15,000. */
  finalityPollMillis?: number | undefined
  /** How long a settlement may take, in ms; also how long `receiptOf` waits. Default: 60,000. */
  exportTimeoutMillis?: number | undefined
  /**
   * For serverless platforms that have one for all requests: called as each call begins. One that belongs to a request is handed to
   * `capture`, or found by `handler`. Default: nothing.
   */
  waitUntil?: WaitUntil | undefined
  /** Told of what fails while the application goes on. Default: a line on the console. */
  onError?: ((error: unknown) => void) | undefined
  /** Told of each inference that could not be recorded. Default: as `onError`. */
  onDrop?: ((error: unknown) => void) | undefined
  /** Given each receipt once its batch is settled, one after the other; a promise is waited for. Default: nothing. */
  onReceipt?: ((receipt: InferenceReceipt) => unknown) | undefined
}

/** Options with all defaults filled in. */
export type RecorderConfig = {
  place: JournalPlace
  account: LocalAccount
  journal: Journal
  submit: Submit
  mode: SettlementMode
  store: BatchStore | undefined
  maxInlineFee: bigint
  onBatchMode: (choice: ModeChoice) => void
  modelId: Hex
  environmentId: Hex
  commitMessages: boolean
  contents: { store: ContentStore; rules: KeepRules }
  evidence: EvidenceKeeper | undefined
  shouldRecord: (request: RequestInfo) => boolean
  fetch: typeof fetch | undefined
  maxQueueSize: number
  maxExportBatchSize: number
  scheduledDelayMillis: number
  finalityPollMillis: number
  exportTimeoutMillis: number
  waitUntil: WaitUntil | undefined
  onError: (error: unknown) => void
  onDrop: (error: unknown) => void
  onReceipt: ((receipt: InferenceReceipt) => unknown) | undefined
}

/** Defaults of `createRecorder` that are numbers, with their units. */
export const recorderDefaults = {
  /** Inferences. */
  maxQueueSize: 10_000,
  /** Inferences. */
  maxExportBatchSize: 1_000,
  scheduledDelayMillis: 5_000,
  finalityPollMillis: 15_000,
  exportTimeoutMillis: 60_000,
  /** Of `recordInputs` and `recordOutputs`, in bytes. */
  maxBytes: 2 ** 20,
} as const

/** Inferences. More would have to be held in memory at once. */
const maxBatch = 100_000
/** Inferences, where batches may be external. */
const externalBatchSize = 10_000
/** Wei. */
const defaultMaxInlineFee = 2n * 10n ** 14n

/**
 * Fills in the defaults.
 *
 * @returns Undefined if the recorder is switched off, or nothing says in whose name to record.
 * @throws InvalidConfigError that names the setting, if one is missing or malformed.
 */
export function resolveConfig(
  options: RecorderOptions,
  env: Record<string, string | undefined>,
): RecorderConfig | undefined {
  if (!isEnabled(options, env)) return undefined
  const owner = options.owner ?? env.ASSAY_OWNER
  const sessionKey = options.sessionKey ?? env.ASSAY_SESSION_KEY
  if (owner === undefined && sessionKey === undefined) return undefined

  const chainId = options.chainId ?? wholeNumber(env.ASSAY_CHAIN_ID, 'chainId (ASSAY_CHAIN_ID)')
  const inferenceLog =
    options.inferenceLog ?? env.ASSAY_INFERENCE_LOG ?? deploymentOf(chainId)?.inferenceLog
  const place = {
    chainId,
    inferenceLog: address(inferenceLog, 'inferenceLog (ASSAY_INFERENCE_LOG)'),
    owner: address(owner, 'owner (ASSAY_OWNER)'),
    sessionKey: account(sessionKey).address,
  }
  const exportTimeoutMillis = positive(options.exportTimeoutMillis, 'exportTimeoutMillis')
  const onError = guarded(options.onError ?? warn)
  const { evidence, onReceipt } = options
  const journal = options.journal ?? defaultJournal(onError)
  const mode = modeOf(options)
  return {
    place,
    account: account(sessionKey),
    journal,
    submit:
      options.submit ??
      submitOf(options, env, {
        chainId,
        account: account(sessionKey),
        timeoutMillis: exportTimeoutMillis,
        onError,
      }),
    mode,
    store: options.store,
    maxInlineFee: feeOf(options),
    onBatchMode: guarded(options.onBatchMode ?? (() => undefined)),
    modelId: word(
      options.modelId ?? env.ASSAY_MODEL_ID ?? unregistered,
      'modelId (ASSAY_MODEL_ID)',
    ),
    environmentId: word(
      options.environmentId ?? env.ASSAY_ENVIRONMENT_ID ?? unregistered,
      'environmentId (ASSAY_ENVIRONMENT_ID)',
    ),
    commitMessages: options.commitMessages ?? false,
    contents: {
      store: options.contentStore ?? defaultContentStore(journal.directory),
      rules: {
        request: keepRule(options.recordInputs, 'recordInputs'),
        response: keepRule(options.recordOutputs, 'recordOutputs'),
      },
    },
    evidence,
    shouldRecord: options.shouldRecord ?? isInferenceRequest,
    fetch: options.fetch,
    maxQueueSize: positive(options.maxQueueSize, 'maxQueueSize'),
    maxExportBatchSize: Math.min(
      maxBatch,
      options.maxExportBatchSize === undefined && mode !== 'inline'
        ? externalBatchSize
        : positive(options.maxExportBatchSize, 'maxExportBatchSize'),
    ),
    scheduledDelayMillis: positive(options.scheduledDelayMillis, 'scheduledDelayMillis'),
    finalityPollMillis: positive(options.finalityPollMillis, 'finalityPollMillis'),
    exportTimeoutMillis,
    waitUntil: options.waitUntil && guarded(options.waitUntil),
    onError,
    onDrop: options.onDrop ? guarded(options.onDrop) : onError,
    onReceipt:
      onReceipt && (evidence ? async (it) => onReceipt(await evidence.attach(it)) : onReceipt),
  }
}

/**
 * Whether the recorder is not switched off.
 *
 * @throws InvalidConfigError if the variable is neither `true` nor `false`: who means to switch it off must not be recorded.
 */
export function isEnabled(
  { enabled }: RecorderOptions,
  { ASSAY_ENABLED: variable = 'true' }: Record<string, string | undefined>,
): boolean {
  if (enabled !== undefined) return enabled
  if (!/^(?:true|false)$/i.test(variable)) {
    throw new InvalidConfigError('enabled (ASSAY_ENABLED)', 'must be true or false')
  }
  return variable.toLowerCase() === 'true'
}

/** A word of 32 bytes as lower-case hex. @throws InvalidConfigError */
export function word(value: string, setting: string): Hex {
  if (!/^0x[0-9a-fA-F]{64}$/.test(value)) {
    throw new InvalidConfigError(setting, 'must be 0x and 64 hex digits')
  }
  return value.toLowerCase() as Hex
}

/** How batches come on chain, unless the application says. @throws InvalidConfigError */
function submitOf(
  options: RecorderOptions,
  env: Record<string, string | undefined>,
  common: Pick<DirectOptions, 'chainId' | 'account' | 'timeoutMillis'> &
    Pick<RelayOptions, 'onError'>,
): Submit {
  const rpcUrl = urlsOf(options.rpcUrl ?? env.ASSAY_RPC_URL, 'rpcUrl (ASSAY_RPC_URL)')
  const { finality } = options
  const relayUrl = options.relayUrl ?? env.ASSAY_RELAY_URL
  if (relayUrl === undefined) return direct({ ...common, rpcUrl, finality })
  return lateRelay(urlsOf(relayUrl, 'relayUrl (ASSAY_RELAY_URL)'), { ...common, rpcUrl, finality })
}

function feeOf({ maxInlineFee = defaultMaxInlineFee }: RecorderOptions): bigint {
  if (typeof maxInlineFee === 'bigint' && maxInlineFee >= 0n) return maxInlineFee
  throw new InvalidConfigError('maxInlineFee', 'must be a bigint of wei, from 0n')
}

function keepRule(option: boolean | KeepOptions | undefined, setting: string) {
  if (option === undefined || option === false) return undefined
  const { maxBytes, mask } = option === true ? {} : option
  return { maxBytes: positive(maxBytes, 'maxBytes', `${setting}.maxBytes`), mask }
}

function address(value: string | undefined, setting: string) {
  if (value === undefined) throw new InvalidConfigError(setting, 'is missing')
  if (!isAddress(value)) throw new InvalidConfigError(setting, `is no address: ${value}`)
  return value
}

function account(key: string | undefined): LocalAccount {
  const setting = 'sessionKey (ASSAY_SESSION_KEY)'
  if (key === undefined) throw new InvalidConfigError(setting, 'is missing')
  // Its value is never shown: it is a secret even when it is malformed.
  if (!/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new InvalidConfigError(setting, 'must be a private key: 0x and 64 hex digits')
  }
  try {
    return privateKeyToAccount(key as Hex)
  } catch {
    throw new InvalidConfigError(setting, 'is no private key of secp256k1')
  }
}

function modeOf({ mode, store }: RecorderOptions): SettlementMode {
  const chosen: string = mode ?? (store ? 'auto' : 'inline')
  if (chosen !== 'inline' && chosen !== 'external' && chosen !== 'auto') {
    throw new InvalidConfigError('mode', 'must be inline, external or auto')
  }
  if (chosen === 'external' && !store) {
    throw new InvalidConfigError('mode', 'is external, and there is no `store` for the data')
  }
  return chosen
}

function wholeNumber(value: string | undefined, setting: string): number {
  if (value === undefined) throw new InvalidConfigError(setting, 'is missing')
  if (!/^[1-9][0-9]{0,14}$/.test(value))
    throw new InvalidConfigError(setting, 'must be a whole number')
  return Number(value)
}

function positive(
  value: number | undefined,
  option: keyof typeof recorderDefaults,
  setting: string = option,
): number {
  if (value === undefined) return recorderDefaults[option]
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidConfigError(setting, 'must be a whole number from 1')
  }
  if (option.endsWith('Millis') && value > maxTimerMillis) {
    throw new InvalidConfigError(setting, `must be ${maxTimerMillis} at most`)
  }
  return value
}
