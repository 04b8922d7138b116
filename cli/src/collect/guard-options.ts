import { bearerToken } from '@assay/sdk/stores'
import { readFile } from 'node:fs/promises'
import { InputError, UsageError } from '../errors.ts'
import { type GuardOptions, isLoopback } from './guard.ts'
import type { CollectOptions } from './options.ts'

/** Who may ask, by the options. @throws UsageError, InputError */
export async function guardFrom(options: CollectOptions, host: string): Promise<GuardOptions> {
  const { allowHost = [], allowOrigin = [] } = options
  const token = await tokenOf(options)
  if (token === undefined && !isLoopback(host)) {
    throw new UsageError('Others than this machine would reach the collector, and need a token.', {
      metaMessages: [
        'Set ASSAY_COLLECTOR_TOKEN, name a file by --token-file, or leave --host out.',
      ],
      docsPath: 'collector.md#who-may-ask',
    })
  }
  for (const name of allowHost) {
    if (!/^[a-z0-9._-]{1,253}$/i.test(name)) {
      throw new UsageError('`--allow-host` must be a name, without a port.')
    }
  }
  for (const origin of allowOrigin) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new UsageError('`--allow-origin` must be an origin, such as https://app.example.org.')
    }
  }
  return {
    allowedHosts: isLoopback(host) ? allowHost : [host, ...allowHost],
    allowedOrigins: allowOrigin,
    hasToken: token === undefined ? undefined : checkOf(token),
  }
}

/** Of a file, or of a variable. Never an argument, which other users of the machine see. */
async function tokenOf({ tokenFile }: CollectOptions): Promise<string | undefined> {
  if (tokenFile === undefined) return process.env.ASSAY_COLLECTOR_TOKEN || undefined
  try {
    return (await readFile(tokenFile, 'utf8')).trim()
  } catch (cause) {
    const { code = String(cause) } = cause as NodeJS.ErrnoException
    throw new InputError(tokenFile, `cannot be read (${code})`, { cause })
  }
}

/** Its value is never shown, also where it is malformed. */
function checkOf(token: string): (request: Request) => boolean {
  try {
    return bearerToken(token)
  } catch {
    throw new UsageError('The token must have at least 16 printable characters of ASCII.', {
      docsPath: 'collector.md#who-may-ask',
    })
  }
}
