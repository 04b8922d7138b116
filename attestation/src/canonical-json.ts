import canonicalize from 'canonicalize'
import { MalformedError } from './judging/errors.ts'

/**
 * A value's canonical JSON (RFC 8785).
 *
 * @throws MalformedError if it has none: numbers beyond a double, halves of surrogates. JSON can say both.
 */
export function canonicalJson(value: unknown): string {
  try {
    const text = canonicalize(value)
    if (text !== undefined) return text
  } catch (cause) {
    throw new MalformedError('has no canonical JSON (RFC 8785)', { cause })
  }
  throw new MalformedError('is no JSON')
}
