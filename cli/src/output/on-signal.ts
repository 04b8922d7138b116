const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Tidies up before the process ends by a signal that asks it to.
 *
 * @returns To be called when there is nothing left to tidy up.
 */
export function onSignal(tidyUp: () => void): () => void {
  const obey = (signal: NodeJS.Signals) => {
    settle()
    tidyUp()
    // As if nobody had listened: whoever waits for the process sees by which signal it ended.
    process.kill(process.pid, signal)
  }
  const settle = () => {
    for (const signal of signals) process.off(signal, obey)
  }
  for (const signal of signals) process.on(signal, obey)
  return settle
}
