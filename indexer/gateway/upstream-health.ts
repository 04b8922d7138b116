import type { UpstreamTarget } from './upstreams.ts'

/** What looks after an upstream. */
export type UpstreamHealth = {
  /** Looks now. */
  look(): void
  stop(): void
}

const upPauseMillis = 1_000
const downPauseMillis = 100
const timeoutMillis = 3_000
/** An indexer may be busy with its database for seconds, in which it answers nothing and is well. */
const maxLate = 4

/** A reader is of use only where there are tables. */
const paths = { writer: '/health', reader: '/status' } as const

/** Asks an upstream again and again whether it is there. */
export function watchHealth(
  { url, role }: UpstreamTarget,
  tell: (state: 'up' | 'down') => void,
): UpstreamHealth {
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let looking = false
  let late = 0

  const isStopped = () => stopping.signal.aborted

  async function look(): Promise<void> {
    if (looking || isStopped()) return
    clearTimeout(timer)
    looking = true
    const state = await ask()
    looking = false
    if (isStopped()) return
    late = state === 'late' ? late + 1 : 0
    if (state !== 'late') tell(state)
    else if (late >= maxLate) tell('down')
    timer = setTimeout(() => void look(), state === 'up' ? upPauseMillis : downPauseMillis).unref()
  }

  async function ask(): Promise<'up' | 'down' | 'late'> {
    const timeout = AbortSignal.timeout(timeoutMillis)
    try {
      const signal = AbortSignal.any([timeout, stopping.signal])
      const response = await fetch(url + paths[role], { signal, redirect: 'manual' })
      await response.body?.cancel()
      return response.ok ? 'up' : 'down'
    } catch {
      return timeout.aborted ? 'late' : 'down'
    }
  }

  void look()
  return {
    look: () => void look(),
    stop() {
      stopping.abort()
      clearTimeout(timer)
    },
  }
}
