import { keyTypes, type KeyType, subjectKinds, type SubjectKind } from '@assay/sdk/formats'
import type { Hex } from 'viem'

/**
 * A text from an event as PostgreSQL can hold it. NUL, which no text column takes, becomes U+FFFD; so does invalid UTF-8, when the
 * event is decoded, before it comes here.
 */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\ufffd')
}

/** A value for which the contracts write zero when there is none. */
export function orNull(value: Hex): Hex | null {
  return /^0x0*$/.test(value) ? null : value
}

/** Name of a key type's number in the contract's enum. */
export function keyTypeOf(value: number): KeyType | 'unknown' {
  return (nameOf(keyTypes, value) as KeyType | undefined) ?? 'unknown'
}

/** Name of a subject kind's number in the contract's enum. */
export function subjectKindOf(value: number): SubjectKind | 'unknown' {
  return (nameOf(subjectKinds, value) as SubjectKind | undefined) ?? 'unknown'
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string | undefined {
  return Object.keys(names).find((name) => names[name] === value)
}
