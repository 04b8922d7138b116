import { BaseError } from '@assay/sdk'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Asked, AskerOrder, Pace } from './asker.ts'
import type { Fact } from './facts.ts'
import type { Subject } from './questions.ts'

/** A process that asks. */
export type Asker = {
  tell(facts: readonly Fact[]): void
  /** Resolves when it has asked for so long. */
  ask(of: { url: string; seconds: number } & Pace): Promise<Asked>
  stop(): void
}

class ProcessEndedError extends BaseError {
  override name = 'ProcessEndedError'

  constructor() {
    super('The process that asks has ended.')
  }
}

/** So many clients, each with an address of its own: what one may ask is limited. */
const addresses = Array.from({ length: 20 }, (_, i) => `127.0.1.${i + 1}`)

export function startAsker(subject: Subject): Asker {
  const child = fork(fileURLToPath(new URL('asker.ts', import.meta.url)))
  const send = (order: AskerOrder) => void child.send(order)
  const gone = new Promise<never>((_, reject) => {
    child.once('exit', () => reject(new ProcessEndedError()))
  })
  // Whoever waits for an answer is told.
  gone.catch(() => undefined)
  return {
    tell: (facts) => send({ kind: 'facts', facts: [...facts] }),
    ask(of) {
      const asked = new Promise<Asked>((resolve) => {
        child.once('message', (it) => resolve(it as Asked))
      })
      send({ kind: 'begin', ...subject, ...of, addresses })
      return Promise.race([asked, gone])
    },
    stop: () => void child.kill(),
  }
}
