import { BatchDataUnavailableError } from '../errors/store.ts'
import { printable } from '../errors/printable.ts'
import { below } from './place.ts'

/** Where a URI leads: a URL to ask, a file to read, or the data itself. */
export type BatchSource =
  { kind: 'remote'; url: URL } | { kind: 'file'; url: URL } | { kind: 'data'; uri: string }

/** Which URIs are followed. */
export type UriRules = {
  schemes: readonly ('https' | 'http')[]
  /** Undefined: `ipfs:` is refused. */
  ipfsGateway: URL | undefined
  /** Undefined: `file:` is refused. */
  fileDirectory: string | undefined
}

const maxLength = 2_048
/** CIDs of version 1 in base32, and of version 0. */
const cid = /^ipfs:\/\/(b[a-z2-7]{40,120}|Qm[1-9A-HJ-NP-Za-km-z]{44})\/?$/

/**
 * A URI as it may be shown: printable, and without what may be secret.
 *
 * @param uri - Not trusted.
 */
export function shownUri(uri: string): string {
  return printable(uri.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//'))
}

/**
 * Reads a URI that anybody may have written.
 *
 * @throws BatchDataUnavailableError
 */
export function readUri(uri: string, rules: UriRules): BatchSource {
  const refuse = (description: string) =>
    new BatchDataUnavailableError('not-allowed', shownUri(uri), description)
  if (/^data:/i.test(uri)) return { kind: 'data', uri }
  if (uri.length > maxLength) throw refuse(`its URI has more than ${maxLength} characters`)
  if (/^ipfs:/i.test(uri)) return { kind: 'remote', url: gatewayUrl(uri, rules, refuse) }
  if (!URL.canParse(uri)) throw refuse('its URI is none')
  const url = new URL(uri)
  if (url.protocol === 'file:') {
    if (rules.fileDirectory === undefined) throw refuse('no `fileDirectory` is named')
    if (url.host) throw refuse('its file is on another host')
    return { kind: 'file', url }
  }
  checkScheme(url, rules, refuse)
  return { kind: 'remote', url }
}

/**
 * Where a redirect leads.
 *
 * @throws BatchDataUnavailableError
 */
export function redirectedTo(from: URL, location: string, rules: UriRules): URL {
  const refuse = (description: string) =>
    new BatchDataUnavailableError('redirects', shownUri(from.href), description)
  if (location.length > maxLength || !URL.canParse(location, from)) {
    throw refuse('it redirects to no URL')
  }
  const url = new URL(location, from)
  // The gateway that the reader named may be asked by http again.
  if (url.origin !== rules.ipfsGateway?.origin) checkScheme(url, rules, refuse)
  return url
}

function checkScheme(
  url: URL,
  { schemes }: UriRules,
  refuse: (description: string) => BatchDataUnavailableError,
): void {
  const scheme = url.protocol.slice(0, -1)
  if (!schemes.some((known) => known === scheme)) {
    throw refuse(`the scheme \`${printable(scheme, 20)}\` is not among those allowed`)
  }
  if (url.username || url.password) throw refuse('its URI holds a password')
}

function gatewayUrl(
  uri: string,
  { ipfsGateway }: UriRules,
  refuse: (description: string) => BatchDataUnavailableError,
): URL {
  if (!ipfsGateway) throw refuse('no `ipfsGateway` is named')
  const [, id] = cid.exec(uri) ?? []
  if (!id) throw refuse('its URI names no CID')
  return below(ipfsGateway, 'ipfs', id)
}
