import {
  encodeKind,
  type EnvironmentClaim,
  environmentIdOf,
  environmentKeyTypedData,
  type KeyType,
  keyTypes,
} from '@assay/sdk'
import { createHash } from 'node:crypto'
import { type Address, type Hex, zeroAddress, zeroHash } from 'viem'
import { UsageError } from '../errors.ts'
import { secondsOfDays } from '../input/days.ts'
import { defaultTimeout, maxContentBytes, timeoutMillisOf } from '../input/limits.ts'
import { bytesFrom, wordFrom } from '../input/words.ts'
import { fileChunks, gather } from '../input/chunks.ts'
import type { JudgingOptions } from './judging.ts'
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
  JudgingOptions & {
    archive?: string
    kind?: string
    measurement?: string
    keyType?: string
    key?: string
    proof?: string
    attestation?: string
    attestationDigest?: string
    days?: string
    verifier?: string
    statement?: string
    uri?: string
  }

/** Registers an environment in the owner's name. @throws UsageError, InputError; what the chain refuses */
export async function register(options: RegisterOptions, terminal: Terminal): Promise<void> {
  checkOwnerOptions(options)
  await loadEnvFile(options.settings)
  const place = await openChain(options, timeoutMillisOf(options.timeout))
  const claim = await claimOf(options, () => chainNow(place))
  const environmentRegistry = place.contract('environmentRegistry')
  const { request } = options
  const validUntil =
    request === undefined
      ? Number(await chainNow(place)) + secondsOfDays(options.days)
      : Number(integerIn(await readSigningRequest(request), 'validUntil', request))
  const registration = {
    ...claim,
    kind: encodeKind(claim.kind),
    keyType: keyTypes[claim.keyType],
    validUntil,
    verifier:
      options.verifier === undefined ? zeroAddress : addressFrom(options.verifier, '`--verifier`'),
    uri: options.uri ?? '',
  }
  const statement = bytesFrom(options.statement ?? '0x', '`--statement`')
  const idFor = (registrant: Address) =>
    environmentIdOf(claim, { chainId: place.chainId, environmentRegistry, registrant })

  const call: OwnerCall = {
    kind: 'registerEnvironment',
    arguments: async (registrant) => ({
      registration,
      statement,
      proofOfPossession: await proofOf(options, claim.keyType, () =>
        environmentKeyTypedData(idFor(registrant), place.chainId, environmentRegistry),
      ),
    }),
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

async function claimOf(
  options: RegisterOptions,
  now: () => Promise<bigint>,
): Promise<EnvironmentClaim> {
  const { archive, kind, measurement, keyType = 'none' } = options
  const { attestation, attestationDigest } = options
  if (!Object.hasOwn(keyTypes, keyType)) {
    throw new UsageError(`\`--key-type\` must be one of ${Object.keys(keyTypes).join(', ')}.`)
  }
  if ((keyType === 'none') !== (options.key === undefined)) {
    throw new UsageError('`--key` and `--key-type` go together.')
  }
  const given = [archive, attestation, attestationDigest].filter((it) => it !== undefined)
  if (given.length > 1) {
    throw new UsageError(
      '`--archive`, `--attestation` and `--attestation-digest` exclude each other.',
    )
  }
  const key = { keyType: keyType as KeyType, key: bytesFrom(options.key ?? '0x', '`--key`') }
  const measured =
    measurement === undefined ? {} : { measurement: wordFrom(measurement, '`--measurement`') }
  if (archive !== undefined) {
    const { archivedClaim } = await import('./archived.ts')
    const stated = { ...key, ...(kind !== undefined && { kind }), ...measured }
    return archivedClaim(archive, stated, options, Number(await now()))
  }
  if (kind === undefined || measured.measurement === undefined) {
    throw new UsageError('`--kind` and `--measurement` are needed, or `--archive`.')
  }
  return {
    kind,
    measurement: measured.measurement,
    ...key,
    attestationDigest:
      attestation === undefined
        ? wordFrom(attestationDigest ?? zeroHash, '`--attestation-digest`')
        : await digestOfFile(attestation),
  }
}

async function digestOfFile(path: string): Promise<Hex> {
  const bytes = await gather(fileChunks(path, defaultTimeout * 1000), path, maxContentBytes)
  return `0x${createHash('sha256').update(bytes).digest('hex')}`
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
