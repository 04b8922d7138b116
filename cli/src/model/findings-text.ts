import type { Finding } from '@assay/attestation/model'
import { plainShort } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'

/** What is odd about a model, a line each, for people. */
export async function noteFindings(
  findings: readonly Finding[],
  terminal: Terminal,
): Promise<void> {
  for (const { kind, path, problem, names, count } of findings) {
    await terminal.note(`${terminal.noteColors.yellow(`${kind}:`)} ${plainShort(path)} ${problem}`)
    for (const name of names) await terminal.note(`  ${plainShort(name)}`)
    if (count > names.length) await terminal.note(`  … and ${count - names.length} more`)
  }
}
