import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { EvidenceExchange } from '@assay/sdk/evidence'
import canonicalize from 'canonicalize'
import { concatHex, hexToBytes, keccak256, numberToHex, toHex } from 'viem'
import { pythonJson } from '../../../attestation/src/evidence/python-json.ts'
import type { Random } from '../../contracts/support/random.ts'
import { exchangeOf } from './exchanges.ts'
import { hostileEvidence, type Piece } from './hostile-evidence.ts'
import type { HostileKind } from './hostile-run.ts'
import { mutateJson } from './mutated-json.ts'
import { mutate } from './mutations.ts'
import { swapped } from './swapped.ts'

type Answer = {
  choices?: { finish_reason?: unknown; message?: { content?: unknown; tool_calls?: unknown } }[]
  tee_signature?: unknown
  tee_timestamp?: unknown
}
type Part = 'request' | 'response'

const calls = [{ id: '1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }]
const answers = [
  [
    { finish_reason: 'stop', message: { role: 'assistant', content: 'Hallo \ufffd' } },
    'Hallo \ufffd',
  ],
  [
    { finish_reason: 'tool_calls', message: { content: null, tool_calls: calls } },
    pythonJson(calls)!,
  ],
] as const

/** Makes cases of exchanges that gateways of OpenGradient signed: of the key, of the exchange, of its bodies. */
export function hostileOpenGradient(): HostileKind {
  const pieces = [1, 2].flatMap((id) => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const der = publicKey.export({ type: 'spki', format: 'der' })
    const content = JSON.stringify({ publicKey: der.toString('base64') })
    const signer = { keyType: 'rsa', key: toHex(der) } as const
    return answers.flatMap(([choice, output]) =>
      signedExchanges(privateKey, requestOf(id), choice, output).map((exchange): Piece => ({
        ...{ evidence: { format: 'open-gradient', content }, exchange, signer },
        speaker: 'gateway',
      })),
    )
  })
  const forged = (piece: Piece, random: Random): Pick<Piece, 'evidence' | 'exchange'> => {
    const exchange = changedBodies(piece.exchange, random.pick(pieces).exchange, random)
    const isSame = coveredBy(exchange) === coveredBy(piece.exchange)
    return isSame ? forged(piece, random) : { evidence: piece.evidence, exchange }
  }
  return hostileEvidence({ pieces, meaningOf, forged })
}

const requestOf = (id: number) => ({
  model: 'gpt-4.1',
  messages: [
    { role: 'system', content: 'Kurz.' },
    { role: 'user', content: `Grüße \ufffd ${id}` },
  ],
  temperature: 0.7,
  max_tokens: 100 + id,
})

/** An exchange by one signature, with and without the digests that may stand beside it. */
function signedExchanges(
  key: KeyObject,
  request: object,
  choice: object,
  output: string,
): EvidenceExchange[] {
  const time = 1_790_000_000
  const hashes = [pythonJson(request)!, output].map((text) => keccak256(Buffer.from(text)))
  const hash = keccak256(concatHex([...hashes, numberToHex(time, { size: 32 })]))
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  const answer = {
    ...{ id: 'chatcmpl-1', choices: [choice], tee_timestamp: time },
    tee_signature: sign('sha256', hexToBytes(hash), { key, ...pss }).toString('base64'),
  }
  const [tee_request_hash, tee_output_hash] = hashes.map((it) => it.slice(2))
  return [answer, { ...answer, tee_request_hash, tee_output_hash }].map((members) =>
    exchangeOf(Buffer.from(JSON.stringify(request)), Buffer.from(JSON.stringify(members))),
  )
}

/** Its one member; what else stands there nobody reads. */
const meaningOf = (content: string) =>
  String((JSON.parse(content) as { publicKey: unknown }).publicKey)

/** An exchange of which a body is changed: as such, beside the digests of the one before, or left out. */
function changedBodies(
  exchange: EvidenceExchange,
  other: EvidenceExchange,
  random: Random,
): EvidenceExchange {
  const part: Part = random.pick(['request', 'response'])
  const [body, its] = [Buffer.from(exchange[part]!), Buffer.from(other[part]!)]
  const [members, others] = [body, its].map((bytes) => JSON.parse(bytes.toString()) as object)
  const ways = { bytes: 3, member: 5, swap: 3, stale: 1, missing: 1 }
  const way = random.weighted(ways)
  if (way === 'missing') return { ...exchange, [part]: undefined }
  const changed = {
    bytes: () => mutate(body, random),
    member: () => Buffer.from(mutateJson(members, random)),
    swap: () => Buffer.from(JSON.stringify(swapped(members!, others!, random))),
    stale: () => mutate(body, random),
  }[way]()
  const bodies: EvidenceExchange = { ...exchange, [part]: changed }
  return way === 'stale' ? bodies : exchangeOf(bodies.request!, bodies.response!)
}

/**
 * What the signature is over, of bodies that belong to their digests: the request as a value; of the answer the calls of tools or the text,
 * the time, and the signature itself. All else of an answer nobody signs, which docs/attestation.md says.
 */
function coveredBy({ request, response, ...digests }: EvidenceExchange): string {
  try {
    const asked: unknown = JSON.parse(Buffer.from(request!).toString())
    const answer = JSON.parse(Buffer.from(response!).toString()) as Answer
    const { requestDigest, responseDigest } = exchangeOf(request!, response!)
    const isWhole =
      requestDigest === digests.requestDigest && responseDigest === digests.responseDigest
    const { finish_reason: reason, message } = answer.choices![0]!
    const isCalled = reason === 'tool_calls' && Array.isArray(message!.tool_calls)
    const output = isCalled ? pythonJson(message!.tool_calls) : message!.content
    const { tee_signature, tee_timestamp } = answer
    return canonicalize([isWhole, asked, output, tee_signature, tee_timestamp])!
  } catch {
    return 'nothing'
  }
}
