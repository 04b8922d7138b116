import { inspectArchive } from '@assay/attestation'
import type { GlobalOptions } from '../commands/global-options.ts'
import { plainJson } from '../output/plain.ts'
import { table } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { readAttestation } from './read-attestation.ts'

/** Shows what an attestation says, unchecked. @throws InputError, InvalidArchiveError, AttestationRefusedError */
export async function inspect(
  path: string,
  { json }: GlobalOptions,
  terminal: Terminal,
): Promise<void> {
  const { document } = await readAttestation(path)
  const { kind, says } = inspectArchive(document)
  if (json) {
    await terminal.write(`${plainJson({ kind, says: Object.fromEntries(says) })}\n`)
    return
  }
  const title = terminal.colors.bold('What the attestation says; nothing of it is checked here')
  await terminal.write(`${title}\n${table([['kind', kind], ...says], terminal)}\n`)
}
