/**
 * What the contracts promise, written from their interfaces' documentation. Each operation gives the errors that may refuse it;
 * with none it goes through and changes the state.
 */

export type SessionKeyState = {
  authorizedAt: number
  expiresAt: number
  revokedAt: number
  compromisedSince: number
  compromiseReportedAt: number
}
export type SettlementState = {
  first: bigint
  count: number
  settledAt: bigint
  mode: number
  signedByKey: boolean
}
export type ModelState = {
  publisher: string
  publishedAt: number
  retiredAt: number
  digest: string
}
export type EnvironmentState = {
  registrant: string
  registeredAt: number
  validUntil: number
  revokedAt: number
  compromisedSince: number
  compromiseReportedAt: number
}

/** Who calls, or whose signature comes with the call. */
export type By = {
  sender: string
  signed?: { by: string; nonce?: bigint; deadline: number } | undefined
}
export type Log = { logId: string; owner: string; sessionKey: string }
export type Batch = {
  first: bigint
  count: number
  root: string
  mode: 0 | 1
  /** What is wrong with the data, by the error it gives. */
  dataErrors: readonly string[]
}

const unknownKey: SessionKeyState = {
  authorizedAt: 0,
  expiresAt: 0,
  revokedAt: 0,
  compromisedSince: 0,
  compromiseReportedAt: 0,
}

/** The state of all four contracts. Accounts are lower-case addresses. */
export class ContractsModel {
  time = 0
  readonly nonces = new Map<string, bigint>()
  readonly sessionKeys = new Map<string, SessionKeyState>()
  readonly heads = new Map<string, bigint>()
  readonly settlements = new Map<string, SettlementState>()
  readonly models = new Map<string, ModelState>()
  readonly versions = new Map<string, string>()
  readonly environments = new Map<string, EnvironmentState>()

  /** In the name of an account: by its own call, or by its signature, whose nonce is then used up. */
  private inNameOf(contract: string, account: string, { signed }: By, act: () => string[]) {
    if (!signed) return act()
    const nonce = this.nonces.get(`${contract} ${account}`) ?? 0n
    const errors = [
      ...(this.time > signed.deadline ? [`${contract}_DeadlinePassed`] : []),
      ...(signed.nonce !== undefined && signed.nonce !== nonce ? ['InvalidAccountNonce'] : []),
      ...(signed.by === account ? [] : [`${contract}_InvalidSignature`]),
    ]
    if (errors.length > 0) return errors
    const refused = act()
    if (refused.length === 0 && signed.nonce !== undefined) {
      this.nonces.set(`${contract} ${account}`, nonce + 1n)
    }
    return refused
  }

  private unless(errors: (string | false)[], change: () => void): string[] {
    const real = errors.filter((error) => error !== false)
    if (real.length === 0) change()
    return real
  }

  sessionKey(owner: string, key: string): SessionKeyState {
    return this.sessionKeys.get(`${owner} ${key}`) ?? unknownKey
  }

  private setKey(owner: string, key: string, change: Partial<SessionKeyState>) {
    this.sessionKeys.set(`${owner} ${key}`, { ...this.sessionKey(owner, key), ...change })
  }

  authorize(by: By, owner: string, key: string, expiresAt: number) {
    const known = this.sessionKey(owner, key)
    return this.inNameOf('InferenceLog', owner, by, () =>
      this.unless(
        [
          BigInt(key) === 0n && 'InferenceLog_ZeroSessionKey',
          known.revokedAt !== 0 && 'InferenceLog_SessionKeyRevoked',
          expiresAt < this.time && 'InferenceLog_ExpiryInThePast',
          expiresAt < known.expiresAt && 'InferenceLog_AuthorizationNotExtended',
        ],
        () => this.setKey(owner, key, { authorizedAt: known.authorizedAt || this.time, expiresAt }),
      ),
    )
  }

  revokeSessionKey(by: By, owner: string, key: string) {
    const revoked = this.sessionKey(owner, key).revokedAt !== 0
    return this.inNameOf('InferenceLog', owner, by, () =>
      this.unless([revoked && 'InferenceLog_SessionKeyRevoked'], () =>
        this.setKey(owner, key, { revokedAt: this.time }),
      ),
    )
  }

  reportSessionKey(by: By, owner: string, key: string, since: number) {
    const { compromiseReportedAt, compromisedSince } = this.sessionKey(owner, key)
    const known = compromiseReportedAt !== 0
    return this.inNameOf('InferenceLog', owner, by, () =>
      this.unless(
        [
          since > this.time && 'InferenceLog_CompromiseInTheFuture',
          known && since >= compromisedSince && 'InferenceLog_CompromiseNotExtended',
        ],
        () => this.setKey(owner, key, { compromisedSince: since, compromiseReportedAt: this.time }),
      ),
    )
  }

  private advance({ logId }: Log, first: bigint, count: number): (string | false)[] {
    const head = this.heads.get(logId) ?? 0n
    return [
      count === 0 && 'InferenceLog_EmptyBatch',
      first > head && 'InferenceLog_Gap',
      first < head && 'InferenceLog_Fork',
    ]
  }

  settle(by: By, log: Log, batch: Batch) {
    const { first, count, root, mode } = batch
    const settled = this.settlements.get(`${log.logId} ${root}`)
    if (settled) {
      const same = settled.first === first && settled.count === count
      return same ? [] : ['InferenceLog_RootAlreadySettled']
    }
    const speaker = by.signed?.by ?? by.sender
    const signedByKey = speaker === log.sessionKey
    const key = this.sessionKey(log.owner, log.sessionKey)
    const stranger = by.signed ? 'InferenceLog_InvalidSignature' : 'InferenceLog_CallerNotAllowed'
    return this.unless(
      [
        !signedByKey && speaker !== log.owner && stranger,
        signedByKey && key.revokedAt !== 0 && 'InferenceLog_SessionKeyRevoked',
        signedByKey && key.authorizedAt === 0 && 'InferenceLog_SessionKeyNotAuthorized',
        signedByKey && this.time > key.expiresAt && 'InferenceLog_SessionKeyExpired',
        ...this.advance(log, first, count),
        ...batch.dataErrors,
      ],
      () => {
        this.heads.set(log.logId, first + BigInt(count))
        const settledAt = BigInt(this.time)
        this.settlements.set(`${log.logId} ${root}`, { first, count, settledAt, mode, signedByKey })
      },
    )
  }

  skip(by: By, log: Log, first: bigint, count: number) {
    const act = () =>
      this.unless(
        [
          !by.signed && by.sender !== log.owner && 'InferenceLog_CallerNotAllowed',
          ...this.advance(log, first, count),
        ],
        () => this.heads.set(log.logId, first + BigInt(count)),
      )
    return this.inNameOf('InferenceLog', log.owner, by, act)
  }

  publish(
    by: By,
    publisher: string,
    modelId: string,
    name: string,
    version: string,
    digest: string,
  ) {
    const version_ = `${publisher} ${JSON.stringify([name, version])}`
    return this.inNameOf('ModelRegistry', publisher, by, () =>
      this.unless(
        [
          (name === '' || version === '') && 'ModelRegistry_EmptyName',
          BigInt(digest) === 0n && 'ModelRegistry_ZeroManifestDigest',
          this.versions.has(version_) && 'ModelRegistry_VersionTaken',
        ],
        () => {
          this.versions.set(version_, modelId)
          this.models.set(modelId, { publisher, publishedAt: this.time, retiredAt: 0, digest })
        },
      ),
    )
  }

  retire(by: By, account: string, modelId: string) {
    const model = this.models.get(modelId)
    return this.inNameOf('ModelRegistry', account, by, () =>
      this.unless(
        [
          model?.publisher !== account && 'ModelRegistry_NotPublisher',
          model !== undefined && model.retiredAt !== 0 && 'ModelRegistry_AlreadyRetired',
        ],
        () => this.models.set(modelId, { ...(model as ModelState), retiredAt: this.time }),
      ),
    )
  }

  register(by: By, registrant: string, id: string, validUntil: number, errors: readonly string[]) {
    return this.inNameOf('EnvironmentRegistry', registrant, by, () =>
      this.unless(
        [
          validUntil < this.time && 'EnvironmentRegistry_ExpiryInThePast',
          this.environments.has(id) && 'EnvironmentRegistry_AlreadyRegistered',
          ...errors,
        ],
        () =>
          this.environments.set(id, {
            ...{ registrant, registeredAt: this.time, validUntil, revokedAt: 0 },
            ...{ compromisedSince: 0, compromiseReportedAt: 0 },
          }),
      ),
    )
  }

  revokeEnvironment(by: By, account: string, id: string) {
    const environment = this.environments.get(id)
    return this.inNameOf('EnvironmentRegistry', account, by, () =>
      this.unless(
        [
          environment?.registrant !== account && 'EnvironmentRegistry_NotRegistrant',
          (environment?.revokedAt ?? 0) !== 0 && 'EnvironmentRegistry_AlreadyRevoked',
        ],
        () =>
          this.environments.set(id, {
            ...(environment as EnvironmentState),
            revokedAt: this.time,
          }),
      ),
    )
  }

  reportEnvironment(by: By, account: string, id: string, since: number) {
    const environment = this.environments.get(id)
    const known = (environment?.compromiseReportedAt ?? 0) !== 0
    const notFurther = known && since >= (environment?.compromisedSince ?? 0)
    return this.inNameOf('EnvironmentRegistry', account, by, () =>
      this.unless(
        [
          since > this.time && 'EnvironmentRegistry_CompromiseInTheFuture',
          environment?.registrant !== account && 'EnvironmentRegistry_NotRegistrant',
          notFurther && 'EnvironmentRegistry_CompromiseNotExtended',
        ],
        () =>
          this.environments.set(id, {
            ...(environment as EnvironmentState),
            ...{ compromisedSince: since, compromiseReportedAt: this.time },
          }),
      ),
    )
  }

  validAt(id: string, time: number): boolean {
    const e = this.environments.get(id)
    if (!e || time < e.registeredAt || time > e.validUntil) return false
    if (e.revokedAt !== 0 && time > e.revokedAt) return false
    return e.compromiseReportedAt === 0 || time < e.compromisedSince
  }

  verdicts(by: By, author: string, errors: readonly string[]) {
    return this.inNameOf('VerdictRegistry', author, by, () => [...errors])
  }
}
