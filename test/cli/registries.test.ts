import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getEnvironment, getModel, modelIdOf } from '@assay/sdk'
import { type Hex, keccak256, toHex, zeroHash } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Stage, startStage } from '../relay/support/relayed.ts'
import { assay } from './support/assay.ts'

let stage: Stage
let directory: string
beforeAll(async () => {
  stage = await startStage()
  directory = await mkdtemp(join(tmpdir(), 'assay-registries-'))
})
afterAll(async () => {
  await stage.stop()
  await rm(directory, { recursive: true, force: true })
})

async function funded() {
  const key = generatePrivateKey()
  const { address } = privateKeyToAccount(key)
  await stage.chain.client.setBalance({ address, value: 10n ** 18n })
  const run = async (args: string[], more: Record<string, string> = {}) => {
    const { addresses, rpcUrl } = stage.chain
    const env = {
      ASSAY_RPC_URL: rpcUrl,
      ASSAY_MODEL_REGISTRY: addresses.modelRegistry,
      ASSAY_ENVIRONMENT_REGISTRY: addresses.environmentRegistry,
      ASSAY_OWNER_KEY: key,
      ...more,
    }
    const { code, stdout } = await assay([...args, '--json'], { env, cwd: directory })
    return { code, said: JSON.parse(stdout) as Record<string, never> }
  }
  return { key, address, run }
}

async function weights(name: string): Promise<string> {
  const path = join(directory, name)
  await mkdir(join(path, 'deep', '.hidden'), { recursive: true })
  await writeFile(join(path, 'model.bin'), Buffer.alloc(3 * 2 ** 20, 1))
  await writeFile(join(path, 'empty'), '')
  await writeFile(join(path, 'deep', '.hidden', 'naïve.json'), '{}')
  return path
}

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

describe('model hash', () => {
  test('default: the manifest of a directory, which any tool can make again', async () => {
    const path = await weights('weights')
    const output = join(directory, 'manifest.json')
    const { code, stdout, stderr } = await assay(['model', 'hash', path, '-o', output])
    expect(code).toBe(0)
    expect(stderr).toMatch(/^3 files, 3145730 bytes\nOpenSSF signing root: 0x[0-9a-f]{64}\n$/)
    const manifest = await readFile(output)
    expect(stdout).toBe(`0x${sha256(manifest)}\n`)
    // By hand, from the rules: sorted by path, RFC 8785.
    const files = [
      ['deep/.hidden/naïve.json', '{}'],
      ['empty', ''],
      ['model.bin', Buffer.alloc(3 * 2 ** 20, 1)],
    ] as const
    const expected = files.map(
      ([name, bytes]) =>
        `{"path":"${name}","sha256":"${sha256(bytes)}","size":"${Buffer.byteLength(bytes)}"}`,
    )
    const schema = '"schema":"assay/manifest/v1"'
    expect(manifest.toString()).toBe(`{"files":[${expected.join(',')}],${schema}}`)
  })

  test('behavior: files by their names give what their directory gives; what is ignored is left out', async () => {
    const path = await weights('named')
    const hash = async (args: string[], cwd = path) =>
      (await assay(['model', 'hash', ...args], { cwd })).stdout
    const [whole, named, less, only] = await Promise.all([
      hash(['.']),
      hash(['model.bin', './empty', 'deep/.hidden/naïve.json']),
      hash(['.', '--ignore', 'deep/', '--ignore', 'empty']),
      hash(['model.bin']),
    ])
    expect(whole).toMatch(/^0x[0-9a-f]{64}\n$/)
    expect(named).toBe(whole)
    expect(less).toBe(only)
    expect(less).not.toBe(whole)
  })

  test('error: ModelFilesError: links, odd names, nothing, paths that lead out', async () => {
    const path = await weights('odd')
    const refused = async (args: string[]) => {
      const { code, stderr, stdout } = await assay(['model', 'hash', ...args], { cwd: path })
      expect([code, stdout]).toEqual([3, ''])
      return stderr
    }
    await symlink('/etc/passwd', join(path, 'deep', 'link'))
    expect(await refused(['.'])).toContain('is a symbolic link')
    await rm(join(path, 'deep', 'link'))
    await writeFile(join(path, 'back\\slash'), '')
    expect(await refused(['.'])).toContain('has a backslash')
    await rm(join(path, 'back\\slash'))
    const [out, none, twice] = await Promise.all([
      refused(['../weights/empty']),
      refused(['gone']),
      refused(['empty', './empty']),
    ])
    expect(out).toContain('by a path from here')
    expect(none).toContain('does not exist')
    expect(twice).toContain('twice')
    // Elsewhere file systems refuse such a name themselves.
    if (process.platform !== 'linux') return
    await writeFile(Buffer.concat([Buffer.from(join(path, 'x')), Buffer.of(0xff)]), '')
    expect(await refused(['.'])).toContain('no text in UTF-8')
  })
})

describe('model publish, model retire', () => {
  test('default: published once, found again, retired', async () => {
    const { run, address } = await funded()
    const path = await weights('published')
    const publish = ['model', 'publish', 'acme/chat', '1.2.0', path, '--uri', 'https://a.example']
    const first = await run(publish)
    expect([first.code, first.said.status]).toEqual([0, 'done'])
    const { modelId, manifestDigest } = first.said as unknown as Record<string, Hex>
    expect(modelId).toBe(
      modelIdOf({
        publisher: address,
        name: 'acme/chat',
        version: '1.2.0',
        manifestDigest: manifestDigest as Hex,
      }),
    )
    const where = {
      modelId: modelId as Hex,
      modelRegistry: stage.chain.addresses.modelRegistry,
    }
    expect(await getModel(stage.chain.client, where)).toMatchObject({ manifestDigest })
    const again = await run(publish)
    expect([again.code, again.said]).toMatchObject([0, { status: 'present', modelId }])
    const retired = await run(['model', 'retire', modelId as Hex, '--reason', 'wrong tokenizer'])
    expect([retired.code, retired.said.status]).toEqual([0, 'done'])
    expect((await getModel(stage.chain.client, where))?.retiredAt).toBeGreaterThan(0)
  })

  test('behavior: a dry run prices it; a relay pays for it', async () => {
    const relay = await stage.relay()
    const { run, key, address } = await funded()
    await stage.chain.client.setBalance({ address, value: 0n })
    const args = ['model', 'publish', 'm', '1', '--manifest-digest', keccak256(key)]
    const dry = await run([...args, '--dry-run'])
    expect([dry.code, dry.said.status]).toEqual([0, 'simulated'])
    expect(Number(dry.said.gas)).toBeGreaterThan(50_000)
    const relayed = await run([...args, '--relay', relay.url])
    expect([relayed.code, relayed.said.status]).toEqual([0, 'done'])
    expect(await stage.chain.client.getTransactionCount({ address })).toBe(0)
  })

  test('error: UsageError, ContractRefusalError', async () => {
    const { run } = await funded()
    const digest = ['--manifest-digest', toHex(7, { size: 32 })]
    expect((await run(['model', 'publish', 'm', '2', ...digest])).code).toBe(0)
    const [other, both, malformed, foreign] = await Promise.all([
      run(['model', 'publish', 'm', '2', '--manifest-digest', toHex(8, { size: 32 })]),
      run(['model', 'publish', 'm', '2', '.', ...digest]),
      run(['model', 'retire', 'm', '--reason', 'r']),
      run(['model', 'retire', toHex(9, { size: 32 }), '--reason', 'r']),
    ])
    for (const { code, said } of [other, foreign])
      expect([code, said.error]).toMatchObject([3, { code: 'ContractRefusalError' }])
    for (const { code, said } of [both, malformed])
      expect([code, said.error]).toMatchObject([3, { code: 'UsageError' }])
  })
})

describe('environment register, environment revoke, environment report-compromise', () => {
  test('default: registered with its key, which signs, and revoked', async () => {
    const { run } = await funded()
    const environmentKey = generatePrivateKey()
    const { publicKey } = privateKeyToAccount(environmentKey)
    const document = join(directory, 'document.cbor')
    await writeFile(document, 'attestation')
    const args = ['environment', 'register', '--kind', 'none', '--measurement', zeroHash]
    const keyed = ['--key-type', 'secp256k1', '--key', publicKey, '--attestation', document]
    const unsigned = await run([...args, ...keyed])
    expect([unsigned.code, unsigned.said.error]).toMatchObject([3, { code: 'UsageError' }])
    const registered = await run([...args, ...keyed], { ASSAY_ENVIRONMENT_KEY: environmentKey })
    expect([registered.code, registered.said.status]).toEqual([0, 'done'])
    const where = {
      environmentId: registered.said.environmentId as unknown as Hex,
      environmentRegistry: stage.chain.addresses.environmentRegistry,
    }
    expect(await getEnvironment(stage.chain.client, where)).toMatchObject({
      key: publicKey,
      attestationDigest: `0x${sha256('attestation')}`,
      revokedAt: undefined,
    })
    const revoked = await run(['environment', 'revoke', where.environmentId])
    expect([revoked.code, revoked.said.status]).toEqual([0, 'done'])
    expect((await getEnvironment(stage.chain.client, where))?.revokedAt).toBeGreaterThan(0)
  })

  test('default: a compromise is reported since a time, and can only reach further back', async () => {
    const { run, address } = await funded()
    const register = ['environment', 'register', '--kind', 'none', '--measurement', zeroHash]
    const { environmentId = '' } = (await run(register)).said
    const report = (since: string) =>
      run(['environment', 'report-compromise', environmentId, '--since', since])
    const done = await report('2026-01-31T08:00:00Z')
    expect([done.code, done.said.status]).toEqual([0, 'done'])
    const { environmentRegistry } = stage.chain.addresses
    const where = { environmentId: environmentId as Hex, environmentRegistry }
    const reporter = address
    expect(await getEnvironment(stage.chain.client, where)).toMatchObject({
      compromise: { reporter, since: Date.UTC(2026, 0, 31, 8) / 1000 },
      revokedAt: undefined,
    })
    expect((await report('1769846399')).code).toBe(0)
    for (const since of ['2026-01-31T08:00:00Z', '99999999999']) {
      expect([(await report(since)).said.error]).toMatchObject([{ code: 'ContractRefusalError' }])
    }
    for (const since of ['2026-02-30T08:00:00Z', '2026-01-31T24:00:00Z', '2026-01-31', '-1']) {
      const { code, said } = await report(since)
      expect([code, said.error]).toMatchObject([3, { code: 'UsageError' }])
    }
  })

  test('behavior: signed elsewhere, paid for by a relay', async () => {
    const relay = await stage.relay()
    const owner = privateKeyToAccount(generatePrivateKey())
    const { run } = await funded()
    const request = join(directory, 'environment-request.json')
    const none = { ASSAY_OWNER_KEY: '' }
    const args = [
      ...['environment', 'register', '--kind', 'none', '--measurement', zeroHash],
      ...['--owner', owner.address, '--days', '90'],
    ]
    const { addresses, rpcUrl } = stage.chain
    const asked = await assay([...args, '--print-request', '-o', request], {
      env: { ASSAY_RPC_URL: rpcUrl, ASSAY_ENVIRONMENT_REGISTRY: addresses.environmentRegistry },
    })
    expect(asked.code).toBe(0)
    const signature = await owner.signTypedData(
      JSON.parse(await readFile(request, 'utf8')) as never,
    )
    const answer = ['--request', request, '--signature', signature, '--relay', relay.url]
    const other = await run([...args, '--uri', 'https://other.example', ...answer], none)
    expect([other.code, other.said.error]).toMatchObject([3, { code: 'InputError' }])
    const done = await run([...args, ...answer], none)
    expect([done.code, done.said]).toMatchObject([0, { status: 'done', registrant: owner.address }])
  })
})
