/**
 * Lets everything else that waits go first: the application's calls, before all. In a runtime without `setImmediate` a timer
 * serves, which waits longer.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}

/**
 * Waits.
 *
 * @param keepAlive - Whether the process stays alive for it. Default: true.
 */
export function pause(milliseconds: number, keepAlive = true): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    if (!keepAlive) (timer as { unref?: () => void }).unref?.()
  })
}
