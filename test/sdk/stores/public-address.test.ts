import fc from 'fast-check'
import { BlockList, isIP } from 'node:net'
import { expect, test } from 'vitest'
import { hostRule } from '../../../sdk/src/stores/host-rule.ts'
import { isPublicAddress } from '../../../sdk/src/stores/public-address.ts'

/** IANA's special-purpose registries, written down a second time, for Node's own list. */
const special = new BlockList()
for (const network of [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
]) {
  const [address = '', bits] = network.split('/')
  special.addSubnet(address, Number(bits), 'ipv4')
}
const published = new BlockList()
published.addSubnet('2000::', 3, 'ipv6')
const special6 = new BlockList()
for (const network of ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']) {
  const [address = '', bits] = network.split('/')
  special6.addSubnet(address, Number(bits), 'ipv6')
}

test('default: addresses of the public internet, and no others', () => {
  const open = ['1.1.1.1', '8.8.8.8', '93.184.216.34', '172.15.0.1', '172.32.0.1', '100.128.0.1']
  const open6 = ['2606:4700::1111', '2a00:1450:4001:80b::200e', '2400::1', '3ffe::1']
  for (const address of [...open, ...open6]) expect(isPublicAddress(address), address).toBe(true)
  const closed = ['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.255']
  const cloud = ['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.168.1.1', '192.0.0.192']
  const far = ['198.18.0.1', '224.0.0.1', '255.255.255.255', '203.0.113.7']
  const closed6 = ['::', '::1', 'fe80::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '::ffff:8.8.8.8']
  const embedded = ['::ffff:7f00:1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001::1', '2001:db8::1']
  const other = [
    'fec0::1',
    '100::1',
    '5f00::1',
    '3fff::1',
    'fe80::1%eth0',
    '2001:0:1::',
    '::8.8.8.8',
  ]
  const none = ['', 'x', '1.2.3', '1.2.3.4.5', '256.1.1.1', '1.1.1.1 ', '0x7f000001', '2130706433']
  for (const address of [...closed, ...cloud, ...far, ...closed6, ...embedded, ...other, ...none]) {
    expect(isPublicAddress(address), address).toBe(false)
  }
})

test("behavior: agrees with Node's own reading of every address", () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      expect(isPublicAddress(address)).toBe(!special.check(address, 'ipv4'))
    }),
    { numRuns: 3_000 },
  )
  const group = fc.oneof(
    fc.integer({ min: 0, max: 0xffff }),
    fc.constantFrom(0, 0x2001, 0x2002, 0xdb8, 0x3fff, 0x3ffe, 0x1ff, 0x200, 0xfff, 0x1000),
  )
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const text = groups.map((value) => value.toString(16)).join(':')
      // As a URL writes it: shortened, in brackets.
      const { hostname } = new URL(`http://[${text}]`)
      const address = hostname.slice(1, -1)
      expect(isIP(address)).toBe(6)
      const open = published.check(address, 'ipv6') && !special6.check(address, 'ipv6')
      expect(isPublicAddress(address), address).toBe(open)
      expect(hostRule('public').accepts(hostname), hostname).toBe(open)
    }),
    { numRuns: 5_000 },
  )
})

test('behavior: names that lead nowhere on the public internet are refused before they are asked for', () => {
  const { accepts } = hostRule('public')
  const local = ['localhost', 'LOCALHOST.', 'a.localhost', 'printer.local', 'metadata']
  const inner = ['metadata.google.internal', 'x.lan', 'x.intranet', 'router.home.arpa', '']
  for (const name of [...local, ...inner]) expect(accepts(name), name).toBe(false)
  for (const name of ['example.com', 'xn--bcher-kva.example', 'local.example'])
    expect(accepts(name), name).toBe(true)
})
