import { MalformedError } from '../judging/errors.ts'
import { contentOf, type Der, readDer, sequenceOf, tags } from './der.ts'
import { booleanOf, namedBits, oidOf, smallInteger } from './values.ts'

/** Extensions of a certificate or a list of revocations, by their identifier. */
export type Extensions = ReadonlyMap<string, { critical: boolean; value: Uint8Array }>

/** More than any certificate of the three manufacturers has. */
const maxExtensions = 40

export const extensionIds = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
} as const

/**
 * Reads extensions.
 *
 * @param list - Nothing if there are none.
 * @throws MalformedError also if one comes twice.
 */
export function readExtensions(list: Der | undefined): Extensions {
  const extensions = new Map<string, { critical: boolean; value: Uint8Array }>()
  const elements = list ? sequenceOf(list) : []
  if (elements.length > maxExtensions) throw new MalformedError('has too many extensions')
  for (const element of elements) {
    const [id, ...rest] = sequenceOf(element)
    const value = rest.pop()
    const [critical, ...more] = rest
    if (more.length || (critical && !booleanOf(critical))) {
      throw new MalformedError('has an extension of an odd form')
    }
    const oid = oidOf(id)
    if (extensions.has(oid)) throw new MalformedError(`has the extension ${oid} twice`)
    extensions.set(oid, {
      critical: critical !== undefined,
      value: contentOf(value, tags.octetString),
    })
  }
  return extensions
}

/** What a certificate says of its key's uses; nothing if it does not say. */
export function keyUsageOf(extensions: Extensions) {
  const extension = extensions.get(extensionIds.keyUsage)
  if (!extension) return undefined
  const has = namedBits(readDer(extension.value))
  return { digitalSignature: has(0), certificateSign: has(5), listSign: has(6) }
}

/** Whether a certificate is an authority's, and how many authorities it may have below it. */
export function basicConstraintsOf(extensions: Extensions): {
  authority: boolean
  critical: boolean
  pathLength: number
} {
  const extension = extensions.get(extensionIds.basicConstraints)
  if (!extension) return { authority: false, critical: false, pathLength: 0 }
  const { critical } = extension
  const [first, second, ...more] = sequenceOf(readDer(extension.value))
  if (!first) return { authority: false, critical, pathLength: 0 }
  // FALSE is the default, and left out.
  if (more.length || !booleanOf(first)) {
    throw new MalformedError('has basic constraints of an odd form')
  }
  return { authority: true, critical, pathLength: second ? smallInteger(second) : Infinity }
}

/** The id of the key that a certificate is for. */
export function subjectKeyIdOf(extensions: Extensions): Uint8Array | undefined {
  const extension = extensions.get(extensionIds.subjectKeyId)
  return extension && contentOf(readDer(extension.value), tags.octetString)
}

/** The id of the key that a certificate says it is signed by. */
export function authorityKeyIdOf(extensions: Extensions): Uint8Array | undefined {
  const extension = extensions.get(extensionIds.authorityKeyId)
  if (!extension) return undefined
  const [first] = sequenceOf(readDer(extension.value))
  return first?.tag === 0x80 ? first.content : undefined
}
