import { UsageError } from '../errors.ts'
import type { OwnerOptions } from './options.ts'

/** Where signatures are handed in; undefined: nowhere, transactions are sent. @throws UsageError */
export function relayOf({ relay }: Pick<OwnerOptions, 'relay'>): string | undefined {
  const url = relay ?? process.env.ASSAY_RELAY_URL
  if (url === undefined) return undefined
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) {
    const { username, password } = new URL(url)
    if (!username && !password) return url
  }
  throw new UsageError('The relay must be named by an http or https URL without user info.')
}
