import { deploymentOf } from '@assay/sdk'
import { createSender, type Sent, viemChain } from '@assay/sdk/transactions'
import type { Hono } from 'hono'
import { createClient, type Hex, type LocalAccount, type Transport } from 'viem'
import { getChainId } from 'viem/actions'
import { createApp } from './app.ts'
import type { Contracts, RelayChain, RelayEvent } from './chain.ts'
import { RelayError, RelaySettingsError } from './errors.ts'
import { createGate } from './gate.ts'
import { type RelayPolicyOptions, resolvePolicy } from './policy.ts'
import { createRate } from './rate.ts'
import { createSettleBatches } from './settlements/settle-batches.ts'
import { createTransactions } from './settlements/transactions.ts'
import { createSendSignedCall } from './signed-calls/send-signed-call.ts'
import { createChainScan } from './spending/chain-scan.ts'
import { createSpending } from './spending/spending.ts'
import { within } from './within.ts'

export type RelayOptions = {
  /** How the chain is reached; several endpoints by viem's `fallback([http(a), http(b)])`. */
  transport: Transport
  chainId: number
  /** Pays. Better an account of its own: who else sends by it slows it down. */
  account: LocalAccount
  /** Default: the deployment on the chain. */
  contracts?: Contracts | undefined
  policy: RelayPolicyOptions
  /** Told of what happens, for a log. Must not throw. Default: nothing. */
  onEvent?: ((event: RelayEvent) => void) | undefined
}

/** A relay: pays for what others have signed. */
export type Relay = {
  /** The Hono application, to be mounted or extended. */
  app: Hono
  /** Answers a request. */
  fetch: (request: Request) => Promise<Response>
  /** Resolves once the endpoint serves the right chain and the last day's spending is added up. Asked again by each request until then. */
  ready: () => Promise<void>
  /** Lets go of what is under way: nodes have it. To be called once no request is in hand. */
  close: () => void
}

/** How old what was read of the account's spending may be, in ms. */
const maxScanAge = 60_000
/** How long a request waits for the first reading, in ms. */
const startPatience = 2_000

/**
 * Makes a relay. It keeps nothing that can be lost: what is under way is in the nodes' hands, who spent what is on chain, and
 * whoever handed something in does so again until the chain has it.
 *
 * @throws RelaySettingsError
 * @example
 * const relay = createRelay({ transport: http(url), chainId, account, policy: { accounts: [owner] } })
 * export default { fetch: relay.fetch }
 */
export function createRelay(options: RelayOptions): Relay {
  const { transport, chainId, account, onEvent: tell = () => {} } = options
  const policy = resolvePolicy(options.policy)
  const contracts = options.contracts ?? deploymentOf(chainId)
  if (!contracts) {
    throw new RelaySettingsError('contracts', `are missing: no deployment on chain ${chainId}`)
  }
  const { inferenceLog, modelRegistry, environmentRegistry, verdictRegistry } = contracts
  const chain: RelayChain = {
    client: createClient({ account, chain: viemChain(chainId), transport, cacheTime: 0 }),
    account,
    chainId,
    contracts: { inferenceLog, modelRegistry, environmentRegistry, verdictRegistry },
  }
  const gate = createGate(chain, policy, tell)
  const spending = createSpending(policy.budgetPerAccount)
  const scan = createChainScan(chain, spending)
  const sender = createSender(chain, policy, tell)
  const parts = { sender, spending, rate: createRate(policy.ratePerAccount) }
  const batches = createSettleBatches(chain, policy, createTransactions(chain, policy, parts))
  const send = createSendSignedCall(chain, policy, parts)
  let scannedAt = -Infinity
  let chainChecked = false

  async function refresh(): Promise<void> {
    if (!chainChecked) {
      const served = await getChainId(chain.client)
      if (served !== chainId) {
        throw new RelayError('wrong-chain', `The endpoint serves chain ${served}, not ${chainId}.`)
      }
      chainChecked = true
    }
    await scan.refresh()
    scannedAt = performance.now()
  }

  /** Nothing is paid before it is known what was spent. */
  async function beReady(): Promise<void> {
    if (performance.now() - scannedAt <= maxScanAge) return
    const reading = refresh().then(() => true)
    // Later readings only find what other processes spent by the same account; none waits for them.
    if (scan.isComplete()) {
      scannedAt = performance.now()
      reading.catch(() => undefined)
      return
    }
    const done = await within(startPatience, reading).catch((cause: unknown) => {
      if (cause instanceof RelayError) throw cause
      throw new RelayError('chain-unreachable', 'The chain did not answer.', {
        cause,
        retryAfter: 5,
      })
    })
    reading.catch(() => undefined)
    if (!done) {
      throw new RelayError('starting', 'The spending of the last day is being added up.', {
        retryAfter: 5,
      })
    }
  }

  const app = createApp({
    chain,
    policy,
    gate,
    sender,
    beReady,
    settlements: { chain, gate, batches },
    signedCalls: { chain, gate, send, inFlight: new Map<Hex, Promise<Sent>>() },
  })
  return {
    app,
    fetch: async (request) => app.fetch(request),
    ready: refresh,
    close: () => sender.close(),
  }
}
