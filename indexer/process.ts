import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { IndexerProcessError } from './errors.ts'

const keptLines = 20

/** With which the indexer ends when the chain is not the one that it has indexed. */
export const replacedChainExitCode = 77

/** With which it ends when it no longer follows the chain. */
export const stuckExitCode = 78

/** With which it ends when its database schema was taken away. */
export const goneSchemaExitCode = 79

/** A line that Ponder logs in its JSON format, so far as it is of use here. */
export type LogLine = { level?: number; msg?: string; port?: number }

/** Ponder as a process of its own. */
export type IndexerProcess = {
  /** Rejects with an IndexerProcessError when the process has ended; never resolves. */
  ended: Promise<never>
  /** Ends the process and resolves when it is gone, after at most 2.5 s. */
  stop(): Promise<void>
  /** Ends it at once. */
  kill(): void
  /** The last lines logged. */
  lastLines(): string[]
}

/**
 * Starts Ponder, with the Node that runs this and no package runner in between, so that there is one process to end.
 *
 * @param options.env - Its environment variables, instead of this process's.
 * @param options.cwd - Its working directory, where it writes the GraphQL schema.
 * @param options.onLine - Called with each line it logs.
 */
export function spawnPonder(options: {
  args: readonly string[]
  env: NodeJS.ProcessEnv
  cwd: string
  onLine: (line: string) => void
  /** Directory of the project that it runs. Default: the indexer. */
  root?: string | undefined
  /** Called with the id of the process. */
  onSpawn?: ((pid: number) => void) | undefined
}): IndexerProcess {
  const root = options.root ?? fileURLToPath(new URL('.', import.meta.url))
  const ponder = fileURLToPath(new URL('bin/ponder.js', import.meta.resolve('ponder')))
  const preloaded = ['parent-watch.ts', 'short-program-name.ts'].flatMap((name) => [
    '--import',
    new URL(name, import.meta.url).href,
  ])
  const child = spawn(
    process.execPath,
    [...preloaded, ponder, ...options.args, '--root', root, '--log-format', 'json'],
    {
      cwd: options.cwd,
      env: { ...options.env, ASSAY_PARENT_PID: String(process.pid) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  if (child.pid !== undefined) options.onSpawn?.(child.pid)
  const last: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      last.push(line)
      if (last.length > keptLines) last.shift()
      options.onLine(line)
    })
  }
  const exit = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
  const ended = new Promise<never>((_, reject) => {
    child.once('error', (error) =>
      reject(new IndexerProcessError('The indexer could not be started.', last, { cause: error })),
    )
    child.once('close', (code, signal) =>
      reject(
        new IndexerProcessError(
          `The indexer ended with ${signal ?? `exit code ${code}`}.`,
          [...last],
          { exitCode: code },
        ),
      ),
    )
  })
  // Whoever waits for it is told; an end that nobody waits for is no unhandled rejection.
  ended.catch(() => {})
  return {
    ended,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), 2_000)
      await exit
      clearTimeout(force)
    },
    kill: () => void child.kill('SIGKILL'),
    lastLines: () => [...last],
  }
}

/** A line of the log as an object, or undefined if it is not one of Ponder's. */
export function parseLogLine(line: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * Ponder's arguments to serve on a port that the public comes to by the gateway.
 *
 * @param command - `start` indexes too, `serve` only answers.
 */
export function ponderArgs(
  command: 'start' | 'serve',
  schema: string,
  port: number,
  logLevel: LogLevel | undefined,
): string[] {
  return [
    command,
    ...['--schema', schema],
    ...['--port', String(port)],
    ...['--hostname', '127.0.0.1'],
    // The line that names the port is of level info; what is passed on is chosen by who reads it.
    ...['--log-level', logLevel === 'debug' ? 'debug' : 'info'],
  ]
}

const levels = { debug: 20, info: 30, warn: 40, error: 50 }

export type LogLevel = keyof typeof levels

/** Whether a line of a level is to be logged; one that has none is. */
export function isLogged(level: number | undefined, least: LogLevel = 'info'): boolean {
  return level === undefined || level >= levels[least]
}
