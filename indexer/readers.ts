import { freePort } from './preflight.ts'
import { type IndexerProcess, parseLogLine, spawnPonder } from './process.ts'
import { variables } from './variables.ts'

export type ReaderOptions = {
  /** Arguments for Ponder. */
  args: (port: number) => readonly string[]
  env: NodeJS.ProcessEnv
  cwd: string
  root: string | undefined
  onLine: (line: string) => void
  /** Called with the URLs of those that serve, when they have changed. */
  onChange: (urls: readonly string[]) => void
}

/** Processes that only answer. */
export type Readers = {
  /** Ends them, within 2.5 s. */
  stop(): Promise<void>
}

const firstPauseMillis = 500
const longestPauseMillis = 10_000
/** Who has served so long has not failed at its start. */
const steadyMillis = 30_000

/** Runs processes that only answer. One that ends is started anew, after pauses that grow while it does not last: its tables may not be there yet. */
export function startReaders(count: number, options: ReaderOptions): Readers {
  const urls = new Map<number, string>()
  const stopping = new AbortController()
  const { signal } = stopping
  const running = new Map<number, IndexerProcess>()

  function tell(reader: number, url: string | undefined): void {
    if (url === undefined) urls.delete(reader)
    else urls.set(reader, url)
    options.onChange([...urls.values()])
  }

  async function run(reader: number): Promise<void> {
    let pause = firstPauseMillis
    for (;;) {
      const begin = Date.now()
      const port = await freePort()
      if (signal.aborted) return
      const child = spawnPonder({
        ...{ env: options.env, cwd: options.cwd, root: options.root, args: options.args(port) },
        onLine(line) {
          const entry = parseLogLine(line)
          if (entry?.msg === 'Created HTTP server' && entry.port && !signal.aborted) {
            tell(reader, `http://127.0.0.1:${entry.port}`)
          }
          options.onLine(line)
        },
      })
      running.set(reader, child)
      await child.ended.catch(() => undefined)
      tell(reader, undefined)
      pause = Date.now() - begin > steadyMillis ? firstPauseMillis : pause * 2
      await sleep(Math.min(pause, longestPauseMillis), signal)
    }
  }

  const all = Promise.all(Array.from({ length: count }, (_, reader) => run(reader)))
  return {
    async stop() {
      stopping.abort()
      await Promise.all([...running.values()].map((child) => child.stop()))
      await all
    },
  }
}

function sleep(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, millis)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** The environment of a reader: it announces no blocks to anybody. */
export function readerEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { name } = variables.wsUrl
  return Object.fromEntries(
    Object.entries(env).filter(([it]) => it !== name && !it.startsWith(`${name}_`)),
  )
}
