/** What an application is told by where it gave no listener: a line on the console. */
export function warn(error: unknown): void {
  const text = error instanceof Error ? error.message.replaceAll(/\n+/g, ' ') : String(error)
  console.warn(`assay: ${text.slice(0, 500)}`)
}
