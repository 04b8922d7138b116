import { same } from '../judging/bytes.ts'
import { demand, readAs } from '../judging/judge.ts'
import { readCbor } from './cbor.ts'

/** A COSE_Sign1 (RFC 9052, section 4.2) by ES384. */
export type Sign1 = {
  protectedHeader: Uint8Array
  payload: Uint8Array
  /** r ‖ s. */
  signature: Uint8Array
}

/** `{1: -35}`, ES384, in its one encoding: nothing else has room in the header. */
const es384 = Buffer.from('a1013822', 'hex')
const taggedSign1 = 0xd2
/** AWS: what a payload has at most. */
export const maxPayloadBytes = 16_384
const maxDocumentBytes = maxPayloadBytes + 1_024

/**
 * Reads a COSE_Sign1, with the tag or without. Only what is signed may be written in more ways than one: lengths here are definite and
 * short, and the unprotected header is empty.
 */
export function readSign1(document: Uint8Array): Sign1 {
  demand(document.length <= maxDocumentBytes, 'size', `it has ${document.length} bytes`)
  const bytes = document[0] === taggedSign1 ? document.subarray(1) : document
  const parts = readAs('form', 'it', () => readCbor(bytes, 'definite'))
  demand(Array.isArray(parts) && parts.length === 4, 'form', 'it is no COSE_Sign1')
  const [protectedHeader, unprotected, payload, signature] = parts as unknown[]
  demand(
    unprotected instanceof Map && unprotected.size === 0,
    'form',
    'its unprotected header is not empty',
  )
  demand(
    protectedHeader instanceof Uint8Array &&
      payload instanceof Uint8Array &&
      signature instanceof Uint8Array,
    'form',
    'it is no COSE_Sign1 with a payload',
  )
  demand(
    payload.length > 0 && payload.length <= maxPayloadBytes,
    'size',
    `its payload has ${payload.length} bytes`,
  )
  demand(
    same(protectedHeader, es384) && signature.length === 96,
    'algorithm',
    'it is not signed by ES384',
  )
  return { protectedHeader, payload, signature }
}

/** What a signature is over: `["Signature1", protected, external, payload]`, the external part empty. */
export function signedBytes({ protectedHeader, payload }: Sign1): Uint8Array {
  const { length } = payload
  return Buffer.concat([
    Buffer.from('846a5369676e61747572653144', 'hex'),
    protectedHeader,
    Buffer.of(0x40),
    length < 24
      ? Buffer.of(0x40 + length)
      : length < 256
        ? Buffer.of(0x58, length)
        : Buffer.of(0x59, length >> 8, length & 0xff),
    payload,
  ])
}
