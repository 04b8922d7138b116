import { BaseError } from '@assay/sdk'
import { BreakingSwitchError, NoSuchVersionError, VersionBehindError } from './errors.ts'
import { switchViews } from './switch-views.ts'

const lookMillis = 1_000
/** A switch that is refused for what the versions are is asked for again only now and then: somebody may have made room. */
const refusedMillis = 60_000
const stopMillis = 2_000

export type SwitchWhenReadyOptions = {
  databaseUrl: string
  viewsSchema: string
  schema: string
  /** Called with what is done, and with what keeps it from being done; a line of JSON. */
  onLog: (line: string) => void
}

/** Switching that goes on by itself. */
export type Switching = {
  /** Ends it, after what it is just doing. */
  stop(): Promise<void>
}

/**
 * Switches the views to a version as soon as it has caught up with what they show, once. It belongs into the process that started the
 * writer: the writer's own is busy for seconds at times, and is started anew when it is stuck.
 */
export function switchWhenReady(options: SwitchWhenReadyOptions): Switching {
  const { schema, viewsSchema } = options
  const stopping = new AbortController()
  const { signal } = stopping
  let told: string | undefined
  const say = (level: number, msg: string, more: object = {}) => {
    if (told === msg) return
    told = msg
    options.onLog(JSON.stringify({ level, time: Date.now(), msg, schema, viewsSchema, ...more }))
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      let wait = lookMillis
      try {
        const { from, changed, lockedMillis } = await switchViews({
          ...{ ...options, onlyNew: true, timeoutSeconds: 1 },
        })
        if (changed) say(30, 'The views show this version', { from: from ?? null, lockedMillis })
        else if (from !== schema)
          say(40, 'The views have shown this version before: left as they are')
        return
      } catch (error) {
        if (error instanceof BreakingSwitchError) {
          say(50, error.shortMessage, { differences: error.differences })
          wait = refusedMillis
        } else if (!(error instanceof VersionBehindError || error instanceof NoSuchVersionError)) {
          say(40, error instanceof BaseError ? error.message : String(error))
        }
      }
      await pause(wait, signal)
    }
  }
  const ended = run()
  return {
    async stop() {
      stopping.abort()
      // A database that gives no answer holds nothing up: what was not committed is undone by its end.
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, stopMillis).unref())])
    },
  }
}

function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, millis)
    timer.unref()
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
