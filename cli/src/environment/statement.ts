import {
  environmentIdOf,
  type EnvironmentStatement,
  environmentStatementTypedData,
} from '@assay/sdk'
import type { Address, Hex } from 'viem'
import type { GlobalOptions } from '../commands/global-options.ts'
import { UsageError } from '../errors.ts'
import { timeoutMillisOf } from '../input/limits.ts'
import { wordFrom } from '../input/words.ts'
import { timeOf } from '../output/time.ts'
import { addressFrom, type ChainOptions, type OpenChain, openChain } from '../settings/chain.ts'
import { chainNow } from '../settings/now.ts'
import { type ClaimOptions, claimOf } from './claim.ts'
import { secondsFrom } from './judging.ts'

/** Options that say what an attester is to sign. */
export type StatementOptions = GlobalOptions &
  ChainOptions &
  ClaimOptions & {
    settings?: string
    timeout?: string
    verifier?: string
    validUntil?: string
    deadline?: string
    registrant?: string
  }

/** What an attester is to sign, for which verifier. */
export type AskedStatement = {
  place: OpenChain
  verifier: Address
  statement: EnvironmentStatement
  typedData: ReturnType<typeof environmentStatementTypedData>
  /** For the one who signs: who it is stands between the verifier and the environment. */
  rows: (attester: readonly (readonly [string, string])[]) => (readonly [string, string])[]
  /** By the names of JSON's members. */
  said: Record<string, string | number>
}

/** How long a statement may be used, unless said otherwise, in seconds. */
const defaultValidity = 7 * 86_400

/** Refuses options that do not say all of what is signed, or say it twice. @throws UsageError */
export function checkStatementOptions(id: string | undefined, options: StatementOptions): void {
  const { registrant, archive, kind, measurement, verifier, validUntil } = options
  if (verifier === undefined || validUntil === undefined) {
    throw new UsageError(
      '`--verifier` and `--valid-until` are needed: they are part of what is signed.',
    )
  }
  const isDescribed = [registrant, archive, kind, measurement].some((it) => it !== undefined)
  if ((id !== undefined) === isDescribed) {
    throw new UsageError(
      'Either the id of the environment is needed, or `--registrant` and what it is.',
    )
  }
  if (isDescribed && registrant === undefined) {
    throw new UsageError('`--registrant` is needed: it is part of the id.')
  }
}

/**
 * What the options ask an attester to sign. They are checked before.
 *
 * @throws UsageError, InputError; AttestationRefusedError for an archive that does not hold
 */
export async function askedStatement(
  id: string | undefined,
  options: StatementOptions,
): Promise<AskedStatement> {
  const verifier = addressFrom(options.verifier ?? '', '`--verifier`')
  const validUntil = secondsFrom(options.validUntil ?? '', '`--valid-until`')
  const place = await openChain(options, timeoutMillisOf(options.timeout))
  const { chainId } = place
  const environmentId = await environmentIdFrom(id, options, place)
  const deadline =
    options.deadline === undefined
      ? Number(await chainNow(place)) + defaultValidity
      : secondsFrom(options.deadline, '`--deadline`')
  const statement = { environmentId, validUntil, deadline }
  return {
    ...{ place, verifier, statement },
    typedData: environmentStatementTypedData(statement, chainId, verifier),
    rows: (attester) => [
      ['asks for', 'an attester’s statement on an environment'],
      ['chain', String(chainId)],
      ['verifier', verifier],
      ...attester,
      ['environment', environmentId],
      ['valid until', timeOf(BigInt(validUntil))],
      ['to be used until', timeOf(BigInt(deadline))],
    ],
    said: { ...statement, chainId, verifier },
  }
}

/** The id that is given, or that of what is said of the environment. */
async function environmentIdFrom(
  id: string | undefined,
  options: StatementOptions,
  place: OpenChain,
): Promise<Hex> {
  if (id !== undefined) return wordFrom(id, 'The environment id')
  return environmentIdOf(await claimOf(options, () => chainNow(place)), {
    chainId: place.chainId,
    environmentRegistry: place.contract('environmentRegistry'),
    registrant: addressFrom(options.registrant ?? '', '`--registrant`'),
  })
}
