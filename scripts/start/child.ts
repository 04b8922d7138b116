import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parentWatch } from './build.ts'
import { StartError } from './errors.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A script of this repository that runs as a process of its own. */
export type Child = {
  /** Resolves when it has ended, with its exit code; 1 for one that a signal ended. */
  ended: Promise<number>
  /** Resolves with the rest of the first line on stdout that begins so. */
  line(beginning: string): Promise<string>
  /** Ends it, by force after a while. */
  stop(): Promise<void>
}

/**
 * Starts a script with the Node that runs this. The script ends when this process does, however that ends.
 *
 * @param script - Path from the root of the repository.
 * @param variables - Its environment, on top of this process's, of which no ASSAY_ variable is passed on: they would speak of
 * another chain.
 * @param output - What to do with its stdout: pass it on, pass it to stderr, or keep it for `line`.
 */
export function startChild(
  script: string,
  variables: Record<string, string>,
  output: 'stdout' | 'stderr' | 'keep',
): Child {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ASSAY_'))
  const child = spawn(process.execPath, ['--import', parentWatch, script], {
    cwd: root,
    env: {
      ...Object.fromEntries(inherited),
      ...variables,
      ASSAY_PARENT_PID: String(process.pid),
    },
    stdio: ['ignore', output === 'keep' ? 'pipe' : output === 'stdout' ? 1 : 2, 'inherit'],
  })
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => {
      resolve(1)
    })
    child.once('exit', (code) => {
      resolve(code ?? 1)
    })
  })
  return {
    ended,
    line: (beginning) => firstLine(child, script, beginning),
    async stop() {
      child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), 1_500)
      await ended
      clearTimeout(force)
    },
  }
}

function firstLine(child: ChildProcess, script: string, beginning: string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => {
      reject(new StartError(`${script} ended before it was ready.`, ['Its output stands above.']))
    })
    if (!child.stdout) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith(beginning)) resolve(line.slice(beginning.length).trim())
      else process.stderr.write(`${line}\n`)
    })
  })
}
