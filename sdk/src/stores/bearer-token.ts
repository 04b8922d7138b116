import { sha256Text } from '../crypto/sha256.ts'
import { InvalidConfigError } from '../errors/config.ts'

/**
 * Lets those in who know a token (RFC 6750, section 2.1). The time it takes says nothing of how much of a guess was right.
 *
 * @param tokens - Each of at least 16 characters; several, so that one can be replaced without a gap.
 * @throws InvalidConfigError
 */
export function bearerToken(...tokens: readonly string[]): (request: Request) => boolean {
  if (tokens.length === 0 || tokens.some((token) => !/^[\x21-\x7e]{16,}$/.test(token))) {
    throw new InvalidConfigError('token', 'must have at least 16 printable characters of ASCII')
  }
  const known = tokens.map((token) => sha256Text(token))
  return (request) => {
    const [, given] = /^bearer +(.+)$/i.exec(request.headers.get('authorization') ?? '') ?? []
    if (given === undefined) return false
    const digest = sha256Text(given)
    // No early end: all are looked at, to their last byte.
    return known.map((token) => differenceOf(token, digest)).includes(0)
  }
}

/** 0 if two digests are the same. */
function differenceOf(a: Uint8Array, b: Uint8Array): number {
  let difference = 0
  for (const [i, byte] of a.entries()) difference |= byte ^ b[i]!
  return difference
}
