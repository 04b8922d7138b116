import {
  defaultPolicy,
  type InferenceReceipt,
  verifyReceipt,
  type VerificationPolicy,
} from '@assay/sdk'
import { createRandom } from '../../../contracts/support/random.ts'
import { type LocalChain, startChain } from '../../../indexer/support/chain.ts'
import { record, type Recording } from '../chain/recording.ts'
import { type History, makeHistory } from './history.ts'
import { digestOf } from './keys.ts'
import { auditor } from './registries.ts'
import type { SettledBatch } from './stage.ts'
import type { HonestReceipt, World } from './world.ts'

/** 2030-01-01: all times follow from it, so that the same receipts come out each time. */
const start = Date.UTC(2030, 0, 1)
/** Two chains on which the same accounts have the same contracts at the same addresses. */
const chainIds = [31337, 84532]

/** A world, and the chains that it was made on. */
export type LiveWorld = {
  world: World
  rpcUrls: Record<string, string>
  stop(): Promise<void>
}

/** Makes a world on real local chains. */
export async function makeWorld(): Promise<LiveWorld> {
  const chains: { chain: LocalChain; history: History; recording: Recording }[] = []
  for (const chainId of chainIds) {
    const chain = await startChain({ chainId, initialDate: new Date(start) })
    chains.push({
      chain,
      history: await makeHistory(chain, start),
      recording: record(chain.rpcUrl, chainId),
    })
  }
  const policies = policiesFor(
    Object.fromEntries(chains.map(({ chain }) => [chain.chainId, chain.addresses])),
  )
  const honest: HonestReceipt[] = []
  for (const { history, recording } of chains) {
    for (const batch of history.batches)
      honest.push(...(await honestOf(batch, recording, policies)))
  }
  const tapes = await Promise.all(
    chains.map(
      async ({ chain: { chainId }, recording }) =>
        [chainId, await recording.tape(createRandom(chainId))] as const,
    ),
  )
  const batches = chains.flatMap(({ history }) => history.batches)
  return {
    world: {
      honest,
      policies,
      tapes: Object.fromEntries(tapes),
      settled: batches.filter((it) => it.transactionHash).map(statementOf),
      signed: batches.map(({ digest }) => digest),
      yesMen: yesMenOf(chains.map(({ history }) => history)),
      attackers: [digestOf('key mallory'), digestOf('key nobody')],
    },
    rpcUrls: Object.fromEntries(chains.map(({ chain }) => [chain.chainId, chain.rpcUrl])),
    async stop() {
      for (const { chain } of chains) await chain.stop()
    },
  }
}

const yesMenOf = (histories: readonly History[]) =>
  histories.map(({ yesMan }) => yesMan.toLowerCase())

const statementOf = ({ batch: { logId, root, first, count, mode } }: SettledBatch) =>
  `${logId} ${root} ${first} ${count} ${mode}`

function policiesFor(chains: VerificationPolicy['chains']): VerificationPolicy[] {
  const strict: VerificationPolicy = {
    ...defaultPolicy,
    chains,
    require: [...defaultPolicy.require, 'log', 'model', 'environment', 'output'],
    auditors: [
      {
        account: auditor.address,
        subjects: ['model', 'environment', 'inference'],
        tags: ['weights', 'attested', 'measurement-to-model'],
        minScore: 50,
      },
    ],
    environments: { kinds: ['nitro'], measurements: [digestOf('measurement')] },
  }
  return [{ ...defaultPolicy, chains }, strict]
}

async function honestOf(
  { receipts, texts, transactionHash, uri }: SettledBatch,
  { client }: Recording,
  policies: readonly VerificationPolicy[],
): Promise<HonestReceipt[]> {
  const hints = {
    ...(transactionHash ? { transactionHash } : {}),
    ...(transactionHash && uri !== undefined ? { uri } : {}),
  }
  const all: HonestReceipt[] = []
  for (const [i, plain] of receipts.entries()) {
    const receipt: InferenceReceipt = { ...plain, hints }
    const status = []
    for (const policy of policies) {
      const report = await verifyReceipt(receipt, { policy, client })
      status.push(report.status)
    }
    all.push({ receipt, texts: texts[i] ?? [], status, hints })
  }
  return all
}
