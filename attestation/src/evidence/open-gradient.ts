import { type EvidenceExchange, type EvidenceReport } from '@assay/sdk/evidence'
import { constants, createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { concatHex, type Hex, hexToBytes, keccak256, numberToHex, toHex } from 'viem'
import { base64Bytes, isUnicode, same } from '../judging/bytes.ts'
import { EvidenceRefusedError } from './evidence.ts'
import { pythonJson } from './python-json.ts'

/** What it takes beside the exchange: the answer itself carries signature and time. */
export type OpenGradientKey = {
  /** The gateway's key as the network's registry has it: SubjectPublicKeyInfo in DER. */
  publicKey: Uint8Array
}

type Json = Readonly<Record<string, unknown>>
const provider = 'OpenGradient'
const refuse = (
  code: ConstructorParameters<typeof EvidenceRefusedError>[1],
  seen?: string,
): never => {
  throw new EvidenceRefusedError(provider, code, seen)
}

/**
 * Reads the signature in an answer of an OpenGradient gateway: RSA-PSS with SHA-256 over
 * keccak256(keccak256(request) ‖ keccak256(output) ‖ time), the request as Python writes JSON with sorted keys, the output as the text
 * of the answer. It covers no more of the answer than that text, and of requests only those that consist of texts.
 *
 * @throws EvidenceRefusedError
 */
export function readOpenGradient(
  given: OpenGradientKey,
  exchange: EvidenceExchange,
): EvidenceReport {
  const request = objectIn(bytesOf(exchange, 'request'))
  const answer = objectIn(bytesOf(exchange, 'response'))
  const { tee_signature: signature, tee_timestamp: time } = answer
  if (typeof signature !== 'string' || signature.length > 2_000) return refuse('form')
  if (typeof time !== 'number' || !Number.isSafeInteger(time) || time < 0) return refuse('form')
  const requestHash = keccakOf(pythonJson(plainRequest(request)) ?? refuse('form'))
  const outputHash = keccakOf(outputOf(answer))
  for (const [name, hash] of [
    ['tee_request_hash', requestHash],
    ['tee_output_hash', outputHash],
  ] as const) {
    const stated = answer[name]
    if (typeof stated === 'string' && `0x${stated.replace(/^0x/, '')}` !== hash) refuse('exchange')
  }
  const key = rsaKeyOf(given.publicKey)
  const signed = keccak256(concatHex([requestHash, outputHash, numberToHex(time, { size: 32 })]))
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  const bytes = base64Bytes(signature) ?? refuse('form')
  if (!verify('sha256', hexToBytes(signed), { key, ...pss }, bytes)) return refuse('signature')
  return {
    provider,
    speaker: 'gateway',
    algorithm: 'rsa-pss-sha256',
    key: toHex(given.publicKey),
    signedAt: time,
    requestDigest: exchange.requestDigest,
    responseDigest: exchange.responseDigest,
  }
}

/** What is signed follows from the bytes alone, so they have to be those of the exchange. */
function bytesOf(exchange: EvidenceExchange, part: 'request' | 'response'): Uint8Array {
  const bytes = exchange[part] ?? refuse('contents')
  const digest = createHash('sha256').update(bytes).digest('hex')
  return `0x${digest}` === exchange[`${part}Digest`] ? bytes : refuse('exchange')
}

const keccakOf = (text: string): Hex => keccak256(Buffer.from(text))

function objectIn(bytes: Uint8Array): Json {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  } catch {
    // No JSON either: streams are not read here.
  }
  return refuse('form', 'Only exchanges of JSON are read.')
}

/** The gateway leaves out of messages what is no text, so that its signature does not cover it. */
function plainRequest(request: Json): Json {
  const { messages = [] } = request
  const isPlain = (message: unknown) =>
    typeof message === 'object' &&
    message !== null &&
    !Array.isArray((message as { content?: unknown }).content)
  if (!Array.isArray(messages) || !messages.every(isPlain)) {
    return refuse('form', 'The signature covers messages of plain text only.')
  }
  return { ...request, messages }
}

function outputOf({ choices }: Json): string {
  const [choice] = Array.isArray(choices) ? (choices as Json[]) : []
  const { message, finish_reason: reason } = (choice ?? {}) as {
    message?: Json
    finish_reason?: unknown
  }
  if (reason === 'tool_calls' && Array.isArray(message?.tool_calls)) {
    return pythonJson(message.tool_calls) ?? refuse('form')
  }
  const content = message?.content
  return typeof content === 'string' && isUnicode(content) ? content : refuse('form')
}

function rsaKeyOf(der: Uint8Array): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
    const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
    const isRsa = key.asymmetricKeyType === 'rsa' && modulusLength >= 2048 && modulusLength <= 8192
    // In its one encoding: the key is known by these bytes.
    if (isRsa && same(key.export({ type: 'spki', format: 'der' }), der)) return key
  } catch {
    // No key at all.
  }
  return refuse('form', 'Its key is no RSA key of 2,048 bits or more.')
}
