import { printable } from '../../errors/printable.ts'
import type { EvidenceFinding } from '../attestations.ts'
import type { Check } from '../report.ts'
import { linesOf } from './line.ts'

const { line } = linesOf('evidence')

/** What providers signed of the exchange; undefined if the receipt holds nothing of that kind. */
export function checkEvidence(findings: readonly EvidenceFinding[]): Check | undefined {
  if (findings.length === 0) return undefined
  const [refused] = findings.filter((it) => 'refused' in it)
  if (refused) return line('refuted', 'proven', `${nameOf(refused)}: ${printable(refused.refused)}`)
  const [unread] = findings.filter((it) => 'unread' in it)
  if (unread) {
    return line('unknown', 'declared', `${nameOf(unread)} ${unread.unread}.`, unread.raise)
  }
  const words = findings.flatMap((it) => ('report' in it ? [wordsOf(it)] : []))
  return line('verified', 'proven', `${words.join('. ')}.`)
}

/** Whose word it is stands there: a gateway's is never a model's. */
function wordsOf(finding: Extract<EvidenceFinding, { report: unknown }>): string {
  const { speaker, model, key } = finding.report
  const who =
    speaker === 'gateway'
      ? 'a gateway, which says what passed it and not which model wrote it'
      : `the enclave of the model “${printable(model ?? '')}”, by its own word`
  return `${nameOf(finding)}: signed by ${key.slice(0, 42)}${key.length > 42 ? '…' : ''}, as ${who}`
}

const nameOf = ({ format }: EvidenceFinding) => `“${printable(format)}”`
