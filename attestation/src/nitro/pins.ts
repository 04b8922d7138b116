/**
 * SHA-256 of the root certificate of AWS Nitro Enclaves, G1 (DER), as AWS publishes it beside the certificate:
 * https://docs.aws.amazon.com/enclaves/latest/user/verify-root.html
 */
export const awsNitroRoots = [
  '0x641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b',
] as const
