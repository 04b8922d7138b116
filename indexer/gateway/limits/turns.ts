import { Refusal } from '../refusal.ts'
import { createPace } from './pace.ts'

type Waiting = { rows: number; go: () => void }
type Client = { name: string; running: number; waiting: Set<Waiting> }

/**
 * Whose turn it is: clients take turns, whatever one of them has sent, so that a flood delays who sends it; and while others ask, each goes
 * on with so many rows a second only.
 *
 * @param room - How many may run at a time, as it is now.
 */
export function createTurns(
  limits: {
    perClient: number
    waitingPerClient: number
    waiting: number
    rowsPerSecond: number
    rowsAtOnce: number
  },
  room: () => number,
) {
  const clients = new Map<string, Client>()
  /** Those with something to run, in the order of their turns. */
  const next = new Set<Client>()
  const pace = createPace(limits)
  let later: ReturnType<typeof setTimeout> | undefined
  let running = 0
  let waiting = 0

  function look(): void {
    clearTimeout(later)
    let soonest = Infinity
    for (const client of next) {
      if (running >= room()) return
      const [first] = client.waiting
      const delay = first ? pace.delay(client.name, first.rows) : 0
      if (delay > 0) {
        // It keeps its place, and whoever stands behind goes on.
        soonest = Math.min(soonest, delay)
        continue
      }
      next.delete(client)
      if (!first) continue
      client.waiting.delete(first)
      waiting--
      client.running++
      running++
      if (client.waiting.size > 0 && client.running < limits.perClient) next.add(client)
      first.go()
    }
    if (soonest < Infinity) {
      later = setTimeout(look, soonest)
      later.unref()
    }
  }

  function end(name: string, client: Client): void {
    running--
    client.running--
    if (client.waiting.size > 0) next.add(client)
    else if (client.running === 0) clients.delete(name)
    look()
  }

  return {
    running: () => running,
    waiting: () => waiting,
    /** To be called when there may be more room. */
    look,
    /**
     * Resolves when it is a client's turn, to what ends the turn.
     *
     * @param rows - That are read for it, about.
     * @throws Refusal `too-many-waiting` or `busy` if too many wait already; the signal's reason if it is aborted before.
     */
    async take(name: string, signal: AbortSignal, rows = 1): Promise<() => void> {
      signal.throwIfAborted()
      pace.note(name)
      const client = clients.get(name) ?? { name, running: 0, waiting: new Set<Waiting>() }
      if (client.waiting.size >= limits.waitingPerClient) {
        throw new Refusal(
          429,
          'too-many-waiting',
          `${client.waiting.size} of your requests wait.`,
          {
            advice: 'Send the next ones when these are answered.',
            retryAfter: 1,
          },
        )
      }
      if (waiting >= limits.waiting) {
        const advice = 'Try again in some seconds.'
        throw new Refusal(503, 'busy', `${waiting} requests wait.`, { advice, retryAfter: 5 })
      }
      clients.set(name, client)
      await new Promise<void>((resolve, reject) => {
        const giveUp = () => {
          // Its turn may have come already; whoever waits is told of the first of both.
          if (!client.waiting.delete(entry)) return
          waiting--
          if (client.waiting.size === 0) next.delete(client)
          if (client.waiting.size === 0 && client.running === 0) clients.delete(name)
          reject(signal.reason as Error)
        }
        const entry: Waiting = {
          rows,
          go() {
            signal.removeEventListener('abort', giveUp)
            resolve()
          },
        }
        client.waiting.add(entry)
        waiting++
        signal.addEventListener('abort', giveUp, { once: true })
        if (client.running < limits.perClient) next.add(client)
        look()
      })
      let ended = false
      return () => {
        if (ended) return
        ended = true
        end(name, client)
      }
    },
  }
}

export type Turns = ReturnType<typeof createTurns>
