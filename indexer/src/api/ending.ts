const graceMillis = 5_000

/**
 * Ends the process as when it is told to, so that the database is left unlocked, with a code that tells whoever runs it why.
 *
 * @param msg - For the log.
 */
export function endWith(exitCode: number, msg: string): void {
  process.stdout.write(`${JSON.stringify({ level: 50, time: Date.now(), msg })}\n`)
  // Ponder ends with a code of its own.
  process.once('exit', () => (process.exitCode = exitCode))
  setTimeout(() => process.exit(exitCode), graceMillis).unref()
  process.kill(process.pid, 'SIGTERM')
}
