import { readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import { InputError, UsageError } from '../errors.ts'
import { checkTarget, writeFile } from '../output/write-file.ts'

/** Where settings are, unless `--settings` says otherwise. */
export const defaultEnvFile = '.assay/env'

/** Variables of Assay by their names. */
export type Variables = Record<string, string>

/**
 * Variables in the syntax of dotenv, which `node --env-file` and a shell's `source` read too.
 *
 * @throws UsageError if a value can't be written so that all of them read the same
 */
export function formatEnvFile(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      // Within single quotes nothing has a meaning but the quote itself.
      if (/['\p{Cc}]/u.test(value)) {
        throw new UsageError(`${name} must have no quote and no control character.`)
      }
      return `${name}='${value}'\n`
    })
    .join('')
}

/** The ASSAY_ variables of a file; undefined if there is none. @throws InputError if it can't be read */
export async function readEnvFile(path: string): Promise<Variables | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const { code = String(cause) } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new InputError(path, `cannot be read (${code})`, { cause })
  }
  // What else such a file may set, such as NODE_OPTIONS, is not ours to obey.
  return Object.fromEntries(
    Object.entries(parseEnv(text)).filter(
      (entry): entry is [string, string] => entry[0].startsWith('ASSAY_') && entry[1] !== undefined,
    ),
  )
}

/** Writes the file, readable by the user alone: it holds a key. @throws OutputError, UsageError */
export async function writeEnvFile(
  path: string,
  variables: Variables,
  { replace }: { replace: boolean },
): Promise<void> {
  checkTarget(path, { replace })
  await writeFile(path, formatEnvFile(variables), { replace })
}

/**
 * Takes the settings of `--settings`, or of `.assay/env` if it is there, into the environment. What is set there already stays, as
 * with `node --env-file`.
 *
 * @returns The file; undefined if there is none.
 * @throws InputError if one that was named is missing
 */
export async function loadEnvFile(named: string | undefined): Promise<string | undefined> {
  const path = named ?? defaultEnvFile
  const variables = await readEnvFile(path)
  if (!variables) {
    if (named !== undefined) throw new InputError(path, 'is not there')
    return undefined
  }
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value
  return path
}
