import * as authorize from './authorizeSessionKey.ts'
import type { ReadClient, WriteClient } from './contract.ts'
import * as environment from './getEnvironment.ts'
import * as head from './getHead.ts'
import * as model from './getModel.ts'
import * as sessionKey from './getSessionKey.ts'
import * as settlement from './getSettlement.ts'
import * as included from './isIncluded.ts'
import * as verdicts from './postVerdicts.ts'
import * as publish from './publishModel.ts'
import * as register from './registerEnvironment.ts'
import * as environmentCompromise from './reportEnvironmentCompromise.ts'
import * as sessionKeyCompromise from './reportSessionKeyCompromise.ts'
import * as retire from './retireModel.ts'
import * as revokeEnvironment from './revokeEnvironment.ts'
import * as revokeSessionKey from './revokeSessionKey.ts'
import * as external from './settleExternal.ts'
import * as inline from './settleInline.ts'
import * as skip from './skipInferences.ts'
import * as withdraw from './withdrawVerdicts.ts'

type Bound<T> = T extends (client: never, parameters: infer P) => infer R
  ? (parameters: P) => R
  : never

const reads = {
  getEnvironment: environment.getEnvironment,
  getHead: head.getHead,
  getModel: model.getModel,
  getSessionKey: sessionKey.getSessionKey,
  getSettlement: settlement.getSettlement,
  isIncluded: included.isIncluded,
}

const writes = {
  authorizeSessionKey: authorize.authorizeSessionKey,
  postVerdicts: verdicts.postVerdicts,
  publishModel: publish.publishModel,
  registerEnvironment: register.registerEnvironment,
  reportEnvironmentCompromise: environmentCompromise.reportEnvironmentCompromise,
  reportSessionKeyCompromise: sessionKeyCompromise.reportSessionKeyCompromise,
  retireModel: retire.retireModel,
  revokeEnvironment: revokeEnvironment.revokeEnvironment,
  revokeSessionKey: revokeSessionKey.revokeSessionKey,
  settleExternal: external.settleExternal,
  settleInline: inline.settleInline,
  skipInferences: skip.skipInferences,
  withdrawVerdicts: withdraw.withdrawVerdicts,
}

/** Assay's reads, bound to a client. */
export type AssayPublicActions = { [K in keyof typeof reads]: Bound<(typeof reads)[K]> }

/** Assay's reads and writes, bound to a client. */
export type AssayActions = AssayPublicActions & {
  [K in keyof typeof writes]: Bound<(typeof writes)[K]>
}

/**
 * All of Assay's actions, for a client with an account.
 *
 * @example
 * const client = createWalletClient({ account, chain, transport: http() }).extend(assayActions())
 * await client.authorizeSessionKey({ sessionKey, expiresAt })
 */
export function assayActions(): (client: WriteClient) => AssayActions {
  return (client) => bind({ ...reads, ...writes }, client) as AssayActions
}

/** Assay's reads, for any client. */
export function assayPublicActions(): (client: ReadClient) => AssayPublicActions {
  return (client) => bind(reads, client) as AssayPublicActions
}

function bind(actions: Record<string, unknown>, client: ReadClient): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(actions as Record<string, (c: ReadClient, p: unknown) => unknown>).map(
      ([name, action]) => [name, (parameters: unknown) => action(client, parameters)],
    ),
  )
}
