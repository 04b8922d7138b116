import { checkStatuses } from '@assay/sdk/verify'

type Schema = Readonly<Record<string, unknown>>

export const hexOf = (bytes: number): Schema => ({
  type: 'string',
  pattern: `^0x[0-9a-f]{${bytes * 2}}$`,
})
export const word = hexOf(32)
export const address = hexOf(20)
/** Of any size, so that it is digits in a string. */
export const integer: Schema = { type: 'string', pattern: '^[0-9]{1,78}$' }
export const status: Schema = { type: 'string', enum: checkStatuses }

export const refTo = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })

/** All of these are always there; further ones may be. */
const object = (properties: Readonly<Record<string, Schema>>): Schema => ({
  ...{ type: 'object', properties, required: Object.keys(properties) },
})
const list = (items: Schema): Schema => ({ type: 'array', items })
const text: Schema = { type: 'string' }
const count: Schema = { type: 'integer', minimum: 0 }

const inference = {
  ...{
    chainId: integer,
    inferenceId: word,
    logId: word,
    sequence: integer,
    modelId: word,
    environmentId: word,
  },
  ...{ commitment: word, servedAt: integer, settledAt: integer, root: word },
  ...{ owner: orNull(address), impossibleTime: { type: 'boolean' }, position: integer },
}
const byChain = (schema: Schema): Schema => ({ type: 'object', additionalProperties: schema })
const share = orNull({ type: 'number', minimum: 0 })
/** The shortest of the times that are told apart, in milliseconds. */
const within = orNull({ enum: [1_000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000, 'longer'] })
const stats = object({
  ...{ block: integer, time: integer },
  total: object({
    ...{ inferences: integer, available: integer, pending: integer, unavailable: integer },
    ...{ invalid: integer, settlements: integer, owners: integer, confirmations: integer },
    inferencesPerConfirmation: share,
  }),
  days: list(
    object({
      ...{ start: integer, settlements: integer, inferences: integer, signedByKey: integer },
      ...{ confirmations: integer, activeOwners: integer, newOwners: integer, available: integer },
      ...{ namesModel: integer, namesEnvironment: integer, byEnvironmentKey: integer },
      ...{ within1s: integer, within10s: integer, within1m: integer, within10m: integer },
      ...{ within1h: integer, within1d: integer, later: integer },
    }),
  ),
  proven: object({
    ...{ signedByKey: share, byEnvironmentKey: share, namesEnvironment: share, namesModel: share },
  }),
  declaredToSettled: object({
    ...{
      source: { const: 'declared' },
      inferences: integer,
      p50: within,
      p90: within,
      p99: within,
    },
  }),
  weeks: list(object({ start: integer, activeOwners: integer, newOwners: integer })),
  cohorts: list(object({ firstWeek: integer, owners: integer, active: list(integer) })),
})
const chain = object({ id: count, block: object({ number: count, timestamp: count }) })

/** What is answered, by its name. */
export const schemas: Readonly<Record<string, Schema>> = {
  Inference: object(inference),
  ListedInference: object({ ...inference, status }),
  InferenceList: object({
    items: list(refTo('ListedInference')),
    after: orNull(integer),
    blocks: byChain(integer),
  }),
  InferenceState: object({
    inference: refTo('Inference'),
    stage: { enum: ['settled', 'finalized'] },
    block: integer,
    state: object({
      status,
      checks: list(object({ name: text, status, source: text, reason: text })),
    }),
  }),
  InferenceProof: object({
    inferenceId: word,
    leaf: hexOf(192),
    log: object({
      ...{ chainId: integer, inferenceLog: address, owner: orNull(address) },
      ...{ sessionKey: orNull(address), instance: orNull(word) },
    }),
    inference: object({
      ...{ modelId: word, environmentId: word, commitment: word },
      ...{ sequence: integer, servedAt: integer },
    }),
    batch: object({
      ...{ first: integer, count: integer, root: word, mode: { enum: ['inline', 'external'] } },
      ...{ dataDigest: word, proof: list(word) },
    }),
    settlement: object({
      ...{
        logId: word,
        settledAt: integer,
        signedByKey: { type: 'boolean' },
        blockNumber: integer,
      },
      ...{ transactionHash: word, uri: orNull(text) },
    }),
  }),
  Health: object({ status: { const: 'ok' } }),
  Readiness: object({
    ready: { type: 'boolean' },
    chains: byChain(
      object({ ready: { type: 'boolean' }, block: orNull(integer), head: orNull(integer) }),
    ),
  }),
  Stats: object({ chains: byChain(stats) }),
  Status: object({
    version: text,
    uptime: count,
    upstreams: list(
      object({
        ...{ role: { enum: ['writer', 'reader'] }, state: { enum: ['up', 'down', 'draining'] } },
        outstanding: count,
      }),
    ),
    chains: byChain(chain),
  }),
  Problem: {
    type: 'object',
    properties: { error: text, code: text, advice: text },
    required: ['error'],
  },
}
