/** Waits until a program is told to end, and ends what it runs. @throws What that ended by itself with. */
export async function untilTold(running: {
  ended: Promise<never>
  stop(): Promise<void>
}): Promise<void> {
  let stopped: Promise<void> | undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void (stopped ??= running.stop()))
  }
  await running.ended.catch(async (error: unknown) => {
    if (stopped) return stopped
    // What still runs, such as the gateway, would keep this process as one that answers nobody.
    await running.stop()
    throw error
  })
}
