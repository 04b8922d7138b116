import {
  type Address,
  encodeAbiParameters,
  type Hex,
  hexToString,
  keccak256,
  size,
  slice,
  stringToHex,
} from 'viem'
import { InvalidInputError } from '../errors/input.ts'
import { domainOf } from './batch.ts'

/** Kinds of environments. */
export type EnvironmentKind = 'nitro' | 'tdx' | 'sev-snp' | 'none'

/** Numbers of the key types in the contract's enum `KeyType`. */
export const keyTypes = { none: 0, secp256k1: 1, p256: 2, ed25519: 3, rsa: 4 } as const

/**
 * Type of an environment's key, which says how the key is written: `secp256k1` and `p256` as SEC 1 uncompressed points of 65
 * bytes, `ed25519` as 32 bytes (RFC 8032), `rsa` as DER SubjectPublicKeyInfo, `none` as nothing.
 */
export type KeyType = keyof typeof keyTypes

/** What is registered of an environment, so far as it is part of its id. */
export type EnvironmentClaim = {
  /** ASCII, at most 32 bytes. */
  kind: EnvironmentKind | (string & {})
  /** SHA-256 over the kind's measurement registers. */
  measurement: Hex
  keyType: KeyType
  key: Hex
  /** SHA-256 of the archived attestation document, or zero. */
  attestationDigest: Hex
}

const idTypes = [
  'uint256',
  'address',
  'address',
  'bytes32',
  'bytes32',
  'uint8',
  'bytes32',
  'bytes32',
].map((type) => ({ type }))

/**
 * The address by which an environment's own key signs batches.
 *
 * @returns In lower case; undefined if it is a key of another type, or none at all.
 */
export function keyAddressOf({ keyType, key }: { keyType: string; key: Hex }): Address | undefined {
  if (keyType !== 'secp256k1' || size(key) !== 65) return undefined
  return slice(keccak256(slice(key, 1)), 12)
}

/**
 * An environment's kind as the contract holds it: ASCII, padded with zeros on the right to 32 bytes; or those bytes in hex, as
 * `decodeKind` gives them where they are no text.
 *
 * @throws InvalidInputError if it is empty, longer than 32 bytes or not printable ASCII.
 */
export function encodeKind(kind: string): Hex {
  if (/^0x[0-9a-f]{64}$/.test(kind)) return kind as Hex
  if (!/^[\x21-\x7e]{1,32}$/.test(kind)) {
    throw new InvalidInputError('environment', 'kind', 'must be 1 to 32 printable ASCII characters')
  }
  return stringToHex(kind, { size: 32 })
}

/** The text of a kind, or its hex if it is no printable ASCII. */
export function decodeKind(kind: Hex): string {
  const text = hexToString(kind, { size: 32 })
  return /^[\x21-\x7e]{1,32}$/.test(text) ? text : kind
}

/**
 * Id of an environment: keccak256(abi.encode(chainId, registry, registrant, kind, measurement, keyType, keccak256(key),
 * attestationDigest)).
 */
export function environmentIdOf(
  claim: EnvironmentClaim,
  place: { chainId: number; environmentRegistry: Address; registrant: Address },
): Hex {
  return keccak256(
    encodeAbiParameters(idTypes, [
      BigInt(place.chainId),
      place.environmentRegistry,
      place.registrant,
      encodeKind(claim.kind),
      claim.measurement,
      keyTypes[claim.keyType],
      keccak256(claim.key),
      claim.attestationDigest,
    ]),
  )
}

/** What an environment's key signs, so that nobody registers another's document (EIP-712). */
export function environmentKeyTypedData(
  environmentId: Hex,
  chainId: number,
  environmentRegistry: Address,
) {
  return {
    domain: domainOf(chainId, environmentRegistry),
    types: { EnvironmentKey: [{ name: 'environmentId', type: 'bytes32' }] },
    primaryType: 'EnvironmentKey',
    message: { environmentId },
  } as const
}
