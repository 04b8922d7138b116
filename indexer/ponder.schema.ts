import { index, onchainEnum, onchainTable, primaryKey, relations, sql } from 'ponder'

/*
 * Words are the contracts' and the blueprint's. Times are block times in Unix seconds, except `servedAt` (Unix milliseconds,
 * declared by the recorder). An absent value is null, also where the contracts hold zero; `modelId` and `environmentId` of an
 * inference are the leaf's own data and stay zero.
 *
 * `position` is the place of a row's first event (chain, block, event, place in the batch) as one growing number: page by it,
 * `where: { position_gt: … }, orderBy: "position"`. The rows of a chain lie between `chainId << 128` and the next chain's.
 *
 * What a report of compromise, a revocation or a verdict changes is one row of its own table: what follows for inferences is
 * computed when it is asked for (src/api/state.ts).
 *
 * No index covers a text of the sender's choice: PostgreSQL refuses index entries above some 2,700 bytes, and a refused row
 * would end the process.
 */

/** Type of an environment's key. `unknown`: a number that this version has no name for. */
export const keyType = onchainEnum('key_type', [
  'none',
  'secp256k1',
  'p256',
  'ed25519',
  'rsa',
  'unknown',
])

/** What a verdict speaks of. */
export const subjectKind = onchainEnum('subject_kind', [
  'model',
  'environment',
  'inference',
  'unknown',
])

/** How batch data was handed over. */
export const batchMode = onchainEnum('batch_mode', ['inline', 'external'])

/**
 * Whether the inferences of a settlement can be read here. `available`: they are rows. `invalid`: the data is no batch data, or
 * that of another batch. `pending`: external data that is not all here yet; `unavailable`: it could not be had so far.
 */
export const batchDataState = onchainEnum('batch_data_state', [
  'pending',
  'available',
  'unavailable',
  'invalid',
])

/** An account that published a model. */
export const publisher = onchainTable(
  'publisher',
  (t) => ({
    chainId: t.bigint().notNull(),
    address: t.hex().notNull(),
    position: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.address, table.chainId] }),
    byPosition: index().on(table.position),
  }),
)

/** A published version of a model. */
export const model = onchainTable(
  'model',
  (t) => ({
    chainId: t.bigint().notNull(),
    modelId: t.hex().notNull(),
    publisher: t.hex().notNull(),
    name: t.text().notNull(),
    version: t.text().notNull(),
    manifestDigest: t.hex().notNull(),
    signingRoot: t.hex(),
    uri: t.text().notNull(),
    publishedAt: t.bigint().notNull(),
    retiredAt: t.bigint(),
    retirementReason: t.text(),
    position: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.modelId, table.chainId] }),
    byPosition: index().on(table.position),
    byPublisher: index().on(table.publisher, table.position),
    byManifestDigest: index().on(table.manifestDigest, table.position),
  }),
)

/** A registered environment. In force from `registeredAt` to `endsAt`, the earlier of `validUntil` and `revokedAt`. */
export const environment = onchainTable(
  'environment',
  (t) => ({
    chainId: t.bigint().notNull(),
    environmentId: t.hex().primaryKey(),
    registrant: t.hex().notNull(),
    kind: t.text().notNull(),
    measurement: t.hex().notNull(),
    keyType: keyType().notNull(),
    key: t.hex().notNull(),
    attestationDigest: t.hex(),
    verifier: t.hex(),
    uri: t.text().notNull(),
    registeredAt: t.bigint().notNull(),
    validUntil: t.bigint().notNull(),
    revokedAt: t.bigint(),
    endsAt: t.bigint().notNull(),
    reporter: t.hex(),
    compromisedSince: t.bigint(),
    compromiseReportedAt: t.bigint(),
    position: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    byPosition: index().on(table.position),
    byRegistrant: index().on(table.registrant, table.position),
    byMeasurement: index().on(table.measurement, table.position),
    byKind: index().on(table.kind, table.position),
    byEnd: index().on(table.endsAt),
    byCompromise: index().on(table.compromisedSince),
  }),
)

/** A report that an environment is compromised. Each reaches further back than the one before; the last is in the environment's row. */
export const environmentReport = onchainTable(
  'environment_report',
  (t) => ({
    chainId: t.bigint().notNull(),
    environmentId: t.hex().notNull(),
    since: t.bigint().notNull(),
    reporter: t.hex().notNull(),
    reportedAt: t.bigint().notNull(),
    position: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.environmentId, table.since] }),
    byPosition: index().on(table.position),
    byReporter: index().on(table.reporter, table.position),
  }),
)

/**
 * An account in whose name is recorded. `confirmationCount`: what it had to sign or send itself: authorizations, revocations and reports of its
 * session keys, skips, and settlements in a key's place.
 */
export const owner = onchainTable(
  'owner',
  (t) => ({
    chainId: t.bigint().notNull(),
    address: t.hex().notNull(),
    inferenceCount: t.bigint().notNull(),
    settlementCount: t.bigint().notNull(),
    confirmationCount: t.bigint().notNull(),
    /** Of the owner's settlements; null: there is none. */
    firstSettledAt: t.bigint(),
    lastSettledAt: t.bigint(),
    position: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.address, table.chainId] }),
    byPosition: index().on(table.position),
  }),
)

/** What the chain knows of a session key of an owner. Never authorized: `authorizedAt` is null. */
export const sessionKey = onchainTable(
  'session_key',
  (t) => ({
    chainId: t.bigint().notNull(),
    owner: t.hex().notNull(),
    address: t.hex().notNull(),
    authorizedAt: t.bigint(),
    expiresAt: t.bigint(),
    revokedAt: t.bigint(),
    compromisedSince: t.bigint(),
    compromiseReportedAt: t.bigint(),
    position: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.owner, table.address, table.chainId] }),
    byPosition: index().on(table.position),
    byAddress: index().on(table.address),
    byCompromise: index().on(table.compromisedSince),
    byRevocation: index().on(table.revokedAt),
  }),
)

/** A report that others held a session key. Each reaches further back than the one before; the last is in the key's row. */
export const sessionKeyReport = onchainTable(
  'session_key_report',
  (t) => ({
    chainId: t.bigint().notNull(),
    owner: t.hex().notNull(),
    sessionKey: t.hex().notNull(),
    since: t.bigint().notNull(),
    reportedAt: t.bigint().notNull(),
    position: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.owner, table.sessionKey, table.since, table.chainId] }),
    byPosition: index().on(table.position),
  }),
)

/**
 * The sequence of one (owner, session key, instance). These three are null where the log was opened before the start block, and
 * so are they in its settlements and inferences.
 */
export const inferenceLog = onchainTable(
  'inference_log',
  (t) => ({
    chainId: t.bigint().notNull(),
    logId: t.hex().primaryKey(),
    owner: t.hex(),
    sessionKey: t.hex(),
    instance: t.hex(),
    openedAt: t.bigint().notNull(),
    head: t.bigint().notNull(),
    position: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    byPosition: index().on(table.position),
    byOwner: index().on(table.owner, table.sessionKey, table.position),
    bySessionKey: index().on(table.sessionKey, table.position),
  }),
)

/** A batch that is on chain. */
export const settlement = onchainTable(
  'settlement',
  (t) => ({
    chainId: t.bigint().notNull(),
    logId: t.hex().notNull(),
    root: t.hex().notNull(),
    first: t.bigint().notNull(),
    count: t.bigint().notNull(),
    mode: batchMode().notNull(),
    signedByKey: t.boolean().notNull(),
    dataDigest: t.hex().notNull(),
    dataState: batchDataState().notNull(),
    /** Why it is unavailable or invalid, in a word. */
    dataProblem: t.text(),
    /** How many of its inferences are rows, from the first on. */
    loaded: t.bigint().notNull(),
    uri: t.text(),
    settledAt: t.bigint().notNull(),
    owner: t.hex(),
    sessionKey: t.hex(),
    position: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.logId, table.root] }),
    byPosition: index().on(table.position),
    byLog: index().on(table.logId, table.position),
    byOwner: index().on(table.owner, table.sessionKey, table.position),
    byOwnerAlone: index().on(table.owner, table.position),
    bySettledAt: index().on(table.chainId, table.settledAt),
    byTransaction: index().on(table.transactionHash),
    byDataDigest: index().on(table.dataDigest),
    // Few: what is still to be loaded is looked for again and again.
    byOpenData: index('settlement_open_data')
      .on(table.dataState, table.position)
      .where(sql`data_state <> 'available'`),
  }),
)

/** Sequence numbers that an owner gave up. */
export const skip = onchainTable(
  'skip',
  (t) => ({
    chainId: t.bigint().notNull(),
    logId: t.hex().notNull(),
    first: t.bigint().notNull(),
    count: t.bigint().notNull(),
    skippedAt: t.bigint().notNull(),
    position: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.logId, table.first] }),
    byPosition: index().on(table.position),
  }),
)

/** One leaf, rebuilt from batch data. `impossibleTime`: it says to be served later than it was settled, which refutes it. */
export const inference = onchainTable(
  'inference',
  (t) => ({
    chainId: t.bigint().notNull(),
    inferenceId: t.hex().primaryKey(),
    logId: t.hex().notNull(),
    sequence: t.bigint().notNull(),
    modelId: t.hex().notNull(),
    environmentId: t.hex().notNull(),
    commitment: t.hex().notNull(),
    servedAt: t.bigint().notNull(),
    settledAt: t.bigint().notNull(),
    root: t.hex().notNull(),
    owner: t.hex(),
    impossibleTime: t.boolean().notNull(),
    position: t.bigint().notNull(),
  }),
  (table) => ({
    byPosition: index().on(table.position),
    // Few, so an index of those alone: it costs nothing while there are none.
    byImpossibleTime: index('inference_impossible_time')
      .on(table.position)
      .where(sql`impossible_time`),
    byModel: index().on(table.modelId, table.position),
    byEnvironment: index().on(table.environmentId, table.position),
    byOwner: index().on(table.owner, table.position),
    byLog: index().on(table.logId, table.sequence),
    // Equal for a whole batch, so that PostgreSQL stores each value once.
    bySettlement: index().on(table.logId, table.root),
    byServedAt: index().on(table.servedAt),
    bySettledAt: index().on(table.settledAt),
  }),
)

/** An account that posted a verdict. */
export const auditor = onchainTable(
  'auditor',
  (t) => ({
    chainId: t.bigint().notNull(),
    address: t.hex().notNull(),
    position: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.address, table.chainId] }),
    byPosition: index().on(table.position),
  }),
)

/**
 * A third party's scored statement. It stands unless `withdrawnAt` is set. Posted again, it has the time and the URI of the last
 * posting, `postedPosition` is where that stands; `changedPosition` is where it was last posted or withdrawn. Of `modelId`, `environmentId` and `inferenceId` the one is set that
 * `subjectKind` tells of.
 */
export const verdict = onchainTable(
  'verdict',
  (t) => ({
    chainId: t.bigint().notNull(),
    verdictId: t.hex().primaryKey(),
    author: t.hex().notNull(),
    subjectKind: subjectKind().notNull(),
    subject: t.hex().notNull(),
    modelId: t.hex(),
    environmentId: t.hex(),
    inferenceId: t.hex(),
    score: t.integer().notNull(),
    tag: t.text().notNull(),
    evidenceDigest: t.hex(),
    uri: t.text().notNull(),
    postedAt: t.bigint().notNull(),
    withdrawnAt: t.bigint(),
    postedPosition: t.bigint().notNull(),
    changedPosition: t.bigint().notNull(),
    position: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    byPosition: index().on(table.position),
    byAuthor: index().on(table.author, table.position),
    bySubject: index().on(table.subject, table.position),
    byChange: index().on(table.changedPosition),
    byModel: index().on(table.modelId),
    byEnvironment: index().on(table.environmentId),
    byInference: index().on(table.inferenceId),
  }),
)

/** A chain that is indexed, in figures. An inference counts as soon as it is settled; as `available` when it is a row. */
export const chain = onchainTable(
  'chain',
  (t) => ({
    chainId: t.bigint().primaryKey(),
    inferences: t.bigint().notNull(),
    available: t.bigint().notNull(),
    unavailable: t.bigint().notNull(),
    invalid: t.bigint().notNull(),
    settlements: t.bigint().notNull(),
    /** That have settled. */
    owners: t.bigint().notNull(),
    confirmations: t.bigint().notNull(),
    position: t.bigint().notNull(),
  }),
  (table) => ({ byPosition: index().on(table.position) }),
)

/**
 * A day of a chain, from `start` on (0 h UTC), by the times of its blocks. What can be read only from batch data is counted of the
 * inferences that are rows: which name a model or an environment, which are in a batch that their environment's own key signed, and how long
 * after the time that they declare they were settled.
 */
export const day = onchainTable(
  'day',
  (t) => ({
    chainId: t.bigint().notNull(),
    start: t.bigint().notNull(),
    settlements: t.bigint().notNull(),
    inferences: t.bigint().notNull(),
    /** In batches that a session key signed, not the owner in its place. */
    signedByKey: t.bigint().notNull(),
    confirmations: t.bigint().notNull(),
    /** Owners that settled, and those of them that did for the first time. */
    activeOwners: t.bigint().notNull(),
    newOwners: t.bigint().notNull(),
    available: t.bigint().notNull(),
    namesModel: t.bigint().notNull(),
    namesEnvironment: t.bigint().notNull(),
    byEnvironmentKey: t.bigint().notNull(),
    /** Settled within so long of the time that they declare, and longer than within the one before. */
    within1s: t.bigint().notNull(),
    within10s: t.bigint().notNull(),
    within1m: t.bigint().notNull(),
    within10m: t.bigint().notNull(),
    within1h: t.bigint().notNull(),
    within1d: t.bigint().notNull(),
    later: t.bigint().notNull(),
    position: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.chainId, table.start] }),
    byPosition: index().on(table.position),
  }),
)

/** A week of a chain, from `start` on: a Monday, 0 h UTC. */
export const week = onchainTable(
  'week',
  (t) => ({
    chainId: t.bigint().notNull(),
    start: t.bigint().notNull(),
    activeOwners: t.bigint().notNull(),
    newOwners: t.bigint().notNull(),
    position: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.chainId, table.start] }),
    byPosition: index().on(table.position),
  }),
)

/** Of the owners that settled for the first time in the week `firstWeek`, how many settled in the week `start`. */
export const cohort = onchainTable(
  'cohort',
  (t) => ({
    chainId: t.bigint().notNull(),
    firstWeek: t.bigint().notNull(),
    start: t.bigint().notNull(),
    activeOwners: t.bigint().notNull(),
    position: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.chainId, table.firstWeek, table.start] }),
    byPosition: index().on(table.position),
  }),
)

export const publisherRelations = relations(publisher, ({ many }) => ({ models: many(model) }))

export const modelRelations = relations(model, ({ one, many }) => ({
  publisherAccount: one(publisher, {
    fields: [model.publisher, model.chainId],
    references: [publisher.address, publisher.chainId],
  }),
  inferences: many(inference),
  verdicts: many(verdict),
}))

export const environmentRelations = relations(environment, ({ many }) => ({
  inferences: many(inference),
  reports: many(environmentReport),
  verdicts: many(verdict),
}))

export const environmentReportRelations = relations(environmentReport, ({ one }) => ({
  environment: one(environment, {
    fields: [environmentReport.environmentId],
    references: [environment.environmentId],
  }),
}))

export const ownerRelations = relations(owner, ({ many }) => ({
  sessionKeys: many(sessionKey),
  inferenceLogs: many(inferenceLog),
  settlements: many(settlement),
  inferences: many(inference),
}))

export const sessionKeyRelations = relations(sessionKey, ({ one, many }) => ({
  ownerAccount: one(owner, {
    fields: [sessionKey.owner, sessionKey.chainId],
    references: [owner.address, owner.chainId],
  }),
  inferenceLogs: many(inferenceLog),
  settlements: many(settlement),
  reports: many(sessionKeyReport),
}))

export const sessionKeyReportRelations = relations(sessionKeyReport, ({ one }) => ({
  sessionKeyStanding: one(sessionKey, {
    fields: [sessionKeyReport.owner, sessionKeyReport.sessionKey, sessionKeyReport.chainId],
    references: [sessionKey.owner, sessionKey.address, sessionKey.chainId],
  }),
}))

export const inferenceLogRelations = relations(inferenceLog, ({ one, many }) => ({
  ownerAccount: one(owner, {
    fields: [inferenceLog.owner, inferenceLog.chainId],
    references: [owner.address, owner.chainId],
  }),
  sessionKeyStanding: one(sessionKey, {
    fields: [inferenceLog.owner, inferenceLog.sessionKey, inferenceLog.chainId],
    references: [sessionKey.owner, sessionKey.address, sessionKey.chainId],
  }),
  settlements: many(settlement),
  skips: many(skip),
  inferences: many(inference),
}))

export const settlementRelations = relations(settlement, ({ one, many }) => ({
  inferenceLog: one(inferenceLog, {
    fields: [settlement.logId],
    references: [inferenceLog.logId],
  }),
  ownerAccount: one(owner, {
    fields: [settlement.owner, settlement.chainId],
    references: [owner.address, owner.chainId],
  }),
  sessionKeyStanding: one(sessionKey, {
    fields: [settlement.owner, settlement.sessionKey, settlement.chainId],
    references: [sessionKey.owner, sessionKey.address, sessionKey.chainId],
  }),
  inferences: many(inference),
}))

export const skipRelations = relations(skip, ({ one }) => ({
  inferenceLog: one(inferenceLog, { fields: [skip.logId], references: [inferenceLog.logId] }),
}))

export const inferenceRelations = relations(inference, ({ one, many }) => ({
  model: one(model, {
    fields: [inference.modelId, inference.chainId],
    references: [model.modelId, model.chainId],
  }),
  environment: one(environment, {
    fields: [inference.environmentId],
    references: [environment.environmentId],
  }),
  inferenceLog: one(inferenceLog, { fields: [inference.logId], references: [inferenceLog.logId] }),
  settlement: one(settlement, {
    fields: [inference.logId, inference.root],
    references: [settlement.logId, settlement.root],
  }),
  ownerAccount: one(owner, {
    fields: [inference.owner, inference.chainId],
    references: [owner.address, owner.chainId],
  }),
  verdicts: many(verdict),
}))

export const auditorRelations = relations(auditor, ({ many }) => ({ verdicts: many(verdict) }))

export const verdictRelations = relations(verdict, ({ one }) => ({
  auditor: one(auditor, {
    fields: [verdict.author, verdict.chainId],
    references: [auditor.address, auditor.chainId],
  }),
  model: one(model, {
    fields: [verdict.modelId, verdict.chainId],
    references: [model.modelId, model.chainId],
  }),
  environment: one(environment, {
    fields: [verdict.environmentId],
    references: [environment.environmentId],
  }),
  inference: one(inference, {
    fields: [verdict.inferenceId],
    references: [inference.inferenceId],
  }),
}))
