import { readFileSync } from 'node:fs'

const textOf = (name: string) =>
  readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8')

/** What a file of vectors holds in blocks of a label (RFC 7468). */
export function blocksIn(name: string, label: string): Buffer[] {
  const block = new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`, 'g')
  return [...textOf(name).matchAll(block)].map(([, base64 = '']) => Buffer.from(base64, 'base64'))
}

/** The certificates of a file of vectors, in DER. */
export function certificatesIn(name: string): Buffer[] {
  return blocksIn(name, 'CERTIFICATE')
}

/** What Intel said of real platforms, as DCAP's tools give it. One chain serves for both of its texts. */
export function realDcap() {
  const read = JSON.parse(textOf('tdx-collateral.json')) as Record<string, string>
  return { ...read, qe_identity_issuer_chain: read.tcb_info_issuer_chain }
}
