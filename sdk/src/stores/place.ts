import { InvalidConfigError } from '../errors/config.ts'
import { printable } from '../errors/printable.ts'

/** A URL as it may be shown and logged: without user info, query and fragment, where secrets stand. */
export function placeOf(url: URL): string {
  const origin = url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin
  return printable(`${origin}${url.pathname}`)
}

/**
 * A base URL of a store, without the slash at its end. The text is not shown where it is wrong: it may hold a secret.
 *
 * @throws InvalidConfigError if it is no URL of http or https, or has user info.
 */
export function baseUrlOf(setting: string, text: string): URL {
  if (!URL.canParse(text)) throw new InvalidConfigError(setting, 'is no URL')
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new InvalidConfigError(setting, 'must begin with https:// or http://')
  }
  if (url.username || url.password) {
    throw new InvalidConfigError(setting, 'must not hold a password: give it by a header')
  }
  url.hash = ''
  url.pathname = url.pathname.replace(/\/+$/, '')
  return url
}

/** A URL below another one: its query, such as a shared access signature, is kept. */
export function below(base: URL, ...segments: readonly string[]): URL {
  const url = new URL(base)
  const folder = url.pathname.replace(/\/+$/, '')
  url.pathname = [folder, ...segments].join('/')
  return url
}

/** Where others find something: a URL with neither user info, query nor fragment. */
export function publicUri(url: URL): string {
  const bare = new URL(url)
  bare.username = bare.password = bare.search = bare.hash = ''
  return bare.href
}
