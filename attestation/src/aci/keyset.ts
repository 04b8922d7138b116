import { createHash } from 'node:crypto'
import type { Hex } from 'viem'
import { canonicalJson } from '../canonical-json.ts'
import { MalformedError } from '../judging/errors.ts'
import { latestMoment } from '../judging/moment.ts'
import { asObject, listOf, numberOf, textOf } from '../tdx/json.ts'

/** What a keyset of Attested Confidential Inference says, so far as it is judged here. */
export type AciKeyset = {
  /** SHA-256 of its canonical JSON. */
  digest: Hex
  /** From when on it is accepted no more, in Unix seconds. */
  notAfter: number
  /** Ed25519 keys by which receipts are signed, 32 bytes each, by their ids. Keys of algorithms that are not known are left out. */
  receiptKeys: readonly { id: string; key: Hex }[]
}

/** Keys of one keyset, at most. */
const maxKeys = 100

/**
 * Reads a keyset: `attestation.workload_keyset` of `GET /v1/aci/attestation`.
 *
 * Source: the ACI specification, draft `aci/1`, section 3.1 (Dstack-TEE/private-ai-gateway).
 *
 * @throws MalformedError
 */
export function readAciKeyset(value: unknown): AciKeyset {
  const keyset = asObject(value)
  const keys = listOf(keyset.receipt_signing_keys)
  if (keys.length > maxKeys) throw new MalformedError(`has more than ${maxKeys} keys`)
  const receiptKeys = keys
    .filter(({ algo }) => textOf(algo) === 'ed25519')
    .map((key) => ({ id: textOf(key.key_id), key: ed25519KeyOf(key.public_key) }))
  const notAfter = numberOf(keyset.not_after)
  if (notAfter > latestMoment) throw new MalformedError('ends after the year 9999')
  return { digest: aciKeysetDigestOf(keyset), notAfter, receiptKeys }
}

/** SHA-256 of a keyset's canonical JSON. @throws MalformedError */
export function aciKeysetDigestOf(keyset: object): Hex {
  return `0x${createHash('sha256').update(canonicalJson(keyset)).digest('hex')}`
}

/**
 * What a machine puts into its report data for a keyset to be bound: SHA-256 of the statement that names the keyset and the nonce, and
 * zeros (section 3.2).
 *
 * @param nonce - 32 bytes that were asked with; undefined: none.
 * @returns 64 bytes.
 */
export function aciReportDataOf(keysetDigest: Hex, nonce: Hex | undefined): Hex {
  const statement = canonicalJson({
    keyset_digest: `sha256:${keysetDigest.slice(2)}`,
    nonce: nonce === undefined ? null : nonce.slice(2).toLowerCase(),
    purpose: 'aci.report_data.v1',
  })
  return `0x${createHash('sha256').update(statement).digest('hex').padEnd(128, '0')}`
}

function ed25519KeyOf(value: unknown): Hex {
  const text = textOf(value)
  if (!/^[0-9a-f]{64}$/.test(text)) throw new MalformedError('has a key that is no Ed25519 key')
  return `0x${text}`
}
