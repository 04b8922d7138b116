import type { TdxCollateral } from '@assay/attestation/tdx'

/** Collateral as DCAP's tools give it. */
export function dcapOf({ tcbInfo, qeIdentity, rootList, platformList }: TdxCollateral) {
  const plain = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  return {
    tcb_info: tcbInfo.text,
    tcb_info_signature: plain(tcbInfo.signature),
    tcb_info_issuer_chain: tcbInfo.issuerChain,
    qe_identity: qeIdentity.text,
    qe_identity_signature: plain(qeIdentity.signature),
    qe_identity_issuer_chain: qeIdentity.issuerChain,
    root_ca_crl: plain(rootList),
    pck_crl: plain(platformList),
  }
}
