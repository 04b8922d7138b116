import { createHash, createPrivateKey, sign } from 'node:crypto'
import {
  aciReceiptFormat,
  checkAciReportData,
  EvidenceRefusedError,
} from '@assay/attestation/evidence'
import type { EvidenceExchange } from '@assay/sdk/evidence'
import canonicalize from 'canonicalize'
import { type Hex, sha256 } from 'viem'
import { describe, expect, test } from 'vitest'

// Keys, documents, digests and the signature are those of the test vectors of the ACI specification (`spec/test-vectors.md` of
// Dstack-TEE/private-ai-gateway, Apache-2.0).
const seed = Buffer.alloc(32, 2)
const publicKey = '8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394'
const keysetDigest = 'sha256:53a5cd44b30dcc51999754c719f2628a041f174ecbf9662a6f8e898a10cd9371'
const signature =
  'd5b005e093bde3b577faf270b7184b09e169cacb0ecb206b103bd2581f997db03da616175454b063323a23ac1dc68f1ce506c2a6eba8aa0561d5e724f0b80c03'
const keyset = {
  subject: 'dstack-app://example-app',
  not_after: 1_800_000_000,
  receipt_signing_keys: [{ key_id: 'receipt-1', algo: 'ed25519', public_key: publicKey }],
  e2ee_public_keys: [
    {
      key_id: 'e2ee-1',
      algo: 'x25519-aes-256-gcm-hkdf-sha256',
      public_key: '5dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22',
    },
  ],
  tls_public_keys: [{ domain: 'api.example.com', spki_sha256: 'c0'.repeat(32) }],
}
const request = Buffer.from('{"messages":[{"content":"hi","role":"user"}],"model":"demo-model"}')
const response = Buffer.from('{"choices":[],"id":"chatcmpl-123"}')
const exchange: EvidenceExchange = {
  requestDigest: sha256(request),
  responseDigest: sha256(response),
}
const hashOf = (digest: Hex) => `sha256:${digest.slice(2)}`
const received = { type: 'request.received', body_hash: hashOf(exchange.requestDigest) }
const returned = { type: 'response.returned', body_hash: hashOf(exchange.responseDigest) }
const upstream = {
  type: 'upstream.verified',
  result: 'verified',
  required: true,
  model_id: 'demo-model',
  session_id: '95ad1cb4dd25445808c2e9d116caf420b05703730b506395e8fc1ca6faeae28f',
}
const unsigned = {
  api_version: 'aci/1',
  receipt_id: 'rcpt-0001',
  chat_id: 'chatcmpl-123',
  model: 'demo-model',
  workload_keyset_digest: keysetDigest,
  endpoint: '/v1/chat/completions',
  method: 'POST',
  served_at: 1_750_000_000,
  event_log: [received, { ...received, type: 'request.forwarded' }, upstream, returned],
  key_id: 'receipt-1',
}

const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
  format: 'der',
  type: 'pkcs8',
})
const signed = (document: object) => ({
  ...document,
  signature: sign(null, Buffer.from(canonicalize(document)!), privateKey).toString('hex'),
})
const digestOf = (value: object) =>
  `sha256:${createHash('sha256').update(canonicalize(value)!).digest('hex')}`

const read = (receipt: unknown, of: unknown = keyset, about = exchange) =>
  aciReceiptFormat.read(JSON.stringify({ receipt, keyset: of }), about)

function codeOf(judge: () => unknown): string {
  try {
    judge()
    return 'accepted'
  } catch (error) {
    if (error instanceof EvidenceRefusedError) return error.code
    throw error
  }
}

describe('a receipt of an ACI service', () => {
  test('default: the vector of the specification, of an aggregator: a gateway speaks', () => {
    expect(digestOf(keyset)).toBe(keysetDigest)
    const receipt = { ...unsigned, signature }
    expect(signed(unsigned)).toEqual(receipt)
    expect(read(receipt)).toEqual({
      provider: 'ACI service',
      speaker: 'gateway',
      model: 'demo-model',
      algorithm: 'ed25519',
      key: `0x${publicKey}`,
      signedAt: 1_750_000_000,
      ...exchange,
    })
  })

  test('behavior: of a service that serves by itself, the model speaks', () => {
    const direct = signed({ ...unsigned, event_log: [received, returned] })
    expect(read(direct)).toHaveProperty('speaker', 'model')
    const nameless = signed({ ...unsigned, model: null, event_log: [received, returned] })
    expect(read(nameless)).not.toHaveProperty('model')
  })

  test('error: EvidenceRefusedError for another exchange, and for one that is turned round', () => {
    const other = { ...exchange, responseDigest: sha256('0x01') }
    expect(codeOf(() => read({ ...unsigned, signature }, keyset, other))).toBe('exchange')
    const turned = {
      requestDigest: exchange.responseDigest,
      responseDigest: exchange.requestDigest,
    }
    expect(codeOf(() => read({ ...unsigned, signature }, keyset, turned))).toBe('exchange')
  })

  test('error: EvidenceRefusedError where a gateway would pass for a model', () => {
    const forged = { ...unsigned, signature, event_log: [received, returned] }
    expect(codeOf(() => read(forged))).toBe('signature')
  })

  test('error: EvidenceRefusedError for any member and any byte that is another', () => {
    for (const [name, value] of Object.entries({
      ...{ receipt_id: 'rcpt-0002', chat_id: null, model: 'other', endpoint: '/', method: 'GET' },
      ...{ served_at: 1_750_000_001, extra: 1 },
    })) {
      expect(
        codeOf(() => read({ ...unsigned, signature, [name]: value })),
        name,
      ).toBe('signature')
    }
    const bytes = Buffer.from(signature, 'hex')
    for (let i = 0; i < 64; i++) {
      const changed = Buffer.from(bytes.with(i, bytes[i]! ^ 1)).toString('hex')
      expect(codeOf(() => read({ ...unsigned, signature: changed }))).toBe('signature')
    }
  })

  test('error: EvidenceRefusedError for another keyset, or a key that it does not have once', () => {
    const within = (keys: unknown) => {
      const changed = { ...keyset, receipt_signing_keys: keys }
      const document = { ...unsigned, workload_keyset_digest: digestOf(changed) }
      return codeOf(() => read(signed(document), changed))
    }
    const [key] = keyset.receipt_signing_keys
    expect(within([key])).toBe('accepted')
    expect(within([])).toBe('key')
    expect(within([key, key])).toBe('key')
    expect(within([{ ...key, key_id: 'receipt-2' }])).toBe('key')
    expect(within([{ ...key, algo: 'ecdsa' }])).toBe('form')
    expect(within([{ ...key, public_key: publicKey.toUpperCase() }])).toBe('form')
    expect(within([{ ...key, public_key: '00'.repeat(32) }])).toBe('signature')
    expect(within(Array(101).fill(key))).toBe('form')
    expect(within(undefined)).toBe('form')
    const later = { ...keyset, not_after: 1_800_000_001 }
    expect(codeOf(() => read({ ...unsigned, signature }, later))).toBe('key')
  })

  test.each<[string, object]>([
    ['another version', { api_version: 'aci/2' }],
    ['no events', { event_log: [] }],
    ['events that are no list', { event_log: {} }],
    ['an event that is none', { event_log: [received, null, returned] }],
    ['an answer before the request', { event_log: [returned, received] }],
    ['two requests', { event_log: [received, received, returned] }],
    ['two answers', { event_log: [received, returned, returned] }],
    ['no answer', { event_log: [received] }],
    ['a digest of another form', { event_log: [{ ...received, body_hash: 'sha256:' }, returned] }],
    ['a time that is none', { served_at: 'now' }],
  ])('error: EvidenceRefusedError for %s', (_, change) => {
    expect(codeOf(() => read(signed({ ...unsigned, ...change })))).toBe('form')
  })

  test('error: EvidenceRefusedError for what is no receipt at all', () => {
    for (const none of [null, [], 'text', 1, {}])
      expect(codeOf(() => read(none))).toMatch(/^(?:form)$/)
    expect(codeOf(() => read({ ...unsigned, signature }, null))).toBe('form')
    for (const hex of [undefined, '', `0x${signature}`, signature.toUpperCase()]) {
      expect(codeOf(() => read({ ...unsigned, signature: hex }))).toBe('form')
    }
    expect(codeOf(() => aciReceiptFormat.read('no JSON', exchange))).toBe('form')
  })

  test('error: EvidenceRefusedError for JSON that no canonical JSON is of', () => {
    const receipt = { ...unsigned, signature }
    const content = (part: 'receipt' | 'keyset', value: string) =>
      JSON.stringify({
        receipt,
        keyset,
        [part]: { ...{ receipt, keyset }[part], more: 0 },
      }).replace('"more":0', `"more":${value}`)
    for (const value of ['1e999', '"\\ud800"']) {
      for (const part of ['receipt', 'keyset'] as const) {
        const judge = () => aciReceiptFormat.read(content(part, value), exchange)
        expect(codeOf(judge), `${part} ${value}`).toBe('form')
      }
      const given = (JSON.parse(content('keyset', value)) as { keyset: unknown }).keyset
      const judge = () => checkAciReportData(`0x${'00'.repeat(64)}`, { keyset: given })
      expect(codeOf(judge)).toBe('form')
    }
  })

  test('error: EvidenceRefusedError for what has no canonical form', () => {
    const text = JSON.stringify({ receipt: { ...unsigned, signature }, keyset })
    const judged = (from: string, to: string) =>
      codeOf(() => aciReceiptFormat.read(text.replace(from, to), exchange))
    expect(judged('', '')).toBe('accepted')
    for (const none of [String.raw`"\ud800"`, '1e400', String.raw`{"\udc00":1}`]) {
      expect(judged('"POST"', none), none).toBe('form')
      expect(judged('"dstack-app://example-app"', none), none).toBe('form')
    }
    // `String` of such an object throws.
    const [hash] = [JSON.stringify(received.body_hash)]
    for (const none of ['{"toString":1}', `[${hash}]`]) expect(judged(hash, none)).toBe('form')
  })

  test('error: EvidenceRefusedError for a key by which anybody signs', () => {
    const anybodys = `01${'00'.repeat(31)}`
    const [key] = keyset.receipt_signing_keys
    const changed = { ...keyset, receipt_signing_keys: [{ ...key, public_key: anybodys }] }
    const forged = {
      ...{ ...unsigned, workload_keyset_digest: digestOf(changed) },
      signature: `${anybodys}${'00'.repeat(32)}`,
    }
    expect(codeOf(() => read(forged, changed))).toBe('signature')
  })

  test('behavior: report data bind the keyset, with or without a nonce, as the vectors say', () => {
    const nonce: Hex = '0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
    const asked: Hex = `0xdf2174d28130852b413646a3786927b93e94c11d770268b65def8bdba45cb49e${'00'.repeat(32)}`
    const plain: Hex = `0x0633919ca3f00e97bafaa3304278eb22420cc3ff0d19f87dfca2d3f7508150bc${'00'.repeat(32)}`
    const judged = (data: Hex, expected: { keyset: unknown; nonce?: Hex }) =>
      codeOf(() => checkAciReportData(data, expected))
    expect(judged(asked, { keyset, nonce })).toBe('accepted')
    expect(judged(plain, { keyset })).toBe('accepted')
    expect(judged(plain, { keyset, nonce })).toBe('key')
    expect(judged(asked, { keyset })).toBe('key')
    expect(judged(asked, { keyset: { ...keyset, subject: null }, nonce })).toBe('key')
    expect(judged(`${asked.slice(0, -1)}1` as Hex, { keyset, nonce })).toBe('key')
  })
})
