import { hexToBytes, isAddressEqual, keccak256, slice, zeroHash } from 'viem'
import { sha256 } from '../../crypto/sha256.ts'
import { equalBytes } from '../../formats/bytes.ts'
import { namedModelIdOf } from '../../formats/inference.ts'
import type { Environment } from '../../actions/getEnvironment.ts'
import type { ChainState, Unread } from '../chain-state.ts'
import type { Check, CheckSource, CheckStatus, Question } from '../report.ts'
import type { Signer } from '../signer.ts'
import type { Subject } from '../subject.ts'
import { isAfterRevocation } from './settlement.ts'

const decoder = new TextDecoder()
const date = (seconds: number) => new Date(seconds * 1000).toISOString()

function answer(
  question: Question & Check['name'],
  status: CheckStatus,
  source: CheckSource,
  reason: string,
  raise?: string,
): Check {
  return { name: question, question, status, source, reason, ...(raise ? { raise } : {}) }
}

const runRaise =
  'A verdict that your policy trusts, a replay that agrees, or a proof could show that it ran.'

/** Which model: who published it. That it ran is declared, whatever is found. */
export function checkModel({ inference, opened }: Subject, state: ChainState | Unread): Check {
  const returned = opened.get('model.returned') ?? opened.get('model.requested')
  const name = returned && returned.length > 0 ? decoder.decode(returned) : undefined
  if (inference.modelId === zeroHash) {
    return answer(
      'model',
      'unknown',
      'declared',
      name
        ? `Not registered; the recorder names “${name}”.`
        : 'Not registered, and not named here.',
      'The publisher of the weights can register them.',
    )
  }
  const endpoint = opened.get('endpoint')
  if (
    name &&
    endpoint &&
    inference.modelId === namedModelIdOf(originOf(decoder.decode(endpoint)), name)
  ) {
    return answer(
      'model',
      'unknown',
      'declared',
      `The recorder names “${name}” publicly; nobody published its weights.`,
    )
  }
  if ('unread' in state) return answer('model', 'unknown', 'declared', state.unread, state.raise)
  const { model } = state
  if (!model) {
    return answer('model', 'unknown', 'declared', 'The model id is not in the registry.')
  }
  const retired = model.retiredAt ? ` It was retired ${date(model.retiredAt)}.` : ''
  return answer(
    'model',
    'unknown',
    'declared',
    `Published by ${model.publisher} ${date(model.publishedAt)}, manifest ${model.manifestDigest}. That it ran is the recorder’s word.${retired}`,
    runRaise,
  )
}

/** Which environment: who registered it, whether it was in force, whether its own key signed. */
export function checkEnvironment(
  subject: Subject,
  signer: Signer,
  state: ChainState | Unread,
): Check {
  const { inference, place } = subject
  if (inference.environmentId === zeroHash) {
    return answer(
      'environment',
      'unknown',
      'declared',
      'None is named.',
      'The operator can register where it runs.',
    )
  }
  if ('unread' in state)
    return answer('environment', 'unknown', 'declared', state.unread, state.raise)
  const { environment, settlement } = state
  if (!environment) {
    return answer(
      'environment',
      'unknown',
      'declared',
      'The environment id is not in the registry.',
    )
  }
  const servedAt = Number(inference.servedAt / 1000n)
  const who = `“${environment.kind}”, registered by ${environment.registrant}`
  const settledAt = settlement?.settledAt
  if (settledAt === undefined) {
    return answer(
      'environment',
      'unknown',
      'declared',
      `${who}. Not settled, so no time to judge it by.`,
    )
  }
  if (environment.compromise && settledAt >= BigInt(environment.compromise.since)) {
    const { reporter, reportedAt, since } = environment.compromise
    return answer(
      'environment',
      'unknown',
      'vouched',
      `${who}. ${reporter} reported at ${date(reportedAt)} that it was compromised since ${date(since)}, before this was settled.`,
    )
  }
  if (
    environment.revokedAt !== undefined &&
    isAfterRevocation(inference.servedAt, settledAt, environment.revokedAt)
  ) {
    return answer(
      'environment',
      'refuted',
      'vouched',
      `${who}. Revoked ${date(environment.revokedAt)}, before this was served.`,
    )
  }
  if (servedAt > environment.validUntil) {
    return answer(
      'environment',
      'refuted',
      'vouched',
      `${who}. It was valid until ${date(environment.validUntil)} only.`,
    )
  }
  if (servedAt < environment.registeredAt) {
    return answer(
      'environment',
      'unknown',
      'declared',
      `${who}, but only ${date(environment.registeredAt)}, after this was served.`,
    )
  }
  const bySameKey = signer === 'sessionKey' && isKeyOf(environment, place.sessionKey)
  return answer(
    'environment',
    'unknown',
    'declared',
    bySameKey
      ? `${who}; its own key signed the batch. Nothing that this policy believes attests what the key runs on.`
      : `${who}; named by the recorder, whose key is another.`,
    bySameKey
      ? 'An attestation that binds the key to the measurement would raise it.'
      : 'Only a batch or evidence signed by the environment’s own key can show that it ran there.',
  )
}

/** Whether the output was made by that model, there: nothing in a plain record shows it. */
export function checkOutput(): Check {
  return answer(
    'output',
    'unknown',
    'declared',
    'That the model made this output from this input is the recorder’s word.',
    runRaise,
  )
}

/** Bytes of an exchange that the reader holds. */
export type ExchangeContents = {
  /** Body of the request, after codings are removed. */
  request?: Uint8Array | undefined
  /** Body of the response, after codings are removed. */
  response?: Uint8Array | undefined
}

/** Whether the receipt speaks of the contents that the reader holds; undefined if the reader gave none. */
export function checkContents(
  { opened }: Subject,
  contents: ExchangeContents = {},
): Check | undefined {
  const line = (status: CheckStatus, reason: string): Check => ({
    name: 'contents',
    question: 'output',
    status,
    source: 'proven',
    reason,
  })
  const given = (['request', 'response'] as const).filter((part) => contents[part])
  if (given.length === 0) return undefined
  for (const part of given) {
    const digest = opened.get(`${part}.sha256`)
    if (!digest) return line('unknown', `The receipt does not show the digest of the ${part}.`)
    if (!equalBytes(digest, sha256(contents[part] as Uint8Array))) {
      return line('refuted', `The ${part} is not the one that was recorded.`)
    }
  }
  return line('verified', `The ${given.join(' and the ')} you hold is what was recorded.`)
}

function isKeyOf(environment: Environment, address: `0x${string}`): boolean {
  if (environment.keyType !== 'secp256k1' || hexToBytes(environment.key).length !== 65) return false
  return isAddressEqual(slice(keccak256(slice(environment.key, 1)), 12), address)
}

function originOf(endpoint: string): string {
  return URL.canParse(endpoint) ? new URL(endpoint).origin : endpoint
}
