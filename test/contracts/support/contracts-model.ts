import { buildBatch, decodeBatchData } from '@assay/sdk/formats'
import { type Address, type Hex, zeroAddress, zeroHash } from 'viem'
import { emptySessionKey, emptyState, type Environment, type Model } from './contract-state.ts'

/** The model refuses; the message is the name of the contracts' error. */
export class Refused extends Error {}
const refuse = (name: string): never => {
  throw new Refused(name)
}
const refuseIf = (condition: boolean, name: string) => condition && refuse(name)

/** A call by signature; `genuine` if it is the account's, over what was sent. */
export type Signed = { account: Address; nonce?: bigint; deadline: number; genuine: boolean }
export type ModelledBatch = {
  log: { owner: Address; sessionKey: Address; logId: Hex }
  first: bigint
  count: number
  root: Hex
  mode: 'inline' | 'external'
  /** Inline: batch data, and what is wrong with its form. */
  data: Hex
  malformed?: string
}
/** Who hands in a batch, or has signed it. */
export type Speaker = 'key' | 'owner' | 'stranger'
type Registration = Pick<
  Environment,
  'kind' | 'measurement' | 'keyType' | 'key' | 'attestationDigest' | 'validUntil' | 'verifier'
>
/** What is right of a registration: the key's form, its signature, and what its verifier answers. */
export type Checks = { wellFormed: boolean; possessed: boolean; verdict: 'yes' | 'no' | 'broken' }

/**
 * What the interfaces of the four contracts say, in plain maps. Each method gives the names of the events that follow, or
 * throws `Refused`. Where several refusals apply, the documentation does not say which comes; here it is the contracts' order.
 */
export class ContractsModel {
  /** Block time. */
  now = 0
  readonly state = emptyState()
  /** Next nonces, by contract and account. */
  readonly nonces = new Map<string, bigint>()

  bySignature(contract: string, signed: Signed, act: () => string[]): string[] {
    const { account, nonce, deadline, genuine } = signed
    const id = `${contract}/${account}`
    refuseIf(this.now > deadline, `${contract}_DeadlinePassed`)
    refuseIf(nonce !== undefined && nonce !== (this.nonces.get(id) ?? 0n), 'InvalidAccountNonce')
    refuseIf(!genuine, `${contract}_InvalidSignature`)
    const events = act()
    if (nonce !== undefined) this.nonces.set(id, nonce + 1n)
    return events
  }

  authorize(owner: Address, sessionKey: Address, expiresAt: number): string[] {
    const key = this.#sessionKey(owner, sessionKey)
    refuseIf(sessionKey === zeroAddress, 'InferenceLog_ZeroSessionKey')
    refuseIf(key.revokedAt > 0, 'InferenceLog_SessionKeyRevoked')
    refuseIf(expiresAt < this.now, 'InferenceLog_ExpiryInThePast')
    refuseIf(expiresAt < key.expiresAt, 'InferenceLog_AuthorizationNotExtended')
    if (expiresAt === key.expiresAt) return []
    const authorizedAt = key.authorizedAt || this.now
    this.state.sessionKeys.set(`${owner}/${sessionKey}`, { ...key, authorizedAt, expiresAt })
    return ['SessionKeyAuthorized']
  }

  revokeSessionKey(owner: Address, sessionKey: Address): string[] {
    const key = this.#sessionKey(owner, sessionKey)
    refuseIf(key.revokedAt > 0, 'InferenceLog_SessionKeyRevoked')
    this.state.sessionKeys.set(`${owner}/${sessionKey}`, { ...key, revokedAt: this.now })
    return ['SessionKeyRevoked']
  }

  reportKey(owner: Address, sessionKey: Address, since: number): string[] {
    const key = this.#sessionKey(owner, sessionKey)
    this.state.sessionKeys.set(`${owner}/${sessionKey}`, this.#reported('InferenceLog', key, since))
    return ['SessionKeyCompromised']
  }

  settle(batch: ModelledBatch, speaker: Speaker, unheard: string): string[] {
    const { log, first, count, root, mode } = batch
    const id = `${log.logId}/${root}`
    const standing = this.state.settlements.get(id)
    if (standing?.first === first && standing.count === count) return []
    refuseIf(standing !== undefined, 'InferenceLog_RootAlreadySettled')
    refuseIf(speaker === 'stranger', `InferenceLog_${unheard}`)
    if (speaker === 'key') {
      const key = this.#sessionKey(log.owner, log.sessionKey)
      refuseIf(key.revokedAt > 0, 'InferenceLog_SessionKeyRevoked')
      refuseIf(key.authorizedAt === 0, 'InferenceLog_SessionKeyNotAuthorized')
      refuseIf(this.now > key.expiresAt, 'InferenceLog_SessionKeyExpired')
    }
    const opened = this.#checkPlace(log.logId, first, count)
    if (mode === 'inline') {
      if (batch.malformed) refuse(batch.malformed)
      const records = decodeBatchData(batch.data)
      refuseIf(records.length !== count, 'InferenceLog_CountMismatch')
      const actual = buildBatch(log.logId, first, records, mode).root
      refuseIf(actual !== root, 'InferenceLog_RootMismatch')
    }
    this.state.heads.set(log.logId, first + BigInt(count))
    const settledAt = BigInt(this.now)
    this.state.settlements.set(id, {
      ...{ first, count, settledAt, mode: mode === 'inline' ? 0 : 1 },
      signedByKey: speaker === 'key',
    })
    return [...opened, mode === 'inline' ? 'BatchSettledInline' : 'BatchSettledExternal']
  }

  settleMany(
    batches: readonly (readonly [ModelledBatch, Speaker])[],
    tooLittleGas: boolean,
  ): string[] {
    refuseIf(tooLittleGas, 'InferenceLog_InsufficientGas')
    return batches.flatMap(([batch, speaker]) => {
      try {
        return this.settle(batch, speaker, 'InvalidSignature')
      } catch (error) {
        if (error instanceof Refused) return [`BatchRejected ${error.message}`]
        throw error
      }
    })
  }

  skip(by: Address, log: ModelledBatch['log'], first: bigint, count: number): string[] {
    refuseIf(by !== log.owner, 'InferenceLog_CallerNotAllowed')
    const opened = this.#checkPlace(log.logId, first, count)
    this.state.heads.set(log.logId, first + BigInt(count))
    return [...opened, 'InferencesSkipped']
  }

  publish(
    publisher: Address,
    modelId: Hex,
    model: { name: string; version: string; manifestDigest: Hex; signingRoot: Hex },
  ): string[] {
    const { name, version, manifestDigest, signingRoot } = model
    const id = JSON.stringify([publisher, name, version])
    refuseIf(name === '' || version === '', 'ModelRegistry_EmptyName')
    refuseIf(manifestDigest === zeroHash, 'ModelRegistry_ZeroManifestDigest')
    refuseIf(this.state.versions.has(id), 'ModelRegistry_VersionTaken')
    this.state.versions.set(id, modelId)
    const published: Model = {
      ...{ publisher, publishedAt: this.now, retiredAt: 0, manifestDigest, signingRoot },
    }
    this.state.models.set(modelId, published)
    const same = this.state.modelsOf.get(manifestDigest) ?? []
    this.state.modelsOf.set(manifestDigest, [...same, modelId])
    return ['ModelPublished']
  }

  retire(publisher: Address, modelId: Hex): string[] {
    const model = this.state.models.get(modelId)
    if (model?.publisher !== publisher) return refuse('ModelRegistry_NotPublisher')
    refuseIf(model.retiredAt > 0, 'ModelRegistry_AlreadyRetired')
    this.state.models.set(modelId, { ...model, retiredAt: this.now })
    return ['ModelRetired']
  }

  register(registrant: Address, id: Hex, kept: Registration, checks: Checks): string[] {
    const { wellFormed, possessed, verdict } = checks
    refuseIf(kept.kind === zeroHash, 'EnvironmentRegistry_EmptyKind')
    refuseIf(kept.validUntil < this.now, 'EnvironmentRegistry_ExpiryInThePast')
    refuseIf(this.state.environments.has(id), 'EnvironmentRegistry_AlreadyRegistered')
    refuseIf(!wellFormed, 'EnvironmentRegistry_InvalidKey')
    refuseIf(!possessed, 'EnvironmentRegistry_NoProofOfPossession')
    refuseIf(verdict === 'no', 'EnvironmentRegistry_NotVouchedFor')
    refuseIf(verdict === 'broken', 'no reason')
    this.state.environments.set(id, {
      ...{ ...kept, registrant, registeredAt: this.now, revokedAt: 0 },
      ...{ reporter: zeroAddress, compromisedSince: 0, compromiseReportedAt: 0 },
    })
    return ['EnvironmentRegistered']
  }

  revoke(registrant: Address, id: Hex): string[] {
    const environment = this.#environmentOf(registrant, id)
    refuseIf(environment.revokedAt > 0, 'EnvironmentRegistry_AlreadyRevoked')
    this.state.environments.set(id, { ...environment, revokedAt: this.now })
    return ['EnvironmentRevoked']
  }

  reportEnvironment(reporter: Address, id: Hex, since: number): string[] {
    refuseIf(since > this.now, 'EnvironmentRegistry_CompromiseInTheFuture')
    const environment = this.#environmentOf(reporter, id)
    const reported = this.#reported('EnvironmentRegistry', environment, since)
    this.state.environments.set(id, { ...reported, reporter })
    return ['EnvironmentCompromised']
  }

  validAt(id: Hex, time: number): boolean {
    const it = this.state.environments.get(id)
    if (!it) return false
    const end = it.revokedAt ? Math.min(it.validUntil, it.revokedAt) : it.validUntil
    const sound = !it.compromiseReportedAt || time < it.compromisedSince
    return sound && time >= it.registeredAt && time <= end
  }

  post(author: Address, verdicts: readonly { id: Hex; subject: Hex; score: number }[]): string[] {
    refuseIf(verdicts.length === 0, 'VerdictRegistry_Empty')
    for (const { subject, score } of verdicts) {
      refuseIf(subject === zeroHash, 'VerdictRegistry_ZeroSubject')
      refuseIf(score > 100, 'VerdictRegistry_ScoreOutOfRange')
    }
    for (const { id } of verdicts) this.state.verdicts.set(`${id}/${author}`, true)
    return verdicts.map(() => 'VerdictPosted')
  }

  withdraw(author: Address, ids: readonly Hex[]): string[] {
    refuseIf(ids.length === 0, 'VerdictRegistry_Empty')
    for (const id of ids) this.state.verdicts.set(`${id}/${author}`, false)
    return ids.map(() => 'VerdictWithdrawn')
  }

  #sessionKey(owner: Address, sessionKey: Address) {
    return this.state.sessionKeys.get(`${owner}/${sessionKey}`) ?? emptySessionKey()
  }

  #environmentOf(registrant: Address, id: Hex): Environment {
    const environment = this.state.environments.get(id)
    if (environment?.registrant === registrant) return environment
    return refuse('EnvironmentRegistry_NotRegistrant')
  }

  /** A report reaches further back than the one before. */
  #reported<T extends { compromisedSince: number; compromiseReportedAt: number }>(
    contract: string,
    it: T,
    since: number,
  ): T {
    refuseIf(since > this.now, `${contract}_CompromiseInTheFuture`)
    const further = it.compromiseReportedAt === 0 || since < it.compromisedSince
    refuseIf(!further, `${contract}_CompromiseNotExtended`)
    return { ...it, compromisedSince: since, compromiseReportedAt: this.now }
  }

  /** The next numbers begin at the head. Gives the event of a log's first. */
  #checkPlace(logId: Hex, first: bigint, count: number): string[] {
    const head = this.state.heads.get(logId) ?? 0n
    refuseIf(first > head, 'InferenceLog_Gap')
    refuseIf(first < head, 'InferenceLog_Fork')
    refuseIf(count === 0, 'InferenceLog_EmptyBatch')
    return first === 0n ? ['InferenceLogOpened'] : []
  }
}
