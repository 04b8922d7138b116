import type { Hex } from 'viem'
import type { AttestationKind, AttestationRule } from './rules.ts'

/** What every verified document shows. */
export type AttestationReport<
  Kind extends AttestationKind = AttestationKind,
  Rule extends AttestationRule = AttestationRule,
> = {
  kind: Kind
  /** For when it was judged, in Unix seconds. */
  at: number
  /** SHA-256 of the document. */
  documentDigest: Hex
  /** SHA-256 of the pinned root certificate that it leads to. */
  root: Hex
  /** The kind's registers in one, as an environment is registered with them (docs/protocol.md). */
  measurement: Hex
  /** All that was checked, and holds. */
  rules: readonly { rule: Rule; requires: string }[]
  /** What nobody can tell from this document. */
  notCovered: readonly string[]
}

/** What no document of any kind shows. */
export const neverCovered = [
  'What the measured code does: that its build has this measurement, and what it asks of others, is for its auditors.',
  'The hardware: an attack on the machine itself, or a leaked key of the manufacturer, is not seen.',
  'Accelerators: GPUs attest by documents of their own, which are not read.',
] as const

/** Rules of a table as a report lists them. */
export function rulesOf<Rule extends string>(
  table: Readonly<Record<Rule, string>>,
  applies: (rule: Rule) => boolean = () => true,
): { rule: Rule; requires: string }[] {
  return (Object.keys(table) as Rule[])
    .filter(applies)
    .map((rule) => ({ rule, requires: table[rule] }))
}
