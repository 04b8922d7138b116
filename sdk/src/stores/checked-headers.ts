import { InvalidConfigError } from '../errors/config.ts'

/**
 * Headers that can be sent, by their names in lower case. What is wrong with one is not shown: the runtime's own message would hold its
 * value, which may be secret.
 *
 * @throws InvalidConfigError
 */
export function checkedHeaders(
  setting: string,
  headers: Record<string, string>,
): Record<string, string> {
  try {
    return Object.fromEntries(new Headers(headers))
  } catch {
    throw new InvalidConfigError(setting, 'cannot be sent as a header')
  }
}
