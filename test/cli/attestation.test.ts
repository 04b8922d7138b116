import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeArchive, reportDataOf } from '@assay/attestation'
import { getEnvironment } from '@assay/sdk'
import { type Hex, sha256 } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { judgedAt } from '../attestation/support/chains.ts'
import { createSnpAuthority } from '../attestation/support/snp-authority.ts'
import { type Stage, startStage } from '../relay/support/relayed.ts'
import { assay } from './support/assay.ts'

const environmentKey = generatePrivateKey()
const { publicKey } = privateKeyToAccount(environmentKey)
const authority = createSnpAuthority()
const { document, collateral, pin } = authority.documentOf({
  report: (bytes) => bytes.write(reportDataOf('secp256k1', publicKey).slice(2), 0x50, 'hex'),
})
const archive = Buffer.from(encodeArchive({ kind: 'sev-snp', document, collateral }))
const real = new URL('../attestation/vectors/nitro-debug.txt', import.meta.url)

let directory: string
const file = (name: string) => join(directory, name)
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-attestation-'))
  await writeFile(file('archive.json'), archive)
  await writeFile(file('report.bin'), document)
  await writeFile(file('other.bin'), 'hello')
  const text = (await readFile(real, 'utf8')).replace(/^#.*$/gm, '')
  await writeFile(file('document.cbor'), Buffer.from(text, 'base64'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe('environment inspect', () => {
  test('default: a document of AWS, and none of it believed', async () => {
    const { code, stdout } = await assay(['environment', 'inspect', file('document.cbor')])
    expect(code).toBe(0)
    expect(stdout).toContain('nothing of it is checked here')
    expect(stdout).toContain('i-0bbf1bfe232b8c2ce-enc0191fc27458c1d41')
    const json = await assay(['environment', 'inspect', file('report.bin'), '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: 'sev-snp',
      says: { 'document digest': sha256(document), measurement: `0x${'3e'.repeat(48)}` },
    })
  })

  test('error: InputError for what is no attestation', async () => {
    const { code, stderr } = await assay(['environment', 'inspect', file('other.bin')])
    expect([code, stderr]).toEqual([3, expect.stringContaining('no attestation of a kind')])
  })
})

describe('environment verify', () => {
  const verify = (name: string, ...args: string[]) =>
    assay(['environment', 'verify', file(name), ...args])

  test('default: an archive that leads to a root that is trusted', async () => {
    const args = ['--at', String(judgedAt), '--root', pin]
    const { code, stdout } = await verify('archive.json', ...args)
    expect(code).toBe(0)
    expect(stdout).toContain('Verified: an attestation of sev-snp, judged for 2026-09-21T')
    expect(stdout).toContain('What it does not show')
    const json = await verify('archive.json', ...args, '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({
      status: 'verified',
      policy: '196608',
      archiveDigest: sha256(archive),
    })
  })

  test('behavior: what is refused shows nothing, and ends with 2', async () => {
    const at = ['--at', '2024-09-17T01:47:56Z']
    const debug = await verify('document.cbor', ...at)
    expect([debug.code, debug.stdout]).toEqual([2, expect.stringContaining('`debugMode`')])
    const root = await verify('archive.json', '--at', String(judgedAt), '--json')
    expect([root.code, JSON.parse(root.stdout)]).toMatchObject([
      2,
      { status: 'refused', rule: 'root' },
    ])
  })

  test.each([
    ['a bare report', 'report.bin', ['--at', '1'], 'InputError'],
    ['no time', 'archive.json', ['--at', 'today'], 'UsageError'],
    ['no level', 'archive.json', ['--at', '1', '--vmpl', '4'], 'UsageError'],
    ['no digest', 'archive.json', ['--at', '1', '--root', '0x12'], 'UsageError'],
  ])('error: for %s', async (_, name, args, error) => {
    const { code, stdout } = await verify(name, ...args, '--json')
    expect([code, JSON.parse(stdout)]).toMatchObject([3, { error: { code: error } }])
  })
})

describe('environment register --archive', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage()
  })
  afterAll(() => stage.stop())

  test('default: kind, measurement and digest are those of the archive; only its own key is registered', async () => {
    const key = generatePrivateKey()
    const { address } = privateKeyToAccount(key)
    await stage.chain.client.setBalance({ address, value: 10n ** 18n })
    const { addresses, rpcUrl } = stage.chain
    const env = {
      ASSAY_RPC_URL: rpcUrl,
      ASSAY_ENVIRONMENT_REGISTRY: addresses.environmentRegistry,
      ASSAY_OWNER_KEY: key,
      ASSAY_ENVIRONMENT_KEY: environmentKey,
    }
    const register = async (...args: string[]) => {
      const base = ['environment', 'register', '--archive', file('archive.json'), '--root', pin]
      const { code, stdout } = await assay([...base, ...args, '--json'], { env })
      return { code, said: JSON.parse(stdout) as Record<string, unknown> }
    }
    const keyed = ['--key-type', 'secp256k1', '--key', publicKey]
    const other = privateKeyToAccount(key).publicKey
    for (const [args, error] of [
      [['--key-type', 'secp256k1', '--key', other], 'AttestationRefusedError'],
      [[], 'AttestationRefusedError'],
      [[...keyed, '--kind', 'tdx'], 'AttestationRefusedError'],
      [[...keyed, '--attestation', file('report.bin')], 'UsageError'],
    ] as const) {
      const refused = await register(...args)
      expect([refused.code, refused.said.error], args.join(' ')).toMatchObject([3, { code: error }])
    }
    const { code, said } = await register(...keyed)
    expect([code, said.status]).toEqual([0, 'done'])
    const where = {
      environmentId: said.environmentId as Hex,
      environmentRegistry: addresses.environmentRegistry,
    }
    expect(await getEnvironment(stage.chain.client, where)).toMatchObject({
      kind: 'sev-snp',
      measurement: sha256(`0x${'3e'.repeat(48)}`),
      key: publicKey,
      attestationDigest: sha256(archive),
    })
  })
})
