import type { KeyObject } from 'node:crypto'
import { hexOf, same } from '../judging/bytes.ts'
import { demand, readAs } from '../judging/judge.ts'
import { MalformedError } from '../judging/errors.ts'
import { shownTime } from '../judging/moment.ts'
import { algorithmOf, isSignedBy, type SignatureAlgorithm } from './algorithms.ts'
import { type Certificate, serialOf } from './certificate.ts'
import { contentOf, type Der, readDer, sequenceOf, tags } from './der.ts'
import { readExtensions } from './extensions.ts'
import { bitStringBytes, smallInteger, timeOf } from './values.ts'

/** Largest list that is looked at, in bytes. */
const maxListBytes = 1_048_576

/** Who a list of revocations is by, and for when. */
export type ListAuthority = {
  /** Which list it is, for errors. */
  name: string
  issuer: Certificate
  key: KeyObject
  algorithm: SignatureAlgorithm
  /** Unix seconds. */
  at: number
}

/**
 * Checks a list of revocations (RFC 5280, section 5), and reads which certificates it names.
 *
 * @param list - DER. Not trusted; it is read only once its signature holds.
 * @returns whether a certificate of that authority is revoked.
 */
export function checkRevocations(
  list: Uint8Array,
  { name, issuer, key, algorithm, at }: ListAuthority,
): (certificate: Certificate) => boolean {
  const rule = 'revocationList'
  const what = `the list of revocations of ${name}`
  const [signed, identifier, signature] = readAs(rule, what, () => {
    if (list.length > maxListBytes) throw new MalformedError('is too large')
    const parts = sequenceOf(readDer(list))
    if (parts.length !== 3) throw new MalformedError('has not three parts')
    return [parts[0] as Der, parts[1] as Der, bitStringBytes(parts[2])] as const
  })
  const isSigned =
    algorithmOf(identifier.whole) === algorithm &&
    isSignedBy(key, algorithm, signed.whole, signature)
  demand(isSigned, rule, `${what} is not signed by it`)
  const read = readAs(rule, what, () => readList(signed, identifier))
  demand(same(read.issuer, issuer.subject), rule, `${what} is by somebody else`)
  demand(
    read.thisUpdate <= at && at <= read.nextUpdate,
    rule,
    `${what} is from ${shownTime(read.thisUpdate)} to ${shownTime(read.nextUpdate)}, not for ${shownTime(at)}`,
    { raise: 'Archive the list that was in force at that time beside the document.' },
  )
  return (certificate) => read.serials.has(hexOf(certificate.serial))
}

function readList(signed: Der, outer: Der) {
  const [version, inner, issuer, thisUpdate, nextUpdate, ...rest] = sequenceOf(signed)
  if (smallInteger(version) !== 1) throw new MalformedError('is not of version 2')
  if (!inner || !same(inner.whole, outer.whole)) throw new MalformedError('names two algorithms')
  const entries = rest[0]?.tag === tags.sequence ? sequenceOf(rest.shift()) : []
  const extensions = rest.shift()
  if (rest.length) throw new MalformedError('has more members than it may have')
  for (const [id, { critical }] of readExtensions(
    extensions && readDer(contentOf(extensions, 0xa0)),
  )) {
    // Such as one that speaks of some certificates only.
    if (critical) throw new MalformedError(`has the critical extension ${id}, which is unknown`)
  }
  contentOf(issuer, tags.sequence)
  return {
    issuer: (issuer as Der).whole,
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: timeOf(nextUpdate),
    serials: new Set(entries.map((entry) => hexOf(serialOf(sequenceOf(entry)[0])))),
  }
}
