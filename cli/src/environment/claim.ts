import { type EnvironmentClaim, type KeyType, keyTypes } from '@assay/sdk'
import { createHash } from 'node:crypto'
import { type Hex, zeroHash } from 'viem'
import { UsageError } from '../errors.ts'
import { fileChunks, gather } from '../input/chunks.ts'
import { defaultTimeout, maxContentBytes } from '../input/limits.ts'
import { bytesFrom, wordFrom } from '../input/words.ts'
import type { JudgingOptions } from './judging.ts'

/** Options that say what an environment is. */
export type ClaimOptions = JudgingOptions & {
  archive?: string
  kind?: string
  measurement?: string
  keyType?: string
  key?: string
  attestation?: string
  attestationDigest?: string
}

/**
 * What is said of an environment.
 *
 * @param now - The present time as the chain counts it, for which an archive is judged.
 * @throws UsageError, InputError; AttestationRefusedError for an archive that does not hold
 */
export async function claimOf(
  options: ClaimOptions,
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
