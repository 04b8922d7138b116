import type { TdxCollateral } from './collateral.ts'
import { membersOf } from './tool-members.ts'

/**
 * Collateral in the form that DCAP's tools give it (`get_collateral` of dcap-qvl, PCCS clients): texts as Intel signed them, hex without
 * 0x for signatures and lists.
 *
 * @param value - Not trusted: what is in it is judged with the quote.
 * @throws InvalidAttestationOptionsError if a member is missing or of another form.
 */
export function readDcapCollateral(value: unknown): TdxCollateral {
  const { text, bytes } = membersOf(value)
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
