/**
 * SHA-256 of the root certificate of Intel SGX and TDX (DER), as Intel publishes it:
 * https://certificates.trustedservices.intel.com/Intel_SGX_Provisioning_Certification_RootCA.cer
 */
export const intelRoots = [
  '0x44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3',
] as const
