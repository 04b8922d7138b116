import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { PostgresToolError } from './errors.ts'

const keptBytes = 4_000

type Program = 'pg_dump' | 'pg_restore'

/** Where PostgreSQL's programs are, and the database that they are for. */
export type ProgramOptions = {
  databaseUrl: string
  /** Directory of the programs; undefined: on the PATH. */
  postgresPrograms: string | undefined
}

/**
 * Checks that a program is there, and not older than what it has to read.
 *
 * @param atLeast - Major version.
 * @returns Its version, as it says itself.
 * @throws PostgresToolError
 */
export async function checkProgram(
  program: Program,
  atLeast: number,
  options: ProgramOptions,
): Promise<string> {
  const said = await run(program, ['--version'], options)
  const version = /(\d+)(\.\d+)*\S*/.exec(said)?.[0] ?? ''
  if (!(Number.parseInt(version, 10) >= atLeast)) {
    throw new PostgresToolError(
      `${program} is of PostgreSQL ${version || 'unknown'}, and PostgreSQL ${atLeast} or newer is needed.`,
      ['Name the directory of a newer one with ASSAY_PG_BIN.'],
    )
  }
  return version
}

/**
 * Runs a program against the database.
 *
 * @returns What it wrote on standard output.
 * @throws PostgresToolError with its last words if it is missing or fails.
 */
export async function run(
  program: Program,
  args: readonly string[],
  { databaseUrl, postgresPrograms }: ProgramOptions,
): Promise<string> {
  const path = postgresPrograms ? join(postgresPrograms, program) : program
  const { url, password } = withoutPassword(databaseUrl)
  const child = spawn(
    path,
    args.map((it) => (it === databaseArgument ? `--dbname=${url}` : it)),
    {
      env: { ...process.env, LC_ALL: 'C', ...(password ? { PGPASSWORD: password } : {}) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  // However this process ends, bar by a signal that it can't hear.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let out = ''
  let words = ''
  child.stdout.on('data', (data: Buffer) => (out = `${out}${data.toString()}`.slice(-keptBytes)))
  child.stderr.on(
    'data',
    (data: Buffer) => (words = `${words}${data.toString()}`.slice(-keptBytes)),
  )
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve)
    })
    if (code !== 0) {
      throw new PostgresToolError(`${program} failed.`, words.trim().split('\n').slice(-10))
    }
    return out
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new PostgresToolError(
      `There is no ${program}${postgresPrograms ? ` in ${postgresPrograms}` : ' on the PATH'}.`,
      ['Install the client programs of PostgreSQL, or name their directory with ASSAY_PG_BIN.'],
      error,
    )
  } finally {
    process.off('exit', kill)
  }
}

/** Stands in a list of arguments for the database. */
export const databaseArgument = '<database>'

/** Arguments can be read by everyone on the machine; a program's environment can not. */
function withoutPassword(databaseUrl: string): { url: string; password: string | undefined } {
  const url = URL.parse(databaseUrl)
  if (!url?.password) return { url: databaseUrl, password: undefined }
  const password = decodeURIComponent(url.password)
  url.password = ''
  return { url: url.href, password }
}
