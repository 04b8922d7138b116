import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { JournalError } from '@assay/sdk/errors'
import { journalDirectory } from '../journals/journal-directory.ts'
import { plain } from '../output/plain.ts'
import { journalStatuses } from '../status/journal-status.ts'
import { holderText } from '../status/status.ts'
import type { Finding } from './finding.ts'

/** Whether journals can be written and read, and whether what they hold is being settled. */
export async function checkJournal(journal: string | undefined): Promise<Finding[]> {
  const check = 'journal'
  const directory = resolve(journalDirectory(journal))
  const where = nearest(directory)
  try {
    accessSync(where, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    const fix =
      'Give the user that records the right to write there, or name another: ASSAY_JOURNAL.'
    return [{ check, status: 'fail', text: `${plain(where)} cannot be written`, fix }]
  }
  if (where !== directory)
    return [{ check, status: 'ok', text: `${plain(directory)} is made with the first inference` }]
  const findings: Finding[] = [{ check, status: 'ok', text: `${plain(directory)} can be written` }]
  try {
    for await (const found of journalStatuses(directory, undefined)) {
      if ('problem' in found) {
        const fix = 'Restore it from a copy; what it holds alone cannot be settled or opened.'
        findings.push({ check, status: 'fail', text: plain(found.problem), fix })
        continue
      }
      const { folder, pending, holder } = found
      const text = `${plain(folder)}: ${pending} pending, held by ${holderText(holder)}`
      const isLeft = pending > 0n && holder?.isAlive !== true
      findings.push(
        isLeft
          ? { check, status: 'warn', text, fix: 'Settle what is left: `assay flush`.' }
          : { check, status: 'ok', text },
      )
    }
  } catch (error) {
    if (!(error instanceof JournalError)) throw error
    findings.push({ check, status: 'fail', text: plain(error.shortMessage) })
  }
  return findings
}

/** The directory, or the nearest one above that is there. */
function nearest(directory: string): string {
  return existsSync(directory) ? directory : nearest(dirname(directory))
}
