import type { Hex } from 'viem'
import { InvalidAttestationOptionsError } from './errors.ts'
import { momentOf } from './moment.ts'

/** What every verification is asked with. */
export type AttestationOptions = {
  /** Time of judging in Unix seconds: for a registered environment, the time of the registration's block. */
  at: number
  /**
   * SHA-256 digests of the root certificates (DER) that are trusted, as a policy's `attestationRoots` has them. Default: the
   * manufacturer's, which stand in this package.
   */
  pins?: readonly Hex[]
}

/**
 * The options as they are used.
 *
 * @throws InvalidAttestationOptionsError
 */
export function readOptions(
  options: AttestationOptions,
  manufacturer: readonly Hex[],
): Required<AttestationOptions> {
  const { at, pins = manufacturer } = options
  if (!Array.isArray(pins) || !pins.every((pin) => /^0x[0-9a-f]{64}$/.test(String(pin)))) {
    throw new InvalidAttestationOptionsError('pins', 'must be SHA-256 digests in lower-case hex')
  }
  return { at: momentOf(at), pins: pins as readonly Hex[] }
}

/**
 * A document as bytes of its own, so that nobody changes them while they are judged.
 *
 * @throws InvalidAttestationOptionsError if it is no byte string.
 */
export function documentBytes(document: unknown): Uint8Array {
  if (!(document instanceof Uint8Array)) {
    throw new InvalidAttestationOptionsError('document', 'must be bytes (Uint8Array)')
  }
  return document
}
