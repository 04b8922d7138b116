import { type Abi, type Address, type Hex, parseEventLogs, zeroAddress } from 'viem'
import { emptySessionKey, type Environment, type SessionKey, type State } from './contract-state.ts'
import type { SimulatedChain } from './simulated-chain.ts'

/** Every event has some of these; a name means the same in all. */
type Args = {
  owner: Address
  sessionKey: Address
  logId: Hex
  root: Hex
  first: bigint
  count: number
  signedByKey: boolean
  expiresAt: number
  since: number
  modelId: Hex
  publisher: Address
  manifestDigest: Hex
  signingRoot: Hex
  name: string
  version: string
  environmentId: Hex
  reporter: Address
  verdictId: Hex
  author: Address
} & Environment

/** Brings a state up to date by the events of some blocks: nothing else of the chain is read but the blocks' times. */
export async function applyEvents(
  { client, contracts }: SimulatedChain,
  state: State,
  fromBlock: bigint,
  toBlock: bigint,
): Promise<void> {
  const all = Object.values(contracts)
  const logs = await client.getLogs({ address: all.map((it) => it.address), fromBlock, toBlock })
  // By name: two contracts declare none alike, and each has its own topic.
  const abi: Abi = all.flatMap((it) => it.abi.filter(({ type }) => type === 'event'))
  const events = parseEventLogs({ abi, logs })
  if (events.length !== logs.length) throw new TypeError('An event that no interface declares.')
  const times = new Map<bigint, number>()
  for (const { blockNumber } of events) {
    if (times.has(blockNumber)) continue
    times.set(blockNumber, Number((await client.getBlock({ blockNumber })).timestamp))
  }
  for (const { eventName, args, blockNumber } of events) {
    apply(state, eventName, args as unknown as Args, times.get(blockNumber)!)
  }
}

function apply(state: State, eventName: string, it: Args, time: number): void {
  const changeKey = (change: (key: SessionKey) => Partial<SessionKey>) => {
    const id = `${it.owner}/${it.sessionKey}`
    const key = state.sessionKeys.get(id) ?? emptySessionKey()
    state.sessionKeys.set(id, { ...key, ...change(key) })
  }
  const changeEnvironment = (change: Partial<Environment>) => {
    const environment = state.environments.get(it.environmentId)!
    state.environments.set(it.environmentId, { ...environment, ...change })
  }
  const settle = (mode: number) => {
    const { first, count, signedByKey } = it
    const settledAt = BigInt(time)
    state.settlements.set(`${it.logId}/${it.root}`, { first, count, settledAt, mode, signedByKey })
    state.heads.set(it.logId, first + BigInt(count))
  }
  const rules: Record<string, () => void> = {
    SessionKeyAuthorized: () =>
      changeKey((key) => ({
        authorizedAt: key.authorizedAt || time,
        expiresAt: it.expiresAt,
      })),
    SessionKeyRevoked: () => changeKey(() => ({ revokedAt: time })),
    SessionKeyCompromised: () =>
      changeKey(() => ({ compromisedSince: it.since, compromiseReportedAt: time })),
    InferenceLogOpened: () => {},
    BatchSettledInline: () => settle(0),
    BatchSettledExternal: () => settle(1),
    BatchRejected: () => {},
    InferencesSkipped: () => state.heads.set(it.logId, it.first + BigInt(it.count)),
    ModelPublished: () => {
      const { modelId, publisher, manifestDigest, signingRoot, name, version } = it
      state.models.set(modelId, {
        ...{ publisher, publishedAt: time, retiredAt: 0, manifestDigest, signingRoot },
      })
      state.versions.set(JSON.stringify([publisher, name, version]), modelId)
      state.modelsOf.set(manifestDigest, [...(state.modelsOf.get(manifestDigest) ?? []), modelId])
    },
    ModelRetired: () =>
      state.models.set(it.modelId, { ...state.models.get(it.modelId)!, retiredAt: time }),
    EnvironmentRegistered: () => {
      const { registrant, validUntil, verifier, keyType, kind, measurement } = it
      state.environments.set(it.environmentId, {
        ...{ registrant, registeredAt: time, validUntil, verifier, revokedAt: 0, keyType },
        ...{ reporter: zeroAddress, compromisedSince: 0, compromiseReportedAt: 0 },
        ...{ kind, measurement, attestationDigest: it.attestationDigest, key: it.key },
      })
    },
    EnvironmentRevoked: () => changeEnvironment({ revokedAt: time }),
    EnvironmentCompromised: () =>
      changeEnvironment({
        ...{ reporter: it.reporter, compromisedSince: it.since, compromiseReportedAt: time },
      }),
    VerdictPosted: () => state.verdicts.set(`${it.verdictId}/${it.author}`, true),
    VerdictWithdrawn: () => state.verdicts.set(`${it.verdictId}/${it.author}`, false),
  }
  rules[eventName]!()
}
