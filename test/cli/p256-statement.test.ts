import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getEnvironment } from '@assay/sdk'
import { encodeP256Statement } from '@assay/sdk/formats'
import { type Address, type Hex, hexToBytes, slice, toHex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pointOf } from '../../cli/src/environment/verifiers.ts'
import { readP256Key } from '../../cli/src/environment/p256-key.ts'
import { p256Order } from '../contracts/support/p256.ts'
import { startChain } from '../indexer/support/chain.ts'
import { environmentCommand } from './support/environment-command.ts'
import { deployP256Attester } from './support/p256-attester.ts'
import { deployQuorum } from './support/quorum.ts'

const validUntil = '4102444800'
const passphrase = 'seven words'
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const owner = generatePrivateKey()
const registrant = privateKeyToAccount(owner).address

let chain: Awaited<ReturnType<typeof startChain>>
let directory: string
let verifier: Address
let quorum: Address
beforeAll(async () => {
  chain = await startChain()
  directory = await mkdtemp(join(tmpdir(), 'assay-p256-'))
  await chain.client.setBalance({ address: registrant, value: 10n ** 18n })
  const point = pointOf(await readP256Key(await file('key.pem', pkcs8(privateKey))))
  verifier = await deployP256Attester(chain, point, 'module')
  quorum = await deployQuorum(chain, [{ account: registrant, name: 'one' }], 1n)
})
afterAll(async () => {
  await chain.stop()
  await rm(directory, { recursive: true, force: true })
})

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, content)
  return path
}
const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' })
const encrypted = () =>
  privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })

const run = (args: string[], env?: Record<string, string>) => environmentCommand(chain, args, env)
const claimOf = (i: number) => ['--kind', 'none', '--measurement', toHex(i, { size: 32 })]
const attest = (i: number, key: string, more: string[] = [], env?: Record<string, string>) =>
  run(
    [
      ...['attest', ...claimOf(i), '--registrant', registrant, '--verifier', verifier],
      ...['--valid-until', validUntil, '--attester-key', key, ...more],
    ],
    env,
  )
const register = (i: number, statement: string, end = validUntil) =>
  run(
    [
      ...['register', ...claimOf(i), '--verifier', verifier],
      ...['--valid-until', end, '--statement', statement],
    ],
    { ASSAY_OWNER_KEY: owner },
  )

test('default: signed by a key in each form of PEM, the registry takes it', async () => {
  const sec1 = privateKey.export({ type: 'sec1', format: 'pem' })
  // As `openssl ecparam -genkey` writes it: the curve's name stands before the key.
  const parameters =
    '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'
  const proc = { type: 'sec1', format: 'pem', cipher: 'aes-128-cbc', passphrase } as const
  const files = [
    await file('pkcs8.pem', pkcs8(privateKey)),
    await file('sec1.pem', sec1),
    await file('ecparam.pem', parameters + String(sec1)),
    await file('encrypted.pem', encrypted()),
    await file('encrypted-sec1.pem', privateKey.export(proc)),
  ]
  for (const [i, path] of files.entries()) {
    const attested = await attest(i, path, [], { ASSAY_ATTESTER_PASSPHRASE: passphrase })
    expect(attested, attested.stdout).toMatchObject({
      code: 0,
      said: { name: 'module', key: expect.stringMatching(/^0x04/), verifier },
    })
    expect(attested.said.statement).toMatch(/^0x[0-9a-f]{140}$/)
    const registered = await register(i, attested.said.statement)
    expect([registered.code, registered.said.status], registered.stdout).toEqual([0, 'done'])
    const { environmentId } = attested.said
    expect(registered.said.environmentId).toBe(environmentId)
    const { environmentRegistry } = chain.addresses
    const found = await getEnvironment(chain.client, { environmentId, environmentRegistry })
    expect(found).toMatchObject({ verifier, registrant })
  }
}, 120_000)

test('behavior: low s each time, over SHA-256 of the digest', async () => {
  const key = await readP256Key(join(directory, 'key.pem'))
  for (let i = 0; i < 32; i++) {
    const digest = toHex(i, { size: 32 })
    const signature = key.sign(digest)
    expect(BigInt(slice(signature, 32)) <= p256Order / 2n).toBe(true)
    const by = { key: createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })) }
    const given = { ...by, dsaEncoding: 'ieee-p1363' as const }
    expect(verify('sha256', hexToBytes(digest), given, hexToBytes(signature))).toBe(true)
  }
})

test('error: ContractRefusalError by the verifier’s name and arguments: another end, after the deadline', async () => {
  const path = join(directory, 'key.pem')
  const { statement } = (await attest(100, path)).said
  const other = await register(100, statement, '4102444801')
  expect([other.code, other.said.error?.code]).toEqual([3, 'ContractRefusalError'])
  expect(other.said.error?.message).toContain('P256Attester_InvalidSignature()')
  const late = (await attest(100, path, ['--deadline', '2020-01-01T00:00:00Z'])).said.statement
  const message = (await register(100, late)).said.error?.message
  expect(message).toMatch(/P256Attester_DeadlinePassed\(1577836800, \d+\)/)
  const rs: Hex = `0x${'01'.repeat(64)}`
  const short = (await register(100, encodeP256Statement(0, rs).slice(0, -2))).said.error?.message
  expect(short).toContain('P256Attester_MalformedStatement(69)')
}, 120_000)

test('error: UsageError, InputError for keys that are none, another’s, or locked', async () => {
  const secret = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey
  const pem = join(directory, 'key.pem')
  const locked = await file('locked.pem', encrypted())
  const k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey
  const public_ = publicKey.export({ type: 'spki', format: 'pem' })
  const toQuorum = ['--verifier', quorum]
  const join_ = ['--join', '0x']
  const cases: [code: string, says: string, path: string, more?: string[]][] = [
    ['UsageError', 'not the one of this verifier', await file('other.pem', pkcs8(secret))],
    ['UsageError', 'is no P256Attester', pem, toQuorum],
    ['UsageError', 'exclude each other', pem, join_],
    ['UsageError', 'exclude each other', pem, ['--print-request']],
    ['UsageError', 'ASSAY_ATTESTER_PASSPHRASE', locked],
    ['InputError', 'not of P-256', await file('k1.pem', pkcs8(k1))],
    [
      ...(['InputError', 'not of P-256'] as const),
      await file('ed25519.pem', pkcs8(generateKeyPairSync('ed25519').privateKey)),
    ],
    ['InputError', 'no private key in PEM', await file('public.pem', public_)],
    ['InputError', 'no private key in PEM', await file('no.pem', 'no key')],
    ['InputError', 'does not exist', join(directory, 'nowhere.pem')],
    ['NoContractError', registrant, pem, ['--verifier', registrant]],
  ]
  for (const [code, says, path, more] of cases) {
    const ended = await attest(0, path, more)
    expect([ended.code, ended.said.error?.code], ended.stdout).toEqual([3, code])
    expect(ended.stdout).toContain(says)
  }
  const wrong = await attest(0, locked, [], { ASSAY_ATTESTER_PASSPHRASE: 'another' })
  expect(wrong.said.error).toMatchObject({ code: 'InputError' })
  expect(wrong.stdout).toContain('does not open')
  expect(wrong.stdout + wrong.stderr).not.toContain('another')
  // The other way round: an account's key, and a verifier that knows none.
  const id = ['attest', toHex(7, { size: 32 }), '--verifier', verifier, '--valid-until', validUntil]
  const account = await run(id, { ASSAY_ATTESTER_KEY: owner })
  expect(account.said.error).toMatchObject({ code: 'UsageError' })
  expect(account.stdout).toContain('is no AttesterQuorum')
}, 120_000)
