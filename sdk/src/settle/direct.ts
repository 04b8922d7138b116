import { encodeFunctionData, type Hex, isAddressEqual, type LocalAccount, stringToHex } from 'viem'
import { estimateContractGas } from 'viem/actions'
import { explain } from '../actions/refusal.ts'
import { SettlementTimeoutError } from '../errors/recording.ts'
import { TransactionFailedError } from '../errors/settlement.ts'
import { bytesToHex } from '../formats/bytes.ts'
import { inferenceLogSettlingAbi } from '../generated/settling.ts'
import { within } from '../record/within.ts'
import type { SendingChain, SendingPolicy, TellTransaction } from '../transactions/chain.ts'
import type { Mined } from '../transactions/entry.ts'
import { createSender, type Sender } from '../transactions/sender.ts'
import { chainState, clientOf } from './chain-state.ts'
import { urlsOf } from './endpoints.ts'
import type { Finality } from './finality.ts'
import { maxTransactionGas } from './inline-limit.ts'
import type { SignedBatch, Submit } from './submit.ts'

export type DirectOptions = {
  /** JSON-RPC endpoint of the chain; of several, the next is asked where one fails. */
  rpcUrl: string | readonly string[]
  chainId: number
  /** The session key, which pays the gas itself. */
  account: LocalAccount
  /** How long a transaction may take to be mined before the call gives up waiting, in ms. It is looked after all the same. */
  timeoutMillis: number
  /** Ceiling of the fee, base fee and tip, in wei per gas. Default: 500 gwei. */
  maxFeePerGas?: bigint | undefined
  /** Ceiling of what one transaction may cost, in wei. Default: 10^18. */
  maxCost?: bigint | undefined
  /** How long a transaction may wait to be mined before its fee is raised, in ms. Default: 30,000. */
  stuckMillis?: number | undefined
  /** When a settlement counts as final. Default: `finalized`. */
  finality?: Finality | undefined
  /** Told of what becomes of transactions. Must not throw. Default: nothing. */
  onTransaction?: TellTransaction | undefined
}

const defaults = {
  maxFeePerGas: 500n * 10n ** 9n,
  maxCost: 10n ** 18n,
  maxPending: 64,
  stuckMillis: 30_000,
  pollMillis: 250,
} satisfies SendingPolicy

/** What is under way until a signal ends it. */
type Session = {
  client: SendingChain['client']
  sender: Sender
  underWay: Map<Hex, Promise<Mined | undefined>>
  ended: Promise<undefined>
}

/**
 * Settles by transactions of the session key itself, which has to hold some of the chain's coin. Nonces that other processes take
 * are asked for anew, and fees are raised until a transaction is mined.
 *
 * @throws InvalidConfigError
 */
export function direct(options: DirectOptions): Submit {
  const { chainId, account, timeoutMillis, onTransaction = () => {} } = options
  const urls = urlsOf(options.rpcUrl, 'rpcUrl')
  const { maxFeePerGas, maxCost, stuckMillis } = options
  const given = Object.entries({ maxFeePerGas, maxCost, stuckMillis })
  const policy: SendingPolicy = {
    ...defaults,
    ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
  }
  const { check, ...state } = chainState(urls, chainId, options.finality)
  const sessions = new WeakMap<AbortSignal, Session>()
  let endless: Session | undefined

  function open(signal: AbortSignal | undefined): Session {
    const client = clientOf(urls, chainId, signal, account)
    const sender = createSender({ client, account, chainId }, policy, onTransaction)
    const ended = new Promise<undefined>((end) => {
      const close = () => {
        sender.close()
        end(undefined)
      }
      signal?.addEventListener('abort', close, { once: true })
    })
    return { client, sender, underWay: new Map(), ended }
  }

  function sessionOf(signal: AbortSignal | undefined): Session {
    if (!signal) return (endless ??= open(undefined))
    const found = sessions.get(signal) ?? open(signal)
    sessions.set(signal, found)
    return found
  }

  /** Comes back once the transaction is mined, or never will be. */
  async function send(session: Session, signed: SignedBatch): Promise<Mined | undefined> {
    const { place, batch, signal } = signed
    const { inferenceLog, owner, sessionKey, instance } = place
    const { first, count, root } = batch
    const start = [{ owner, sessionKey, instance }, first, count, root] as const
    const call =
      batch.mode === 'inline'
        ? ({ functionName: 'settleInline', args: [...start, bytesToHex(batch.data)] } as const)
        : ({
            functionName: 'settleExternal',
            args: [...start, batch.dataDigest, stringToHex(signed.uri ?? '')],
          } as const)
    const abi = inferenceLogSettlingAbi
    // A refusal costs nothing, and can be explained.
    const estimated = await estimateContractGas(session.client, {
      ...{ address: inferenceLog, abi, account },
      ...(call as { functionName: 'settleInline'; args: never }),
    })
    const roomy = estimated + estimated / 10n
    const { mined } = await session.sender.send({
      to: inferenceLog,
      data: encodeFunctionData({ abi, ...call }),
      gas: roomy < maxTransactionGas ? roomy : maxTransactionGas,
      isNeeded: async () => !(await state.isSettled({ place, root, signal })),
      onEnd: () => {},
    })
    return mined
  }

  /** One transaction for a batch, however often it is handed over while that is under way. */
  function minedOf(signed: SignedBatch): Promise<Mined | undefined> {
    const { logId, root } = signed.batch
    const session = sessionOf(signed.signal)
    const key = `${logId}${root.slice(2)}` as Hex
    let mined = session.underWay.get(key)
    if (!mined) {
      mined = send(session, signed).finally(() => session.underWay.delete(key))
      session.underWay.set(key, mined)
      mined.catch(() => undefined)
    }
    return within(timeoutMillis, Promise.race([mined, session.ended]))
  }

  async function submit(signed: SignedBatch) {
    const { place, batch, signal } = signed
    const { inferenceLog } = place
    const { root } = batch
    try {
      await check(signal)
      // After a crash between sending and noting it, the batch may stand already.
      if (await state.isSettled({ place, root, signal })) return { transactionHash: undefined }
      const mined = await minedOf(signed)
      const { hash, receipt } = mined ?? {}
      // Another one, of a process that was killed, may have been faster: then this one did nothing, and leads nobody to the batch.
      const didSettle = receipt?.logs.some(({ address }) => isAddressEqual(address, inferenceLog))
      if (hash && receipt?.status === 'success' && didSettle) return { transactionHash: hash }
      if (await state.isSettled({ place, root, signal })) return { transactionHash: undefined }
      throw hash ? new TransactionFailedError(hash) : new SettlementTimeoutError(timeoutMillis)
    } catch (error) {
      throw explain(error, 'inferenceLog', inferenceLog)
    }
  }

  return Object.assign(submit, state)
}
