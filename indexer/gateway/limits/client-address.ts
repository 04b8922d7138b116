import { isIP, isIPv4 } from 'node:net'

/** An address of which one client has a whole network: the first 64 bits of IPv6, or all of IPv4. Undefined: it is no address. */
export function networkOf(text: string): string | undefined {
  const address = text.replace(/%.*$/, '')
  if (isIPv4(address)) return address
  if (isIP(address) !== 6) return undefined
  // The URL's own reader gives each address its one shortest form.
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = short.split('::')
  const first = head ? head.split(':') : []
  const last = tail ? tail.split(':') : []
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length
  const groups = [...first, ...Array<string>(zeros).fill('0'), ...last]
  if (groups.slice(0, 5).every((it) => it === '0') && groups[5] === 'ffff') {
    const bytes = groups.slice(6).flatMap((it) => [parseInt(it, 16) >> 8, parseInt(it, 16) & 255])
    return bytes.join('.')
  }
  return `${groups.slice(0, 4).join(':')}::/64`
}

/**
 * Who a request is from: the address that the outermost trusted proxy saw. What stands further left in `X-Forwarded-For` anybody may have
 * written.
 *
 * @param socket - Address of the connection.
 * @param forwarded - The header, all of its lines joined by commas.
 * @param proxies - How many proxies stand in front, each of which adds the address it was asked from.
 */
export function clientOf(
  socket: string | undefined,
  forwarded: string | undefined,
  proxies: number,
): string {
  const own = networkOf(socket ?? '') ?? 'unknown'
  if (proxies === 0 || forwarded === undefined) return own
  const said = forwarded.split(',')
  // A chain that is shorter than it should be came past a proxy: its first address is the best there is.
  const seen = said[Math.max(0, said.length - proxies)]!.trim()
  const address = /^\[(.*)\](?::\d+)?$/.exec(seen)?.[1] ?? /^([\d.]+):\d+$/.exec(seen)?.[1] ?? seen
  return networkOf(address) ?? own
}

/** Whether a connection comes from this machine. */
export function isLoopback(socket: string | undefined): boolean {
  const network = networkOf(socket ?? '')
  return network !== undefined && (network.startsWith('127.') || socket === '::1')
}
