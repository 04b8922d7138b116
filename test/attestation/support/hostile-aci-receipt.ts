import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import canonicalize from 'canonicalize'
import { type Hex, toHex } from 'viem'
import type { Random } from '../../contracts/support/random.ts'
import { exchangeOf } from './exchanges.ts'
import { signedByNobody } from './hostile-chat-signature.ts'
import { hostileEvidence, type Piece } from './hostile-evidence.ts'
import type { HostileKind } from './hostile-run.ts'

type Event = { type: string }
type Receipt = { event_log: Event[]; signature: string; workload_keyset_digest: string }
type Keyset = { receipt_signing_keys: { key_id: string; algo: string; public_key: string }[] }
type Content = { receipt: Receipt; keyset: Keyset }

const upstream = { type: 'upstream.verified', result: 'verified', required: true, model_id: 'm' }
const digestOf = (value: object) =>
  `sha256:${createHash('sha256').update(canonicalize(value)!).digest('hex')}`

/** Makes cases of receipts of ACI services: of those that serve by themselves, and of those that tell of an upstream. */
export function hostileAciReceipt(): HostileKind {
  const exchanges = [1, 2].map((id) =>
    exchangeOf(Buffer.from(`{"messages":[],"n":${id}}`), Buffer.from(`{"id":"chatcmpl-${id}"}`)),
  )
  const services = [1, 2].map(serviceOf)
  const pieces = exchanges.flatMap((exchange, id) =>
    services.flatMap(({ key, keyset, signer }) =>
      (['model', 'gateway'] as const).map((speaker): Piece => {
        const receipt = signed(receiptOf(exchange, keyset, speaker === 'gateway', id), key)
        const content = JSON.stringify({ receipt, keyset })
        return { evidence: { format: 'aci-receipt', content }, exchange, signer, speaker }
      }),
    ),
  )
  return hostileEvidence({ pieces, meaningOf, forged })
}

function serviceOf(number: number) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const bytes = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const keyset = {
    subject: `dstack-app://example-${number}`,
    not_after: 1_800_000_000,
    receipt_signing_keys: [
      { key_id: 'receipt-1', algo: 'ed25519', public_key: bytes.toString('hex') },
      { key_id: 'receipt-2', algo: 'ecdsa-secp256k1', public_key: '02'.repeat(33) },
    ],
    tls_public_keys: [{ domain: 'api.example.com', spki_sha256: 'c0'.repeat(32) }],
  }
  return { key: privateKey, keyset, signer: { keyType: 'ed25519', key: toHex(bytes) } as const }
}

function receiptOf(
  { requestDigest, responseDigest }: { requestDigest: Hex; responseDigest: Hex },
  keyset: Keyset,
  passedOn: boolean,
  id: number,
) {
  const body = (type: string, digest: Hex) => ({ type, body_hash: `sha256:${digest.slice(2)}` })
  return {
    ...{ api_version: 'aci/1', receipt_id: `rcpt-${id}`, chat_id: `chatcmpl-${id}` },
    ...{ model: 'm\ufffd', workload_keyset_digest: digestOf(keyset) },
    ...{ endpoint: '/v1/chat/completions', method: 'POST', served_at: 1_790_000_000 },
    event_log: [
      body('request.received', requestDigest),
      body('request.forwarded', requestDigest),
      ...(passedOn ? [upstream] : []),
      body('response.returned', responseDigest),
    ],
    key_id: 'receipt-1',
  }
}

const signed = (receipt: object, key: KeyObject) => ({
  ...receipt,
  signature: sign(null, Buffer.from(canonicalize(receipt)!), key).toString('hex'),
})

/** Receipt and keyset as values; what else stands there nobody reads. */
function meaningOf(content: string): string {
  const { receipt, keyset } = JSON.parse(content) as Content
  return canonicalize({ receipt, keyset })!
}

/** A gateway's receipt that tells of no upstream, a model's that does; or one of a keyset by whose key everything is signed. */
function forged(
  { evidence, exchange }: Piece,
  random: Random,
): Pick<Piece, 'evidence' | 'exchange'> {
  const { receipt, keyset } = JSON.parse(evidence.content) as Content
  const content = random.chance(0.8)
    ? { receipt: retold(receipt), keyset }
    : signedForNobody(receipt, keyset, random)
  return { evidence: { ...evidence, content: JSON.stringify(content) }, exchange }
}

function retold(receipt: Receipt): Receipt {
  const { event_log: events } = receipt
  const without = events.filter(({ type }) => type !== upstream.type)
  const isDirect = without.length === events.length
  return { ...receipt, event_log: isDirect ? events.toSpliced(2, 0, upstream) : without }
}

function signedForNobody(receipt: Receipt, keyset: Keyset, random: Random): Content {
  const { signing_address, signature } = signedByNobody(random)
  const [key, ...keys] = keyset.receipt_signing_keys
  const changed = {
    ...keyset,
    receipt_signing_keys: [{ ...key!, public_key: signing_address }, ...keys],
  }
  const workload_keyset_digest = digestOf(changed)
  return { receipt: { ...receipt, workload_keyset_digest, signature }, keyset: changed }
}
