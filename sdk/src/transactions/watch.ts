import { type Hex, keccak256, TransactionReceiptNotFoundError } from 'viem'
import { getTransactionCount, getTransactionReceipt, sendRawTransaction } from 'viem/actions'
import type { SendingChain, SendingPolicy, TellTransaction } from './chain.ts'
import { costOf, type Entry, type Mined } from './entry.ts'
import { ceilingFee, type Fees, highest, quoteFees, raised } from './fees.ts'
import { sendFailureOf } from './send-failure.ts'

export type WatchOptions = {
  chain: SendingChain
  policy: SendingPolicy
  /** In the order of their nonces; those that are through with are taken out. */
  entries: Entry[]
  sign: (nonce: number, to: Hex, data: Hex, gas: bigint, fees: Fees) => Promise<Hex>
  /** Runs a task while nothing else is sent. */
  inTurn: <T>(task: () => Promise<T>) => Promise<T>
  /** Called with what another transaction of the account took the nonce of. */
  resend: (entry: Entry) => void
  tell: TellTransaction
}

/** Several ticks without a receipt: endpoints behind one address may be some blocks apart. */
const maxMissing = 5
/** Gas of a transfer that does nothing. */
const idleGas = 21_000n

/** Looks after transactions under way: sees that they are mined, sends them again, raises their fees. */
export function createWatch(options: WatchOptions) {
  const { chain, policy, entries, sign, inTurn, resend, tell } = options
  const { client, account } = chain
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false

  async function receiptOf({ hashes }: Entry): Promise<Mined | undefined> {
    for (const hash of hashes) {
      try {
        const receipt = await getTransactionReceipt(client, { hash })
        return { hash, receipt, cost: costOf(receipt) }
      } catch (error) {
        if (!(error instanceof TransactionReceiptNotFoundError)) throw error
      }
    }
    return undefined
  }

  /** Whether the chain is through with the first one. */
  async function finishFirst(entry: Entry): Promise<boolean> {
    const mined = await receiptOf(entry)
    if (!mined && ++entry.missing < maxMissing) return false
    entries.shift()
    const next = entries[0]
    if (next) next.since = performance.now()
    if (!mined) {
      tell({ type: 'displaced', nonce: entry.nonce })
      resend(entry)
      return true
    }
    const { hash, cost, receipt } = mined
    const success = receipt.status === 'success'
    tell({ type: 'mined', hash, nonce: entry.nonce, cost: String(cost), success })
    entry.resolve(mined)
    return true
  }

  /** Sends the first one again, for more if it has waited for long. */
  async function push(entry: Entry): Promise<void> {
    const now = performance.now()
    if (now - entry.since >= policy.stuckMillis) await raise(entry)
    else if (now - entry.broadcastAt >= policy.stuckMillis / 4) await broadcast(entry)
  }

  async function broadcast(entry: Entry): Promise<boolean> {
    entry.broadcastAt = performance.now()
    try {
      await sendRawTransaction(client, { serializedTransaction: entry.raw })
      return true
    } catch (error) {
      return sendFailureOf(error) === 'known'
    }
  }

  async function raise(entry: Entry): Promise<void> {
    const { nonce, gas, call } = entry
    const least = raised(entry.fees)
    const limit = ceilingFee(gas, policy)
    entry.since = performance.now()
    if (least.maxFeePerGas > limit) {
      if (!entry.atCeiling) {
        tell({ type: 'at-ceiling', nonce, maxFeePerGas: String(entry.fees.maxFeePerGas) })
      }
      entry.atCeiling = true
      await broadcast(entry)
      return
    }
    // A fee above the ceiling today is no reason to offer no more than before.
    const today = await quoteFees(chain, gas, policy).catch(() => least)
    const fees = highest(least, today)
    const to = call?.to ?? account.address
    const raw = await sign(nonce, to, call?.data ?? '0x', gas, fees)
    Object.assign(entry, { fees, raw })
    if (await broadcast(entry)) {
      const hash = keccak256(raw)
      entry.hashes.unshift(hash)
      tell({ type: 'replaced', hash, nonce, maxFeePerGas: String(fees.maxFeePerGas) })
    }
  }

  /** Uses up a nonce that another process, or this one before it was started again, left in the way. */
  async function unblock(nonce: number): Promise<void> {
    const fees = await quoteFees(chain, idleGas, policy)
    const raw = await sign(nonce, account.address, '0x', idleGas, fees)
    const now = performance.now()
    entries.unshift({
      ...{ nonce, call: undefined, gas: idleGas, fees, raw, hashes: [keccak256(raw)] },
      // Where the one in the way offered more, this one's fee is raised at the next look.
      ...{ since: now - policy.stuckMillis * 0.9, broadcastAt: now, missing: 0, atCeiling: false },
      resolve: () => {},
    })
    await broadcast(entries[0] as Entry)
  }

  async function look(): Promise<void> {
    for (;;) {
      const [first] = entries
      if (!first) return
      const mined = await getTransactionCount(client, {
        address: account.address,
        blockTag: 'latest',
      })
      if (first.nonce < mined) {
        if (!(await finishFirst(first))) return
      } else if (first.nonce === mined) {
        await push(first)
        return
      } else {
        const waited = performance.now() - first.since
        if (waited >= 2 * policy.stuckMillis) await unblock(mined)
        return
      }
    }
  }

  function tick(): void {
    timer = undefined
    inTurn(look)
      .catch((error: unknown) => {
        const detail = error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''
        tell({ type: 'failed', what: 'watch', detail })
      })
      .finally(wake)
  }

  function wake(): void {
    if (stopped || timer || entries.length === 0) return
    timer = setTimeout(tick, policy.pollMillis)
    // Who waits for a transaction keeps the process alive; that one is under way does not.
    ;(timer as { unref?: () => void }).unref?.()
  }

  return {
    wake,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
