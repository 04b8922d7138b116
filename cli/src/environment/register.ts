import {
  encodeKind,
  environmentIdOf,
  environmentKeyTypedData,
  type KeyType,
  keyTypes,
} from '@assay/sdk'
import { type Address, type Hex, zeroAddress } from 'viem'
import { UsageError } from '../errors.ts'
import { secondsOfDays } from '../input/days.ts'
import { timeoutMillisOf } from '../input/limits.ts'
import { bytesFrom } from '../input/words.ts'
import { attesterSignatureFrom, checkAttesterSignatures, joined } from './attester-signatures.ts'
import { type ClaimOptions, claimOf } from './claim.ts'
import { secondsFrom } from './judging.ts'
import type { Terminal } from '../output/terminal.ts'
import { timeOf } from '../output/time.ts'
import type { OwnerCall } from '../owner/owner-call.ts'
import type { OwnerOptions } from '../owner/options.ts'
import { showSpoken } from '../owner/show-spoken.ts'
import { integerIn, readSigningRequest } from '../owner/signing-request.ts'
import { checkOwnerOptions, speak } from '../owner/speak.ts'
import { addressFrom, openChain } from '../settings/chain.ts'
import { loadEnvFile } from '../settings/env-file.ts'
import { chainNow } from '../settings/now.ts'
import { accountFrom } from '../settings/session-key.ts'

export type RegisterOptions = OwnerOptions &
  ClaimOptions & {
    proof?: string
    days?: string
    validUntil?: string
    verifier?: string
    statement?: string
    attesterSignature?: string[]
    uri?: string
  }

/** Registers an environment in the owner's name. @throws UsageError, InputError; what the chain refuses */
export async function register(options: RegisterOptions, terminal: Terminal): Promise<void> {
  checkOwnerOptions(options)
  await loadEnvFile(options.settings)
  const place = await openChain(options, timeoutMillisOf(options.timeout))
  const claim = await claimOf(options, () => chainNow(place))
  const environmentRegistry = place.contract('environmentRegistry')
  const validUntil = await validUntilOf(options, () => chainNow(place))
  const registration = {
    ...claim,
    kind: encodeKind(claim.kind),
    keyType: keyTypes[claim.keyType],
    validUntil,
    verifier:
      options.verifier === undefined ? zeroAddress : addressFrom(options.verifier, '`--verifier`'),
    uri: options.uri ?? '',
  }
  const signatures = (options.attesterSignature ?? []).map(attesterSignatureFrom)
  if (signatures.length > 0 && options.verifier === undefined) {
    throw new UsageError('`--attester-signature` goes with `--verifier`.')
  }
  const statement = joined(bytesFrom(options.statement ?? '0x', '`--statement`'), signatures)
  const idFor = (registrant: Address) =>
    environmentIdOf(claim, { chainId: place.chainId, environmentRegistry, registrant })

  const call: OwnerCall = {
    kind: 'registerEnvironment',
    arguments: async (registrant) => {
      const environmentId = idFor(registrant)
      const { verifier } = registration
      await checkAttesterSignatures(signatures, { environmentId, validUntil }, verifier, place)
      const proofOfPossession = await proofOf(options, claim.keyType, () =>
        environmentKeyTypedData(environmentId, place.chainId, environmentRegistry),
      )
      return { registration, statement, proofOfPossession }
    },
    scope: (registrant) => [
      ['asks for', 'registration of an environment'],
      ['chain', String(place.chainId)],
      ['environment registry', environmentRegistry],
      ['registrant', registrant],
      ['kind', claim.kind],
      ['measurement', claim.measurement],
      ['key', claim.keyType === 'none' ? 'none' : `${claim.keyType} ${claim.key}`],
      ['attestation digest', claim.attestationDigest],
      ['valid until', timeOf(BigInt(validUntil))],
    ],
  }
  const spoken = await speak(call, place, options, terminal)
  const { account: registrant } = spoken
  const named = { registrant, environmentId: idFor(registrant) }
  await showSpoken(spoken, 'The environment is registered.', named, options, terminal)
}

/** The end that is given, else that of the request, else so many days from now. */
async function validUntilOf(
  { validUntil, days, request }: RegisterOptions,
  now: () => Promise<bigint>,
): Promise<number> {
  if (validUntil !== undefined && days !== undefined) {
    throw new UsageError('`--days` and `--valid-until` exclude each other.')
  }
  if (validUntil !== undefined) return secondsFrom(validUntil, '`--valid-until`')
  if (request === undefined) return Number(await now()) + secondsOfDays(days)
  return Number(integerIn(await readSigningRequest(request), 'validUntil', request))
}

/** That the registrant holds the environment's key: given, or signed by ASSAY_ENVIRONMENT_KEY. */
async function proofOf(
  { proof }: RegisterOptions,
  keyType: KeyType,
  typedData: () => ReturnType<typeof environmentKeyTypedData>,
): Promise<Hex> {
  if (proof !== undefined) return bytesFrom(proof, '`--proof`')
  const { ASSAY_ENVIRONMENT_KEY: key } = process.env
  if (keyType === 'secp256k1' && key !== undefined) {
    return accountFrom(key, 'ASSAY_ENVIRONMENT_KEY').signTypedData(typedData())
  }
  if (keyType !== 'secp256k1' && keyType !== 'p256') return '0x'
  throw new UsageError('The key of the environment has to sign its registration.', {
    metaMessages: [
      'Set ASSAY_ENVIRONMENT_KEY to a secp256k1 key, or give its signature by --proof.',
      `It signs: ${JSON.stringify(typedData().message)}, as docs/protocol.md says.`,
    ],
  })
}
