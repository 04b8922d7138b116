import { Refusal } from '../refusal.ts'

type Waiting = { go: () => void }
type Client = { running: number; waiting: Set<Waiting> }

/**
 * Whose turn it is: clients take turns, whatever one of them has sent, so that a flood delays who sends it.
 *
 * @param room - How many may run at a time, as it is now.
 */
export function createTurns(
  limits: { perClient: number; waitingPerClient: number; waiting: number },
  room: () => number,
) {
  const clients = new Map<string, Client>()
  /** Those with something to run, in the order of their turns. */
  const next = new Set<Client>()
  let running = 0
  let waiting = 0

  function look(): void {
    for (const client of next) {
      if (running >= room()) return
      next.delete(client)
      const [first] = client.waiting
      if (!first) continue
      client.waiting.delete(first)
      waiting--
      client.running++
      running++
      if (client.waiting.size > 0 && client.running < limits.perClient) next.add(client)
      first.go()
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
     * @throws Refusal `too-many-waiting` or `busy` if too many wait already; the signal's reason if it is aborted before.
     */
    async take(name: string, signal: AbortSignal): Promise<() => void> {
      signal.throwIfAborted()
      const client = clients.get(name) ?? { running: 0, waiting: new Set<Waiting>() }
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
