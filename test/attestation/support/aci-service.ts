import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import type { EvidenceExchange } from '@assay/sdk/evidence'
import canonicalize from 'canonicalize'
import type { Hex } from 'viem'
import { judgedAt } from './chains.ts'

const sha256Of = (text: string) => createHash('sha256').update(text).digest('hex')

/** A service of Attested Confidential Inference with a key of its own: its keyset, what it attests, and what it signs. */
export function createAciService() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const hex = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex')
  const key: Hex = `0x${hex}`
  const receiptKey = { key_id: 'receipt-1', algo: 'ed25519', public_key: hex }
  const keyset = {
    subject: null,
    not_after: judgedAt + 1_000 * 86_400,
    receipt_signing_keys: [receiptKey],
    e2ee_public_keys: [],
    tls_public_keys: [{ spki_sha256: 'c0'.repeat(32) }],
  }

  /** The 64 bytes that its machine puts into its report data. The statement is written out, as the specification has it. */
  function reportDataOf(of: object = keyset, nonce?: Uint8Array): Buffer {
    const asked = nonce ? `"${Buffer.from(nonce).toString('hex')}"` : 'null'
    const digest = sha256Of(canonicalize(of)!)
    const statement = `{"keyset_digest":"sha256:${digest}","nonce":${asked},"purpose":"aci.report_data.v1"}`
    return Buffer.concat([createHash('sha256').update(statement).digest(), Buffer.alloc(32)])
  }

  /** Evidence of an exchange, as receipts hold it. @param upstream - Whether it was passed on. */
  function evidenceOf({ requestDigest, responseDigest }: EvidenceExchange, upstream: boolean) {
    const bodyHash = (digest: Hex) => `sha256:${digest.slice(2)}`
    const unsigned = {
      api_version: 'aci/1',
      model: 'm',
      workload_keyset_digest: `sha256:${sha256Of(canonicalize(keyset)!)}`,
      served_at: judgedAt,
      event_log: [
        { type: 'request.received', body_hash: bodyHash(requestDigest) },
        ...(upstream ? [{ type: 'upstream.verified', result: 'verified' }] : []),
        { type: 'response.returned', body_hash: bodyHash(responseDigest) },
      ],
      key_id: 'receipt-1',
    }
    const signature = sign(null, Buffer.from(canonicalize(unsigned)!), privateKey).toString('hex')
    const content = JSON.stringify({ receipt: { ...unsigned, signature }, keyset })
    return { format: 'aci-receipt', content }
  }

  return { key, receiptKey, keyset, reportDataOf, evidenceOf }
}

export type AciService = ReturnType<typeof createAciService>
