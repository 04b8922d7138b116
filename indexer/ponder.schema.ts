import { index, onchainEnum, onchainTable, primaryKey, relations, sql } from 'ponder'

/*
 * Words are the contracts' and the blueprint's. Times are block times in Unix seconds, except `servedAt` (Unix milliseconds,
 * declared by the recorder). An absent value is null, also where the contracts hold zero; `modelId` and `environmentId` of an
 * inference are the leaf's own data and stay zero.
 *
 * `position` is the place of a row's first event in the chain (block, event, place in the batch) as one growing number: page
 * by it, `where: { position_gt: … }, orderBy: "position"`.
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
    address: t.hex().primaryKey(),
    position: t.bigint().notNull(),
  }),
  (table) => ({ byPosition: index().on(table.position) }),
)

/** A published version of a model. */
export const model = onchainTable(
  'model',
  (t) => ({
    modelId: t.hex().primaryKey(),
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
    byPosition: index().on(table.position),
    byPublisher: index().on(table.publisher, table.position),
    byManifestDigest: index().on(table.manifestDigest, table.position),
  }),
)

/** A registered environment. In force from `registeredAt` to `endsAt`, the earlier of `validUntil` and `revokedAt`. */
export const environment = onchainTable(
  'environment',
  (t) => ({
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

/** An account in whose name is recorded. */
export const owner = onchainTable(
  'owner',
  (t) => ({
    address: t.hex().primaryKey(),
    position: t.bigint().notNull(),
  }),
  (table) => ({ byPosition: index().on(table.position) }),
)

/** What the chain knows of a session key of an owner. Never authorized: `authorizedAt` is null. */
export const sessionKey = onchainTable(
  'session_key',
  (t) => ({
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
    pk: primaryKey({ columns: [table.owner, table.address] }),
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
    owner: t.hex().notNull(),
    sessionKey: t.hex().notNull(),
    since: t.bigint().notNull(),
    reportedAt: t.bigint().notNull(),
    position: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.owner, table.sessionKey, table.since] }),
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
    bySettledAt: index().on(table.settledAt),
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
    address: t.hex().primaryKey(),
    position: t.bigint().notNull(),
  }),
  (table) => ({ byPosition: index().on(table.position) }),
)

/**
 * A third party's scored statement. It stands unless `withdrawnAt` is set. Posted again, it has the time and the URI of the last
 * posting, `postedPosition` is where that stands. Of `modelId`, `environmentId` and `inferenceId` the one is set that
 * `subjectKind` tells of.
 */
export const verdict = onchainTable(
  'verdict',
  (t) => ({
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
    position: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
  }),
  (table) => ({
    byPosition: index().on(table.position),
    byAuthor: index().on(table.author, table.position),
    bySubject: index().on(table.subject, table.position),
    byModel: index().on(table.modelId),
    byEnvironment: index().on(table.environmentId),
    byInference: index().on(table.inferenceId),
  }),
)

export const publisherRelations = relations(publisher, ({ many }) => ({ models: many(model) }))

export const modelRelations = relations(model, ({ one, many }) => ({
  publisherAccount: one(publisher, { fields: [model.publisher], references: [publisher.address] }),
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
  ownerAccount: one(owner, { fields: [sessionKey.owner], references: [owner.address] }),
  inferenceLogs: many(inferenceLog),
  settlements: many(settlement),
  reports: many(sessionKeyReport),
}))

export const sessionKeyReportRelations = relations(sessionKeyReport, ({ one }) => ({
  sessionKeyStanding: one(sessionKey, {
    fields: [sessionKeyReport.owner, sessionKeyReport.sessionKey],
    references: [sessionKey.owner, sessionKey.address],
  }),
}))

export const inferenceLogRelations = relations(inferenceLog, ({ one, many }) => ({
  ownerAccount: one(owner, { fields: [inferenceLog.owner], references: [owner.address] }),
  sessionKeyStanding: one(sessionKey, {
    fields: [inferenceLog.owner, inferenceLog.sessionKey],
    references: [sessionKey.owner, sessionKey.address],
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
  ownerAccount: one(owner, { fields: [settlement.owner], references: [owner.address] }),
  sessionKeyStanding: one(sessionKey, {
    fields: [settlement.owner, settlement.sessionKey],
    references: [sessionKey.owner, sessionKey.address],
  }),
  inferences: many(inference),
}))

export const skipRelations = relations(skip, ({ one }) => ({
  inferenceLog: one(inferenceLog, { fields: [skip.logId], references: [inferenceLog.logId] }),
}))

export const inferenceRelations = relations(inference, ({ one, many }) => ({
  model: one(model, { fields: [inference.modelId], references: [model.modelId] }),
  environment: one(environment, {
    fields: [inference.environmentId],
    references: [environment.environmentId],
  }),
  inferenceLog: one(inferenceLog, { fields: [inference.logId], references: [inferenceLog.logId] }),
  settlement: one(settlement, {
    fields: [inference.logId, inference.root],
    references: [settlement.logId, settlement.root],
  }),
  ownerAccount: one(owner, { fields: [inference.owner], references: [owner.address] }),
  verdicts: many(verdict),
}))

export const auditorRelations = relations(auditor, ({ many }) => ({ verdicts: many(verdict) }))

export const verdictRelations = relations(verdict, ({ one }) => ({
  auditor: one(auditor, { fields: [verdict.author], references: [auditor.address] }),
  model: one(model, { fields: [verdict.modelId], references: [model.modelId] }),
  environment: one(environment, {
    fields: [verdict.environmentId],
    references: [environment.environmentId],
  }),
  inference: one(inference, {
    fields: [verdict.inferenceId],
    references: [inference.inferenceId],
  }),
}))
