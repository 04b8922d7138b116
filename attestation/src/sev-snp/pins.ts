/**
 * SHA-256 of AMD's root certificates (ARK, DER), as AMD's Key Distribution Service gives them:
 * https://kdsintf.amd.com/vcek/v1/Milan/cert_chain, and likewise for Genoa (which certifies Bergamo and Siena too) and Turin.
 */
export const amdRoots = [
  '0x69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd',
  '0x4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1',
  '0x1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a',
] as const
