import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')

/** Collects all garbage of this process at once. */
export const collectGarbage = runInNewContext('gc') as () => void

export const mega = 2 ** 20

/** How far the memory of the process that is held, garbage left out, rises while something runs, in MB. */
export async function rise(run: () => Promise<unknown>): Promise<number> {
  collectGarbage()
  const before = process.memoryUsage()
  let most = 0
  const look = () => {
    collectGarbage()
    const now = process.memoryUsage()
    most = Math.max(most, now.arrayBuffers + now.heapUsed - before.arrayBuffers - before.heapUsed)
  }
  // After each a pause: where tests share a process, collecting takes longer than what is measured.
  let timer = setTimeout(function again() {
    look()
    timer = setTimeout(again, 150)
  }, 50)
  await run()
  clearTimeout(timer)
  return most / mega
}
