/** What a listener throws is its own affair: it must reach neither the application nor the recorder. */
export function guarded<T>(listener: (told: T) => void): (told: T) => void {
  return (told) => {
    try {
      listener(told)
    } catch (thrown) {
      console.warn(`assay: a listener threw ${String(thrown)}`)
    }
  }
}
