const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Does something that must not be left half done: a signal that asks the process to end is obeyed after it. */
export function undisturbed<T>(work: () => T): T {
  // Work that is synchronous comes to its end before any listener runs.
  for (const signal of signals) process.on(signal, obey)
  try {
    return work()
  } finally {
    setImmediate(() => {
      for (const signal of signals) process.off(signal, obey)
    })
  }
}

function obey(signal: NodeJS.Signals): void {
  for (const name of signals) process.off(name, obey)
  process.kill(process.pid, signal)
}
