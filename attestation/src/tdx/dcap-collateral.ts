import { InvalidAttestationOptionsError } from '../judging/errors.ts'
import type { TdxCollateral } from './collateral.ts'

/**
 * Collateral in the form that DCAP's tools give it (`get_collateral` of dcap-qvl, PCCS clients): texts as Intel signed them, hex without
 * 0x for signatures and lists.
 *
 * @param value - Not trusted: what is in it is judged with the quote.
 * @throws InvalidAttestationOptionsError if a member is missing or of another form.
 */
export function readDcapCollateral(value: unknown): TdxCollateral {
  const members = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >
  const text = (name: string): string => {
    const member = members[name]
    if (typeof member === 'string') return member
    throw new InvalidAttestationOptionsError(name, 'must be a text')
  }
  const bytes = (name: string): Uint8Array => {
    const hex = text(name)
    if (hex.length % 2 === 0 && /^[0-9a-f]*$/i.test(hex)) return Buffer.from(hex, 'hex')
    throw new InvalidAttestationOptionsError(name, 'must be hex without 0x')
  }
  const signed = (name: string) => ({
    text: text(name),
    signature: bytes(`${name}_signature`),
    issuerChain: text(`${name}_issuer_chain`),
  })
  return {
    tcbInfo: signed('tcb_info'),
    qeIdentity: signed('qe_identity'),
    rootList: bytes('root_ca_crl'),
    platformList: bytes('pck_crl'),
  }
}
