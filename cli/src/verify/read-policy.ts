import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { defaultPolicy, parsePolicy, type VerificationPolicy } from '@assay/sdk/verify'
import { InputError } from '../errors.ts'
import { maxDocumentBytes } from '../input/limits.ts'
import { readFileText } from '../input/read-text.ts'
import type { Terminal } from '../output/terminal.ts'
import { readyPolicies, readyPolicy } from './ready-policies.ts'

/**
 * The ready policy of a name, or that of a file, or the default one. A file that is named like a ready one is meant by `./name`, so
 * that no file that happens to lie here decides what is believed; and that it was passed over is said.
 *
 * @throws InputError that names the ready ones where it could have been meant as a name, InvalidPolicyError
 */
export async function readPolicy(
  argument: string | undefined,
  timeoutMillis: number,
  terminal: Terminal,
): Promise<VerificationPolicy> {
  if (argument === undefined) return defaultPolicy
  const ready = readyPolicy(argument)
  if (!ready) return parsePolicy(await readPolicyFile(argument, timeoutMillis))
  if (existsSync(argument)) {
    await terminal.note(
      `The ready policy ${argument} is taken, not the file of that name: ./${argument} means the file.`,
    )
  }
  return ready
}

async function readPolicyFile(path: string, timeoutMillis: number): Promise<string> {
  try {
    return await readFileText(path, maxDocumentBytes, timeoutMillis)
  } catch (error) {
    const isMissing = error instanceof InputError && isNoEntry(error.cause)
    if (!isMissing || basename(path) !== path) throw error
    throw new InputError(path, 'is no file, and no ready policy has that name', {
      cause: error,
      metaMessages: [`Ready policies: ${readyPolicies.join(', ')}`],
      docsPath: 'policies.md#ready-ones',
    })
  }
}

const isNoEntry = (cause: unknown) =>
  (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
