import { isAddress, isPublicAddress } from './public-address.ts'

/** Which hosts may be asked: those of the public internet, any, or by a test of the address. */
export type AddressRule = 'public' | 'any' | ((address: string) => boolean)

/** A rule, as it is put to hosts. */
export type HostRule = {
  /** By the host as a URL has it, before anybody is asked. */
  accepts: (hostname: string) => boolean
  /** By the address that it turns out to have. */
  acceptsAddress: (address: string) => boolean
}

export function hostRule(rule: AddressRule): HostRule {
  if (rule === 'any') return { accepts: () => true, acceptsAddress: () => true }
  const acceptsAddress = rule === 'public' ? isPublicAddress : rule
  const acceptsName = rule === 'public' ? isPublicName : () => true
  return {
    acceptsAddress,
    accepts: (hostname) =>
      isAddress(hostname)
        ? acceptsAddress(hostname.replace(/^\[|\]$/g, ''))
        : acceptsName(hostname),
  }
}

/** Names that lead nowhere on the public internet (RFC 6761, RFC 6762, RFC 8375 and custom). Of another one its address decides. */
function isPublicName(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, '')
  return name.includes('.') && !/\.(?:localhost|local|internal|intranet|lan|home\.arpa)$/.test(name)
}
