import { nextTurn } from './turn.ts'

/** Watches that something goes on. */
export type Patience = {
  /** To be called whenever it has. */
  moved(): void
  /** Whether it was told. */
  isOver(): boolean
  end(): void
}

/**
 * Tells, once, that nothing has gone on for a while. A thread that was kept busy meanwhile is given the turn in which it may find
 * that all is done.
 */
export function createPatience(millis: number, onOver: () => void): Patience {
  let last = performance.now()
  let ended = false
  let over = false
  let timer = setTimeout(look, millis)

  function look(): void {
    void nextTurn().then(() => {
      if (ended) return
      const left = last + millis - performance.now()
      if (left > 0) timer = setTimeout(look, left)
      else {
        over = true
        onOver()
      }
    })
  }

  return {
    moved() {
      last = performance.now()
    },
    isOver: () => over,
    end() {
      ended = true
      clearTimeout(timer)
    },
  }
}
