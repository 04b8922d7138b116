import { statSync } from 'node:fs'

/** Size of a file in bytes; undefined where it can't be had, or where what is there comes without saying how much it is. */
export function fileSize(path: string): number | undefined {
  try {
    const size = statSync(path).size
    return size === 0 ? undefined : size
  } catch {
    // Whoever opens it is told why.
    return undefined
  }
}
