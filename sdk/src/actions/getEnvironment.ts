import { type Address, type Hex, zeroAddress } from 'viem'
import { environmentRegistryEnvironmentOf } from '../generated/reads.ts'
import { decodeKind, type KeyType, keyTypes } from '../formats/environment.ts'
import { addressOf, type ReadClient } from './contract.ts'
import { read } from './read.ts'

/** A registered environment. Times in Unix seconds; undefined: it did not happen. */
export type Environment = {
  registrant: Address
  registeredAt: number
  validUntil: number
  revokedAt: number | undefined
  compromise: { since: number; reportedAt: number; reporter: Address } | undefined
  /** The on-chain verifier that vouched for it. */
  verifier: Address | undefined
  kind: string
  measurement: Hex
  keyType: KeyType
  key: Hex
  attestationDigest: Hex
}

export type GetEnvironmentParameters = {
  environmentId: Hex
  /** Default: the latest block. */
  blockNumber?: bigint | undefined
  /** Default: the deployment on the client's chain. */
  environmentRegistry?: Address | undefined
}

type Raw = Omit<Environment, 'revokedAt' | 'compromise' | 'verifier' | 'kind' | 'keyType'> & {
  revokedAt: number
  compromisedSince: number
  compromiseReportedAt: number
  reporter: Address
  verifier: Address
  kind: Hex
  keyType: number
}

const keyTypeNames = Object.keys(keyTypes) as KeyType[]

/**
 * A registered environment.
 *
 * @returns Undefined if it was not registered.
 * @throws RpcUnreachableError, NoContractError
 */
export async function getEnvironment(
  client: ReadClient,
  parameters: GetEnvironmentParameters,
): Promise<Environment | undefined> {
  const raw = await read<Raw>(client, 'environmentRegistry', {
    address: addressOf(client, 'environmentRegistry', parameters.environmentRegistry),
    function: environmentRegistryEnvironmentOf,
    args: [parameters.environmentId],
    blockNumber: parameters.blockNumber,
  })
  if (raw.registeredAt === 0) return undefined
  return {
    registrant: raw.registrant,
    registeredAt: raw.registeredAt,
    validUntil: raw.validUntil,
    revokedAt: raw.revokedAt || undefined,
    compromise: raw.compromiseReportedAt
      ? {
          since: raw.compromisedSince,
          reportedAt: raw.compromiseReportedAt,
          reporter: raw.reporter,
        }
      : undefined,
    verifier: raw.verifier === zeroAddress ? undefined : raw.verifier,
    kind: decodeKind(raw.kind),
    measurement: raw.measurement,
    keyType: keyTypeNames[raw.keyType] ?? 'none',
    key: raw.key,
    attestationDigest: raw.attestationDigest,
  }
}
