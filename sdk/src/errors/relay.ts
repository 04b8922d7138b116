import { BaseError, type BaseErrorOptions } from './base.ts'

/** Without what may be a secret in it: user info and query. */
const shown = (url: string) => {
  try {
    const { origin, pathname } = new URL(url)
    return `${origin}${pathname === '/' ? '' : pathname}`
  } catch {
    return 'an address that is no URL'
  }
}

const kept = 'Nothing recorded is lost: settling is tried again.'

/** Thrown when a relay gives no usable answer. */
export class RelayUnreachableError extends BaseError {
  override name = 'RelayUnreachableError'

  constructor(url: string, options: BaseErrorOptions = {}) {
    super('The relay gives no usable answer.', {
      metaMessages: [`Relay: ${shown(url)}`, kept],
      docsPath: 'relay.md#when-it-fails',
      ...options,
    })
  }
}

/** Thrown when a relay refuses what it was handed. The reason is the relay's word. */
export class RelayRefusalError extends BaseError {
  override name = 'RelayRefusalError'
  /** HTTP status. */
  readonly status: number
  /** The relay's code, such as `budget-exceeded`; `unknown` if it gives none. */
  readonly code: string

  constructor(url: string, refusal: { status: number; code: string; detail: string }) {
    super(`The relay refuses (${refusal.status}, ${refusal.code}): ${refusal.detail}`, {
      metaMessages: [`Relay: ${shown(url)}`, kept],
      docsPath: 'relay.md#refusals',
    })
    this.status = refusal.status
    this.code = refusal.code
  }
}

/** What a relay did otherwise than it was asked or than it said. */
export type RelayDeviation = 'did-nothing' | 'changed-uri'

const deviations: Record<RelayDeviation, string> = {
  'did-nothing': 'said that it had sent a transaction, and the chain shows no effect of it',
  'changed-uri': 'gave another address for the batch data than it was handed',
}

/** Thrown or told when a relay did otherwise than it was asked or than it said. It cannot change what is settled. */
export class RelayDeviationError extends BaseError {
  override name = 'RelayDeviationError'
  readonly deviation: RelayDeviation

  constructor(url: string, deviation: RelayDeviation, seen: readonly string[] = []) {
    super(`The relay ${deviations[deviation]}.`, {
      metaMessages: [`Relay: ${shown(url)}`, ...seen, 'Use another relay, or pay for it yourself.'],
      docsPath: 'relay.md#what-a-relay-can-do',
    })
    this.deviation = deviation
  }
}

/** Thrown when the chain holds a batch with this root in another form than it was signed now: an earlier signature was used. */
export class SettlementMismatchError extends BaseError {
  override name = 'SettlementMismatchError'

  constructor(member: string, signed: string, settled: string) {
    super(`The batch is settled in another form: its ${member} is ${settled}, not ${signed}.`, {
      metaMessages: [
        'The key signed this batch twice, and the other signature was handed in. What is settled cannot be replaced.',
      ],
      docsPath: 'relay.md#what-a-relay-can-do',
    })
  }
}
