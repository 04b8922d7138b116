import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { createRecorder, getSessionKey, memoryJournal } from '@assay/sdk'
import type { Address, Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Stage, startStage } from '../relay/support/relayed.ts'
import { assay } from './support/assay.ts'
import { keystores } from './support/keystores.ts'
import { typeInto } from './support/pseudo-terminal.ts'

let stage: Stage
let directory: string
beforeAll(async () => {
  stage = await startStage()
  directory = await mkdtemp(join(tmpdir(), 'assay-init-'))
})
afterAll(async () => {
  await stage.stop()
  await rm(directory, { recursive: true, force: true })
})

type Told = {
  status: string
  owner: Address
  sessionKey: Address
  expiresAt: number
  kept?: string
}

let files = 0
/** An owner, and the settings that `assay init` writes for it. */
function newOwner(coins = 10n ** 18n) {
  const key = generatePrivateKey()
  const owner = privateKeyToAccount(key)
  const path = join(directory, `${++files}`, 'env')
  const env = {
    ASSAY_RPC_URL: stage.chain.rpcUrl,
    ASSAY_INFERENCE_LOG: stage.inferenceLog,
    ASSAY_OWNER_KEY: key,
  }
  const init = (args: string[] = [], more: Record<string, string | undefined> = {}) =>
    assay(['init', '--settings', path, '--json', ...args], {
      env: Object.fromEntries(
        Object.entries<string | undefined>({ ...env, ...more }).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, value]],
        ),
      ),
    })
  return {
    key,
    owner,
    path,
    init,
    fund: () => stage.chain.client.setBalance({ address: owner.address, value: coins }),
    settings: async (file = path) => parseEnv(await readFile(file, 'utf8')),
    keyOnChain: (sessionKey: Address) =>
      getSessionKey(stage.chain.client, {
        owner: owner.address,
        sessionKey,
        inferenceLog: stage.inferenceLog,
      }),
  }
}

const toldBy = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as Told
const errorOf = ({ stdout }: { stdout: string }) =>
  (JSON.parse(stdout) as { error: { code: string; message: string; details: string[] } }).error

describe('by a key', () => {
  test('default: authorizes a key, and writes the settings that a recorder reads', async () => {
    const { init, fund, path, owner, settings, keyOnChain } = newOwner()
    await fund()
    const ended = await init(['--days', '7'])
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('nothing else')])
    const told = toldBy(ended)
    expect(told).toMatchObject({ status: 'authorized', owner: owner.address })
    expect((await keyOnChain(told.sessionKey))?.expiresAt).toBe(told.expiresAt)
    const days = (told.expiresAt - Date.now() / 1000) / 86_400
    expect(days).toBeGreaterThan(6.9)
    expect(days).toBeLessThan(7.1)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const written = await settings()
    expect(privateKeyToAccount(written.ASSAY_SESSION_KEY as Hex).address).toBe(told.sessionKey)
    // Nothing but these settings makes a recorder that settles.
    await stage.chain.client.setBalance({ address: told.sessionKey, value: 10n ** 18n })
    const recorder = createRecorder({
      chainId: Number(written.ASSAY_CHAIN_ID),
      rpcUrl: written.ASSAY_RPC_URL,
      inferenceLog: written.ASSAY_INFERENCE_LOG,
      owner: written.ASSAY_OWNER,
      sessionKey: written.ASSAY_SESSION_KEY,
      journal: memoryJournal(),
    })
    const recorded = await recorder.record({ request: 'q', response: 'a' })
    await recorder.flush()
    expect((await recorder.receiptOf(recorded))?.log.owner).toBe(owner.address.toLowerCase())
    await recorder.shutdown()
  })

  test('behavior: run again it says what is there, and asks for nothing', async () => {
    const { init, fund, settings } = newOwner()
    await fund()
    const first = toldBy(await init())
    const before = await settings()
    const again = await init([], { ASSAY_OWNER_KEY: undefined, ASSAY_RPC_URL: undefined })
    expect(again.code).toBe(0)
    expect(toldBy(again)).toMatchObject({
      status: 'present',
      sessionKey: first.sessionKey,
      expiresAt: first.expiresAt,
    })
    expect(await settings()).toEqual(before)
  })

  test('behavior: --renew extends, and only extends; --new-key keeps the settings before', async () => {
    const { init, fund, settings, path, keyOnChain } = newOwner()
    await fund()
    const first = toldBy(await init(['--days', '10']))
    const shorter = await init(['--renew', '--days', '2'])
    expect([shorter.code, errorOf(shorter).message]).toEqual([
      3,
      'An authorization can only be extended.',
    ])
    const renewed = toldBy(await init(['--renew', '--days', '20']))
    expect(renewed.sessionKey).toBe(first.sessionKey)
    expect((await keyOnChain(first.sessionKey))?.expiresAt).toBe(renewed.expiresAt)
    expect(renewed.expiresAt).toBeGreaterThan(first.expiresAt)
    const before = await settings()
    const replaced = toldBy(await init(['--new-key']))
    expect(replaced.sessionKey).not.toBe(first.sessionKey)
    expect(replaced.kept).toBe(`${path}.${first.sessionKey.slice(2, 10).toLowerCase()}`)
    expect(await settings(replaced.kept)).toEqual(before)
    expect((await settings()).ASSAY_SESSION_KEY).not.toBe(before.ASSAY_SESSION_KEY)
    // Both are good: what was recorded under the first can be settled.
    for (const { sessionKey } of [first, replaced])
      expect((await keyOnChain(sessionKey))?.revokedAt).toBeUndefined()
  })

  test('behavior: --dry-run prices it; nothing is sent or written', async () => {
    const { init, fund, path, owner } = newOwner()
    await fund()
    const ended = await init(['--dry-run'])
    const told = JSON.parse(ended.stdout) as Record<string, string>
    expect([ended.code, told.status]).toEqual([0, 'simulated'])
    expect(Number(told.gas)).toBeGreaterThan(40_000)
    expect(BigInt(told.cost ?? 0)).toBe(BigInt(told.gas ?? 0) * BigInt(told.gasPrice ?? 0))
    await expect(stat(path)).rejects.toThrow('ENOENT')
    const { address } = owner
    expect(await stage.chain.client.getTransactionCount({ address })).toBe(0)
  })

  test('behavior: what stops it leaves the new key where the next run takes it up', async () => {
    const { init, fund, path, keyOnChain } = newOwner()
    const poor = await init()
    expect(poor.code).toBe(3)
    await expect(stat(path)).rejects.toThrow('ENOENT')
    const waiting = parseEnv(await readFile(`${path}.next`, 'utf8'))
    await fund()
    const told = toldBy(await init())
    const { address } = privateKeyToAccount(waiting.ASSAY_SESSION_KEY as Hex)
    expect(told.sessionKey).toBe(address)
    expect((await keyOnChain(address))?.expiresAt).toBe(told.expiresAt)
    await expect(stat(`${path}.next`)).rejects.toThrow('ENOENT')
  })

  test('behavior: a relay pays for an owner without coins, and is written down', async () => {
    const relay = await stage.relay()
    const { init, owner, settings, keyOnChain } = newOwner()
    const ended = await init(['--relay', relay.url])
    expect(ended.code).toBe(0)
    const { sessionKey, expiresAt } = toldBy(ended)
    expect((await keyOnChain(sessionKey))?.expiresAt).toBe(expiresAt)
    expect((await settings()).ASSAY_RELAY_URL).toBe(relay.url)
    const { address } = owner
    expect(await stage.chain.client.getTransactionCount({ address })).toBe(0)
  })

  test('behavior: a keystore opens by its passphrase', async () => {
    const { init } = newOwner()
    const { keystore, passphrase, address } = keystores.pbkdf2
    const file = join(directory, 'keystore.json')
    await writeFile(file, JSON.stringify(keystore))
    await stage.chain.client.setBalance({ address, value: 10n ** 18n })
    const open = (secret: string) =>
      init(['--keystore', file, '--dry-run'], {
        ASSAY_OWNER_KEY: undefined,
        ASSAY_KEYSTORE_PASSPHRASE: secret,
      })
    const [right, wrong] = await Promise.all([open(passphrase), open('another')])
    expect(toldBy(right).owner).toBe(address)
    expect([wrong.code, errorOf(wrong).message]).toEqual([
      3,
      'The input does not open by this passphrase.',
    ])
  })

  test('behavior: in a terminal the key is asked for, unseen, after what it is for', async () => {
    const { path, key, owner, fund } = newOwner()
    await fund()
    const args = ['init', '--settings', path]
    const env = { ASSAY_RPC_URL: stage.chain.rpcUrl, ASSAY_INFERENCE_LOG: stage.inferenceLog }
    const ask = (answer: string) =>
      typeInto(args, env, [
        { at: 'Private key of the owner', type: `${key}\r` },
        { at: 'Go on?', type: `${answer}\r` },
      ])
    const no = await ask('n')
    expect(no.code).toBe(3)
    expect(no.seen).toContain('Nothing was done.')
    const yes = await ask('y')
    expect([yes.code, yes.seen]).toEqual([0, expect.stringContaining(owner.address)])
    expect(no.seen + yes.seen).not.toContain(key.slice(2, 20))
  })

  test('error: UsageError, ChainMismatchError, RpcUnreachableError: no key, another one, another chain', async () => {
    const { init } = newOwner()
    const secret = `0x${'f'.repeat(64)}`
    const [none, other, malformed, chain, nowhere] = await Promise.all([
      init([], { ASSAY_OWNER_KEY: undefined }),
      init(['--owner', privateKeyToAccount(generatePrivateKey()).address]),
      init([], { ASSAY_OWNER_KEY: secret }),
      init([], { ASSAY_CHAIN_ID: '5' }),
      init([], { ASSAY_RPC_URL: 'http://127.0.0.1:1' }),
    ])
    expect([none.code, errorOf(none).message]).toEqual([3, "The owner's key is not given."])
    expect(errorOf(other).message).toContain('The key is of')
    expect(errorOf(malformed).message).toContain('must be a private key')
    expect(malformed.stdout + malformed.stderr).not.toContain('ffffff')
    expect(errorOf(chain).code).toBe('ChainMismatchError')
    expect(errorOf(nowhere).code).toBe('RpcUnreachableError')
  })
})

describe('signed elsewhere', () => {
  async function requested(args: string[] = []) {
    const at = newOwner()
    const request = join(directory, `request-${files}.json`)
    const owner = ['--owner', at.owner.address]
    const elsewhere = { ASSAY_OWNER_KEY: undefined }
    const asked = await at.init([...owner, '--print-request', '-o', request, ...args], elsewhere)
    expect([asked.code, asked.stderr]).toEqual([0, expect.stringContaining('session key')])
    const json = JSON.parse(await readFile(request, 'utf8')) as never
    const handIn = (...more: string[]) =>
      at.init([...owner, '--request', request, ...more], elsewhere)
    return { ...at, request, json, handIn, sign: () => at.owner.signTypedData(json) }
  }

  test('default: printed, signed by another program, handed in by a relay', async () => {
    const relay = await stage.relay()
    const { handIn, sign, keyOnChain, settings } = await requested()
    const ended = await handIn('--signature', await sign(), '--relay', relay.url)
    expect(ended.code).toBe(0)
    const { sessionKey, expiresAt } = toldBy(ended)
    expect((await keyOnChain(sessionKey))?.expiresAt).toBe(expiresAt)
    expect(privateKeyToAccount((await settings()).ASSAY_SESSION_KEY as Hex).address).toBe(
      sessionKey,
    )
  })

  test('behavior: without a relay the session key pays', async () => {
    const { handIn, sign, path, keyOnChain, json } = await requested()
    const { sessionKey } = (json as { message: { sessionKey: Address } }).message
    await stage.chain.client.setBalance({ address: sessionKey, value: 10n ** 18n })
    const file = `${path}.signature`
    await writeFile(file, `${await sign()}\n`)
    expect((await handIn('--signature-file', file)).code).toBe(0)
    expect((await keyOnChain(sessionKey))?.authorizedAt).toBeGreaterThan(0)
  })

  test('behavior: the page names what is signed, holds the request, and can load nothing', async () => {
    const page = join(directory, 'sign.html')
    const { json, owner } = await requested(['--page', page])
    const html = await readFile(page, 'utf8')
    expect(html).toContain("default-src 'none'")
    expect(html).not.toMatch(/https?:\/\/(?!localhost)/)
    const embedded = /<script type="application\/json" id="request">(.*)<\/script>/.exec(html)?.[1]
    expect(JSON.parse(embedded ?? '')).toEqual(json)
    expect(html).toContain(`<dd id="account">${owner.address}</dd>`)
  })

  test('error: InputError, UsageError: another signature, another request', async () => {
    const { handIn, sign, request, json } = await requested()
    const stranger = privateKeyToAccount(generatePrivateKey())
    const { code, stdout } = await handIn('--signature', await stranger.signTypedData(json))
    expect([code, stdout]).toEqual([3, expect.stringContaining('is not one of')])
    const signature = await sign()
    const { message, ...rest } = json as { message: Record<string, unknown> }
    for (const changed of [
      { ...rest, message: { ...message, owner: stranger.address } },
      { ...rest, message: { ...message, sessionKey: stranger.address } },
    ]) {
      await writeFile(request, JSON.stringify(changed))
      const { code, stdout } = await handIn('--signature', signature)
      expect([code, JSON.parse(stdout)]).toMatchObject([3, { error: { code: 'InputError' } }])
    }
  })
})
