/** IPv4 networks that are not the public internet's: IANA's special-purpose registry (RFC 6890), multicast and above (RFC 5771). */
const special: readonly [network: string, bits: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]

/** IPv6 networks inside of 2000::/3 that are not: protocol assignments with Teredo, documentation, 6to4. By their first groups. */
const specialGroups: readonly (readonly [value: number, bits: number])[] = [
  [0x2001_0000, 23],
  [0x2001_0db8, 32],
  [0x2002_0000, 16],
  [0x3fff_0000, 20],
]

/**
 * Whether an address is one of the public internet. Of IPv6 only what IANA has given out for it (2000::/3) counts, so that no address
 * of IPv4 hides in one of the forms that embed it.
 *
 * @param address - IPv4 in four decimal parts, or IPv6, as resolvers and `URL` write them; in brackets or not.
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '')
  const v4 = ipv4(bare)
  if (v4 !== undefined) return !special.some(([network, bits]) => within(v4, ipv4(network)!, bits))
  const v6 = firstGroups(bare)
  if (v6 === undefined || !within(v6, 0x2000_0000, 3)) return false
  return !specialGroups.some(([network, bits]) => within(v6, network, bits))
}

/** Whether a text is an address, and no name. */
export function isAddress(host: string): boolean {
  return ipv4(host) !== undefined || host.includes(':')
}

/** An address of IPv4 as a number; undefined if it is none. */
function ipv4(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number)
  if (!parts || parts.some((part) => part > 255)) return undefined
  return parts.reduce((value, part) => value * 256 + part, 0)
}

/** The first 32 bits of an address of IPv6 as a number; undefined if it has none of the public ones. */
function firstGroups(text: string): number | undefined {
  const [, first = '', second = ''] =
    /^([0-9a-f]{4}):([0-9a-f]{0,4})(?=:)[0-9a-f:.]*$/i.exec(text) ?? []
  return first
    ? Number.parseInt(first, 16) * 65_536 + Number.parseInt(second || '0', 16)
    : undefined
}

/** Whether the first bits of two numbers of 32 bits are the same. */
function within(value: number, network: number, bits: number): boolean {
  const rest = 2 ** (32 - bits)
  return Math.floor(value / rest) === Math.floor(network / rest)
}
