/** What `read` gives, or undefined where it throws: that there is no /proc (macOS, Windows), or no such file any more, is no error. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
