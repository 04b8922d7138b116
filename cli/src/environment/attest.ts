import {
  type AttesterSignature,
  decodeAttesterStatement,
  decodeKind,
  encodeAttesterStatement,
  environmentIdOf,
  environmentStatementTypedData,
} from '@assay/sdk'
import { attesterQuorumAbi } from '@assay/sdk/abi'
import { explainFailure } from '@assay/sdk/relay'
import { type Address, type Hex, zeroHash } from 'viem'
import type { GlobalOptions } from '../commands/global-options.ts'
import { UsageError } from '../errors.ts'
import { timeoutMillisOf } from '../input/limits.ts'
import { bytesFrom, wordFrom } from '../input/words.ts'
import { plainJson } from '../output/plain.ts'
import { table } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { timeOf } from '../output/time.ts'
import { addressFrom, type ChainOptions, type OpenChain, openChain } from '../settings/chain.ts'
import { loadEnvFile } from '../settings/env-file.ts'
import { chainNow } from '../settings/now.ts'
import { accountFrom } from '../settings/session-key.ts'
import { type ClaimOptions, claimOf } from './claim.ts'
import { secondsFrom } from './judging.ts'

export type AttestOptions = GlobalOptions &
  ChainOptions &
  ClaimOptions & {
    settings?: string
    timeout?: string
    verifier?: string
    validUntil?: string
    deadline?: string
    registrant?: string
    join?: string[]
  }

/** How long a statement may be used, unless said otherwise, in seconds. */
const defaultValidity = 7 * 86_400

/**
 * Prints the statement of an attester on an environment, joined with those of others.
 *
 * @throws UsageError, InputError, InvalidStatementError; AttestationRefusedError for an archive that does not hold
 */
export async function attest(
  id: string | undefined,
  options: AttestOptions,
  terminal: Terminal,
): Promise<void> {
  const { join = [], json } = options
  const others = join.flatMap((it) => decodeAttesterStatement(bytesFrom(it, '`--join`')))
  const joinsAlone = join.length > 0 && id === undefined && options.verifier === undefined
  const own = joinsAlone ? undefined : await sign(id, options, terminal)
  const signatures = own ? [...others, own.signature] : others
  const statement = encodeAttesterStatement(signatures)
  const attesters = signatures.map(({ attester }) => attester)
  const said = json ? plainJson({ ...own?.said, attesters, statement }) : statement
  await terminal.write(`${said}\n`)
}

/** One's own signature, and what it says. */
async function sign(
  id: string | undefined,
  options: AttestOptions,
  terminal: Terminal,
): Promise<{ signature: AttesterSignature; said: Record<string, string | number> }> {
  if (options.verifier === undefined || options.validUntil === undefined) {
    throw new UsageError(
      '`--verifier` and `--valid-until` are needed: they are part of what is signed.',
    )
  }
  checkNamed(id, options)
  const verifier = addressFrom(options.verifier, '`--verifier`')
  const validUntil = secondsFrom(options.validUntil, '`--valid-until`')
  await loadEnvFile(options.settings)
  const { ASSAY_ATTESTER_KEY: key } = process.env
  if (key === undefined) {
    throw new UsageError('There is no key to sign with.', {
      metaMessages: ['Set ASSAY_ATTESTER_KEY to the private key of the attester.'],
    })
  }
  const account = accountFrom(key, 'ASSAY_ATTESTER_KEY')
  const place = await openChain(options, timeoutMillisOf(options.timeout))
  const environmentId = await environmentIdFrom(id, options, place)
  const deadline =
    options.deadline === undefined
      ? Number(await chainNow(place)) + defaultValidity
      : secondsFrom(options.deadline, '`--deadline`')
  const name = await nameOf(account.address, verifier, place)
  const rows = [
    ['asks for', 'an attester’s statement on an environment'],
    ['chain', String(place.chainId)],
    ['verifier', verifier],
    ['attester', `${account.address}, which it calls ${name}`],
    ['environment', environmentId],
    ['valid until', timeOf(BigInt(validUntil))],
    ['to be used until', timeOf(BigInt(deadline))],
  ] as const
  await terminal.note(table(rows, terminal))
  const typedData = environmentStatementTypedData(
    { environmentId, validUntil, deadline },
    place.chainId,
    verifier,
  )
  const signature = await account.signTypedData(typedData)
  return {
    signature: { attester: account.address, deadline, signature },
    said: { environmentId, validUntil, deadline, chainId: place.chainId, verifier, name },
  }
}

/** Refuses an id beside what it follows from, and neither. @throws UsageError */
function checkNamed(id: string | undefined, options: AttestOptions): void {
  const { registrant, archive, kind, measurement } = options
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

/** The id that is given, or that of what is said of the environment. */
async function environmentIdFrom(
  id: string | undefined,
  options: AttestOptions,
  place: OpenChain,
): Promise<Hex> {
  if (id !== undefined) return wordFrom(id, 'The environment id')
  return environmentIdOf(await claimOf(options, () => chainNow(place)), {
    chainId: place.chainId,
    environmentRegistry: place.contract('environmentRegistry'),
    registrant: addressFrom(options.registrant ?? '', '`--registrant`'),
  })
}

/** What a verifier calls an attester of its. @throws UsageError for any other account; NoContractError */
async function nameOf(account: Address, verifier: Address, { client }: OpenChain): Promise<string> {
  const name = await client
    .readContract({
      address: verifier,
      abi: attesterQuorumAbi,
      functionName: 'nameOf',
      args: [account],
    })
    .catch((error: unknown) => {
      throw explainFailure(error, 'AttesterQuorum', verifier)
    })
  if (name !== zeroHash) return decodeKind(name)
  throw new UsageError('The key is that of no attester of this verifier.', {
    metaMessages: [`Account: ${account}`, `Verifier: ${verifier}`],
  })
}
