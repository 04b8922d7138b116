import { type EvidenceExchange, type EvidenceReport } from '@assay/sdk/evidence'
import { createHash } from 'node:crypto'
import { type Address, type Hex, hexToBytes, recoverMessageAddress } from 'viem'
import { isUnicode } from '../judging/bytes.ts'
import { isSignedByEd25519 } from './ed25519.ts'
import { EvidenceRefusedError } from './evidence.ts'

/** The answer of `GET /v1/signature/{id}?signing_algo=…`, as NEAR AI Cloud and dstack's inference proxies give it. */
export type ChatSignature = {
  /** `<sha256 of the request>:<sha256 of the response>`, with the model's name and `:` before it if the model's enclave signed. */
  text: string
  signature: string
  signing_address: string
  signing_algo: 'ecdsa' | 'ed25519'
}

const provider = 'the provider of the chat signature'
const refuse = (
  code: ConstructorParameters<typeof EvidenceRefusedError>[1],
  seen?: string,
): never => {
  throw new EvidenceRefusedError(provider, code, seen)
}

/**
 * Reads a chat signature.
 *
 * The text of a gateway has two members, that of a model's enclave three, of which the first, the model's name, may hold `:` itself.
 *
 * @throws EvidenceRefusedError
 */
export async function readChatSignature(
  given: ChatSignature,
  { requestDigest, responseDigest }: EvidenceExchange,
): Promise<EvidenceReport> {
  const { text, signature, signing_address: named, signing_algo: algorithm } = asSignature(given)
  const [, model, request, response] =
    /^(?:([^]{1,200}):)?([0-9a-f]{64}):([0-9a-f]{64})$/.exec(text) ??
    refuse('form', 'Its text is of another form.')
  if (`0x${request}` !== requestDigest || `0x${response}` !== responseDigest) {
    refuse('exchange')
  }
  const bytes = hexFrom(signature, algorithm === 'ecdsa' ? 65 : 64)
  const key = hexFrom(named, algorithm === 'ecdsa' ? 20 : 32)
  const isSigned =
    algorithm === 'ecdsa'
      ? (await signerOf(text, bytes)) === key
      : isSignedByEd25519(key, Buffer.from(text), hexToBytes(bytes))
  if (!isSigned) refuse('signature')
  return {
    provider: 'chat signature',
    speaker: model === undefined ? 'gateway' : 'model',
    ...(model !== undefined && { model }),
    algorithm: algorithm === 'ecdsa' ? 'eip191-secp256k1' : 'ed25519',
    key,
    ...{ requestDigest, responseDigest },
  }
}

/**
 * Checks that an attested machine holds the key of a chat signature: the first half of its report data is the address, padded with
 * zeros, or SHA-256 of the address and a TLS certificate's fingerprint; the second half is the nonce that was asked with.
 *
 * @param reportData - 64 bytes, of a report that `verifyTdx` made.
 * @throws EvidenceRefusedError
 */
export function checkSigningAddress(
  reportData: Hex,
  expected: { key: Hex; nonce: Hex; tlsFingerprint?: Hex },
): void {
  const { key, nonce, tlsFingerprint } = expected
  const first = reportData.slice(2, 66)
  const bound =
    tlsFingerprint === undefined
      ? key.slice(2).toLowerCase().padEnd(64, '0')
      : createHash('sha256')
          .update(Buffer.concat([hexToBytes(key), hexToBytes(tlsFingerprint)]))
          .digest('hex')
  if (first !== bound) refuse('key', `It holds ${first}.`)
  if (reportData.slice(66) !== nonce.slice(2).toLowerCase()) refuse('nonce')
}

function asSignature(given: ChatSignature): ChatSignature {
  const members: Record<keyof ChatSignature, unknown> = given
  const { text, signature, signing_address: address, signing_algo: algorithm } = members
  const isForm =
    [text, signature, address].every((it) => typeof it === 'string' && it.length <= 1_000) &&
    isUnicode(given.text) &&
    (algorithm === 'ecdsa' || algorithm === 'ed25519')
  return isForm ? given : refuse('form')
}

function hexFrom(text: string, size: number): Hex {
  const digits = text.replace(/^0x/, '').toLowerCase()
  return /^[0-9a-f]*$/.test(digits) && digits.length === 2 * size ? `0x${digits}` : refuse('form')
}

/** In lower case; nothing if nobody can have signed. */
async function signerOf(message: string, signature: Hex): Promise<Address | undefined> {
  const address = await recoverMessageAddress({ message, signature }).catch(() => undefined)
  return address?.toLowerCase() as Address | undefined
}
