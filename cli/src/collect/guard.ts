import { isIP } from 'node:net'
import { CollectorRefusalError } from './problems.ts'

/** Who may ask. */
export type GuardOptions = {
  /** Names, beside `localhost` and addresses, by which the collector is known. */
  allowedHosts: readonly string[]
  /** Origins of pages that may ask. */
  allowedOrigins: readonly string[]
  /** Whether a request carries the token; undefined if none is needed. */
  hasToken: ((request: Request) => boolean) | undefined
}

/** What is looked at before anything of a request's body. */
export type Guard = {
  /** @throws CollectorRefusalError `host-refused`, `origin-refused` */
  checkSender(request: Request): void
  /** @throws CollectorRefusalError `token-needed` */
  checkToken(request: Request): void
}

export function createGuard({ allowedHosts, allowedOrigins, hasToken }: GuardOptions): Guard {
  const names = new Set(['localhost', ...allowedHosts.map((name) => name.toLowerCase())])
  const origins = new Set(allowedOrigins)

  /**
   * A page can have its own name lead here (DNS rebinding), and is of one origin with the collector then. It can't do that with an
   * address.
   */
  function isKnown(hostname: string): boolean {
    const name = hostname.toLowerCase()
    return names.has(name) || isIP(name.replace(/^\[|\]$/g, '')) > 0
  }

  return {
    checkSender({ url, headers }) {
      const host = headers.get('host')
      const given = host === null ? [] : [hostnameOf(`http://${host}`)]
      if (![hostnameOf(url), ...given].every((name) => name !== undefined && isKnown(name))) {
        throw new CollectorRefusalError('host-refused', 'The request names another host.')
      }
      const origin = headers.get('origin')
      // Browsers say where a request comes from; a program has no reason to. `none` is a person who typed the address.
      const site = headers.get('sec-fetch-site') ?? 'none'
      if (origin === null ? site === 'none' : origins.has(origin)) return
      throw new CollectorRefusalError('origin-refused', 'The request comes from a web page.')
    },
    checkToken(request) {
      if (!hasToken || hasToken(request)) return
      throw new CollectorRefusalError('token-needed', 'The request has no token, or another one.')
    },
  }
}

const hostnameOf = (url: string) => (URL.canParse(url) ? new URL(url).hostname : undefined)

/** Whether an address to listen at is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
