import { type Hex, keccak256 } from 'viem'
import { getTransactionCount, sendRawTransaction } from 'viem/actions'
import type { SendingChain, SendingPolicy, TellTransaction } from './chain.ts'
import { TransactionNotSentError } from '../errors/transaction.ts'
import type { Call, Entry, Mined, Sent } from './entry.ts'
import { ceilingFee, type Fees, quoteFees, raised } from './fees.ts'
import { sendFailureOf } from './send-failure.ts'
import { createWatch } from './watch.ts'

/** Sends calls as transactions of one account, one nonce after the other, and stays with each until it is mined. */
export type Sender = {
  /**
   * Comes back once a node has the transaction, or may have it.
   *
   * @throws TransactionNotSentError `fee-above-ceiling`, `busy`, `short-of-funds`, `chain-unreachable`; then nothing was sent.
   */
  send(call: Call): Promise<Sent>
  /** Transactions under way. */
  pending(): number
  /** The hash by which a transaction was replaced that was sent first by another one; while it is under way. */
  replacementOf(hash: Hex): Hex | undefined
  /** Lets go of what is under way: nodes have it. */
  close(): void
}

const maxAttempts = 10

export function createSender(
  chain: SendingChain,
  policy: SendingPolicy,
  tell: TellTransaction,
): Sender {
  const { client, account, chainId } = chain
  /** In the order of their nonces. */
  const entries: Entry[] = []
  let queue: Promise<unknown> = Promise.resolve()

  /** One after the other: two that ask for a nonce at once would get the same. */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = queue.then(task)
    queue = result.catch(() => undefined)
    return result
  }

  const sign = (nonce: number, to: Hex, data: Hex, gas: bigint, fees: Fees) =>
    account.signTransaction({ type: 'eip1559', chainId, nonce, to, data, gas, value: 0n, ...fees })

  /** Others may use the account too: what the node knows of counts, and what it may not know of yet. */
  async function nextNonce(): Promise<number> {
    const known = await getTransactionCount(client, {
      address: account.address,
      blockTag: 'pending',
    })
    return Math.max(known, (entries.at(-1)?.nonce ?? -1) + 1)
  }

  async function sendInTurn(
    call: Call,
    resolve: (mined: Mined | undefined) => void,
  ): Promise<Entry> {
    if (entries.length >= policy.maxPending) {
      throw new TransactionNotSentError('busy', `${entries.length} transactions are under way.`, {
        retryAfter: 10,
      })
    }
    let fees = await quoteFees(chain, call.gas, policy)
    let underpricedAt: number | undefined
    for (let attempt = 1; ; attempt++) {
      const nonce = await nextNonce()
      const raw = await sign(nonce, call.to, call.data, call.gas, fees)
      const now = performance.now()
      const entry: Entry = {
        ...{ nonce, call, gas: call.gas, fees, raw, hashes: [keccak256(raw)] },
        ...{ since: now, broadcastAt: now, missing: 0, atCeiling: false, resolve },
      }
      try {
        await sendRawTransaction(client, { serializedTransaction: raw })
      } catch (error) {
        const failure = sendFailureOf(error)
        if (failure === 'funds') {
          throw new TransactionNotSentError(
            'short-of-funds',
            `${account.address} cannot pay for it.`,
            { cause: error },
          )
        }
        // The place of another one, which some nodes count only a moment later, is left to that one.
        if (failure === 'underpriced' && underpricedAt === nonce) fees = raised(fees)
        if (failure === 'underpriced') underpricedAt = nonce
        const tooDear = fees.maxFeePerGas > ceilingFee(call.gas, policy)
        const again = failure !== 'known' && failure !== 'other'
        if (again && (attempt === maxAttempts || tooDear)) {
          throw new TransactionNotSentError('busy', 'Another transaction stands in the way.', {
            cause: error,
            retryAfter: 10,
          })
        }
        if (again) {
          // Several that share the account fall out of step.
          await new Promise((later) => setTimeout(later, Math.random() * 100 * attempt))
          continue
        }
        // Known: it has it. Other: a node may have it and have failed to say so; it is sent again until the chain decides.
        if (failure === 'other') tell({ type: 'failed', what: 'send', detail: firstLine(error) })
      }
      entries.push(entry)
      watch.wake()
      const { maxFeePerGas } = fees
      const [hash] = entry.hashes as [Hex]
      const gas = String(call.gas)
      tell({ type: 'sent', hash, nonce, maxFeePerGas: String(maxFeePerGas), gas })
      return entry
    }
  }

  function resend(entry: Entry): void {
    const { call } = entry
    if (!call) return entry.resolve(undefined)
    void (async () => {
      if (!(await call.isNeeded())) return entry.resolve(undefined)
      await inTurn(() => sendInTurn(call, entry.resolve))
    })().catch((error: unknown) => {
      tell({ type: 'failed', what: 'resend', detail: firstLine(error) })
      entry.resolve(undefined)
    })
  }

  const watch = createWatch({ chain, policy, entries, sign, inTurn, resend, tell })

  return {
    async send(call) {
      let resolve: (mined: Mined | undefined) => void = () => {}
      const mined = new Promise<Mined | undefined>((done) => (resolve = done)).then((result) => {
        call.onEnd(result)
        return result
      })
      const entry = await inTurn(() => sendInTurn(call, resolve))
      return { hash: entry.hashes.at(-1) as Hex, mined }
    },
    pending: () => entries.length,
    replacementOf(hash) {
      const entry = entries.find((it) => it.hashes.includes(hash))
      return entry?.hashes[0] === hash ? undefined : entry?.hashes[0]
    },
    close: () => watch.stop(),
  }
}

function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '').slice(0, 300) : String(error)
}
