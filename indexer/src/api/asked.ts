import { checkStatuses, type CheckStatus } from '@assay/sdk/verify'
import { addressOf, integerOf, RequestError, wordOf } from './answers.ts'

const maxLimit = 1_000

/** What a list can be asked for, and how each is read. */
export const filters = {
  chainId: chainIdOf,
  modelId: wordOf,
  publisher: addressOf,
  manifestDigest: wordOf,
  environmentId: wordOf,
  measurement: wordOf,
  owner: addressOf,
  sessionKey: addressOf,
  logId: wordOf,
  root: wordOf,
  servedFrom: integerOf,
  servedBefore: integerOf,
  settledFrom: integerOf,
  settledBefore: integerOf,
  after: integerOf,
  status: statusOf,
  limit: limitOf,
} as const satisfies Record<string, (name: string, text: string) => unknown>

type Filters = { [K in keyof typeof filters]?: ReturnType<(typeof filters)[K]> | undefined }

/** What a list of inferences is asked for; all that is given has to fit. */
export type AskedInferences = Filters & { limit: number }

/**
 * Reads the parameters of a list of inferences.
 *
 * @throws RequestError for one that is unknown or malformed.
 */
export function readAsked(query: Readonly<Record<string, string>>): AskedInferences {
  const asked: Record<string, bigint | number | string> = {}
  for (const [name, text] of Object.entries(query)) {
    const read = Object.hasOwn(filters, name) ? filters[name as keyof Filters] : undefined
    if (!read) {
      const known = Object.keys(filters).join(', ')
      throw new RequestError(400, `there is no parameter of that name; there are ${known}`)
    }
    asked[name] = read(name, text)
  }
  return { ...(asked as Filters), limit: (asked.limit as number | undefined) ?? 100 }
}

export function statusOf(name: string, text: string): CheckStatus {
  const status = checkStatuses.find((known) => known === text)
  if (!status) throw new RequestError(400, `\`${name}\` is none of ${checkStatuses.join(', ')}`)
  return status
}

export function chainIdOf(name: string, text: string): number {
  const chainId = Number(integerOf(name, text))
  if (!Number.isSafeInteger(chainId)) throw new RequestError(400, `\`${name}\` is no chain's id`)
  return chainId
}

export function limitOf(name: string, text: string): number {
  const limit = Number(integerOf(name, text))
  if (limit < 1 || limit > maxLimit) {
    throw new RequestError(400, `\`${name}\` is not from 1 to ${maxLimit}`)
  }
  return limit
}
