import { InvalidAttestationOptionsError } from '../judging/errors.ts'

/**
 * Reads an object that a tool wrote, member by member.
 *
 * @param at - Where it stands, for errors: a path's beginning with its point.
 */
export function membersOf(value: unknown, at = '') {
  const members = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >
  const text = (name: string): string => {
    const member = members[name]
    if (typeof member === 'string') return member
    throw new InvalidAttestationOptionsError(at + name, 'must be a text')
  }
  return {
    text,
    bytes: (name: string): Uint8Array => {
      const hex = text(name)
      if (hex.length % 2 === 0 && /^[0-9a-f]*$/i.test(hex)) return Buffer.from(hex, 'hex')
      throw new InvalidAttestationOptionsError(at + name, 'must be hex without 0x')
    },
    uint32: (name: string): number => {
      const member = members[name]
      if (typeof member === 'number' && member >>> 0 === member) return member
      throw new InvalidAttestationOptionsError(at + name, 'must be a whole number below 2^32')
    },
    has: (name: string): boolean => members[name] !== undefined,
  }
}
