import { createBell } from './bell.ts'
import type { UpstreamHealth } from './upstream-health.ts'
import { watchHealth } from './upstream-health.ts'

/** The writer indexes and answers; readers only answer. */
export type UpstreamRole = 'writer' | 'reader'

/** A process that answers. */
export type UpstreamTarget = { url: string; role: UpstreamRole }

export type Upstream = UpstreamTarget & {
  state: 'up' | 'down' | 'draining'
  /** Requests that it was asked and has not answered. */
  outstanding: number
}

type Watched = Upstream & { health: UpstreamHealth; askedAt: number }

/**
 * The processes that answer. Which they are may change at any time: one that is left out gets no more requests, those that it has are
 * answered.
 *
 * @param changed - Called when one comes or goes.
 */
export function createUpstreams(changed: (upstream: Upstream) => void = () => undefined) {
  const all = new Set<Watched>()
  const cameUp = createBell()
  let asked = 0

  function set(upstream: Watched, state: 'up' | 'down'): void {
    if (upstream.state === 'draining' || upstream.state === state) return
    upstream.state = state
    if (state === 'up') cameUp.ring()
    changed(upstream)
  }

  function add(target: UpstreamTarget): void {
    const upstream: Watched = {
      ...{ url: target.url, role: target.role, state: 'down', outstanding: 0, askedAt: 0 },
      health: watchHealth(target, (state) => set(upstream, state)),
    }
    all.add(upstream)
  }

  function drain(upstream: Watched): void {
    upstream.health.stop()
    upstream.state = 'draining'
    if (upstream.outstanding === 0) all.delete(upstream)
    changed(upstream)
  }

  const up = () => [...all].filter(({ state }) => state === 'up')

  /** The one with the least to do; of equals, the one that was asked longest ago. */
  function pick(first: UpstreamRole): Watched | undefined {
    const free = up()
    const preferred = free.filter(({ role }) => role === first)
    return (preferred.length > 0 ? preferred : free).sort(
      (a, b) => a.outstanding - b.outstanding || a.askedAt - b.askedAt,
    )[0]
  }

  return {
    /** Those that are to answer from now on. */
    replace(targets: readonly UpstreamTarget[]): void {
      const same = (a: UpstreamTarget) => (b: UpstreamTarget) =>
        a.url === b.url && a.role === b.role
      for (const upstream of all) {
        if (upstream.state !== 'draining' && !targets.some(same(upstream))) drain(upstream)
      }
      const present = [...all].filter(({ state }) => state !== 'draining')
      for (const target of targets) if (!present.some(same(target))) add(target)
    },
    list: (): readonly Upstream[] => [...all],
    /** How many answer. */
    up: () => up().length,
    /**
     * Takes one, for a request; undefined if none answers.
     *
     * @param first - Others only stand in for these.
     */
    take(first: UpstreamRole): Upstream | undefined {
      const upstream = pick(first)
      if (!upstream) return undefined
      upstream.outstanding++
      upstream.askedAt = ++asked
      return upstream
    },
    /** Gives back what was taken. */
    give(upstream: Upstream): void {
      upstream.outstanding--
      if (upstream.state === 'draining' && upstream.outstanding === 0) {
        all.delete(upstream as Watched)
      }
    },
    /** Its connection broke: it is asked nothing until it answers again. */
    suspect(upstream: Upstream): void {
      set(upstream as Watched, 'down')
      if (upstream.state !== 'draining') (upstream as Watched).health.look()
    },
    /** Resolves when one comes up, or after a time. @throws The signal's reason if it is aborted. */
    waitForOne: cameUp.wait,
    close(): void {
      for (const upstream of all) drain(upstream)
    },
  }
}

export type Upstreams = ReturnType<typeof createUpstreams>
