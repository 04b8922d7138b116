/** What a listener throws, or rejects with, is its own affair: it must reach neither the application nor the recorder. */
export function guarded<T>(listener: (told: T) => void): (told: T) => void {
  return (told) => {
    try {
      // One that is async gives a promise, which would end the process if nobody heard it.
      const given: unknown = listener(told)
      Promise.resolve(given).catch(tell)
    } catch (thrown) {
      tell(thrown)
    }
  }
}

function tell(thrown: unknown): void {
  console.warn(`assay: a listener threw ${String(thrown)}`)
}
