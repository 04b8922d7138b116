import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { encode, rfc8949EncodeOptions } from 'cborg'
import type { Hex } from 'viem'
import { type CertificateSpec, writeCertificate } from './certificates.ts'
import { chainOf, judgedAt, newKey } from './chains.ts'

const names = ['document', 'instance', 'zone', 'region', 'root']
const hours = 3_600

/** The parts of a COSE_Sign1, signed. */
export type Parts = {
  protectedHeader: Uint8Array
  unprotected: unknown
  payload: Uint8Array
  signature: Uint8Array
}

/** What a test changes of a document that is good. */
export type NitroChanges = {
  certificates?: (specs: readonly CertificateSpec[]) => CertificateSpec[]
  /** Certificates that are written already. */
  ders?: (ders: readonly Buffer[]) => Buffer[]
  /** The members of the payload. */
  payload?: (members: Map<string, unknown>) => void
  /** The members as bytes, where they are written in another way. */
  write?: (members: Map<string, unknown>) => Uint8Array
  /** Who signs, in place of the key of the certificate. */
  signer?: KeyObject
  protectedHeader?: Uint8Array
  /** What is signed already. */
  parts?: (parts: Parts) => Partial<Parts>
  /** All of the bytes. */
  bytes?: (document: Buffer) => Uint8Array
}

/** Encodes as the Nitro Secure Module does. */
export const cbor = (value: unknown) => Buffer.from(encode(value, rfc8949EncodeOptions))

/** An authority like AWS's, with keys of its own: five certificates from the root to the document. */
export function createNitroAuthority() {
  const keys = names.map(() => newKey('P-384'))
  const pcr = (number: number) =>
    createHash('sha384')
      .update(number < 5 ? `register ${number}` : '')
      .digest()

  const good = chainOf(
    names.map((commonName, i) => ({
      commonName,
      key: keys[i]!,
      algorithm: 'ecdsa-sha384' as const,
      ...(i === 0 && { valid: [hours, 2 * hours] as const }),
    })),
  )
  const goodDers = good.map(writeCertificate)

  function documentOf(changes: NitroChanges = {}): { document: Buffer; pin: Hex } {
    const specs = changes.certificates?.(good) ?? good
    const written = specs === good ? goodDers : specs.map(writeCertificate)
    const ders = changes.ders?.(written) ?? written
    // A certificate that has not begun yet shall break no other rule.
    const made = Math.max(judgedAt - 60, specs[0]!.notBefore)
    const members = new Map<string, unknown>([
      ['module_id', 'i-00000000000000001-enc0000000000000001'],
      ['digest', 'SHA384'],
      ['timestamp', made * 1000 + 7],
      [
        'pcrs',
        new Map(
          Array.from({ length: 16 }, (_, i) => [i, i < 5 ? pcr(i) : Buffer.alloc(48)] as const),
        ),
      ],
      ['certificate', ders[0]],
      ['cabundle', ders.slice(1).reverse()],
      ['public_key', createPublicKey(keys[0]!).export({ type: 'spki', format: 'der' })],
      ['user_data', Buffer.from('user data')],
      ['nonce', Buffer.alloc(20, 7)],
    ])
    changes.payload?.(members)
    const payload = (changes.write ?? cbor)(members)
    const { protectedHeader = cbor(new Map([[1, -35]])) } = changes
    const signed = cbor(['Signature1', protectedHeader, Buffer.alloc(0), payload])
    const signature = sign('sha384', signed, {
      key: changes.signer ?? keys[0]!,
      dsaEncoding: 'ieee-p1363',
    })
    const parts = { protectedHeader, unprotected: new Map(), payload, signature }
    const all = { ...parts, ...changes.parts?.(parts) }
    const plain = cbor([all.protectedHeader, all.unprotected, all.payload, all.signature])
    const root = createHash('sha256').update(ders.at(-1)!).digest('hex')
    return { document: Buffer.from(changes.bytes?.(plain) ?? plain), pin: `0x${root}` }
  }
  return { keys, documentOf }
}

/** The document with the tag of a COSE_Sign1. */
export const tagged = (document: Buffer) => Buffer.concat([Buffer.of(0xd2), document])

/** A map whose length is left open, with arrays and byte strings in it that are too. */
export function writeOpen(members: Map<string, unknown>): Buffer {
  const parts = [...members].flatMap(([name, value]) => [cbor(name), writeOpenValue(value)])
  return Buffer.concat([Buffer.of(0xbf), ...parts, Buffer.of(0xff)])
}

function writeOpenValue(value: unknown): Buffer {
  if (Array.isArray(value)) {
    return Buffer.concat([Buffer.of(0x9f), ...value.map(cbor), Buffer.of(0xff)])
  }
  if (!(value instanceof Map)) return cbor(value)
  const parts = [...value].flatMap(([key, member]) => [cbor(key), cbor(member)])
  return Buffer.concat([Buffer.of(0xbf), ...parts, Buffer.of(0xff)])
}
