import { keccak_256 } from '@noble/hashes/sha3.js'

/**
 * Keccak-256, as Ethereum uses it: the permutation of FIPS 202 with the padding of the original submission. No runtime has it.
 *
 * @returns 32 bytes.
 */
export const keccak256: (data: Uint8Array) => Uint8Array = keccak_256
