import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileJournal } from '@assay/sdk'
import { privateKeyToAddress } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stage, startStage } from '../relay/support/relayed.ts'
import { farFuture, type Session, startSession } from '../sdk/support/session.ts'
import { assay } from './support/assay.ts'
import { startHostileServer } from './support/hostile-server.ts'

let at: Session
beforeAll(async () => {
  at = await startSession()
})
afterAll(() => at.stop())

type Finding = { check: string; status: string; text: string; fix?: string }

async function examine(more: Record<string, string> = {}, args: string[] = []) {
  const { addresses, rpcUrl, chainId } = at.chain
  const env = {
    ASSAY_RPC_URL: rpcUrl,
    ASSAY_CHAIN_ID: String(chainId),
    ASSAY_INFERENCE_LOG: addresses.inferenceLog,
    ASSAY_MODEL_REGISTRY: addresses.modelRegistry,
    ASSAY_ENVIRONMENT_REGISTRY: addresses.environmentRegistry,
    ASSAY_VERDICT_REGISTRY: addresses.verdictRegistry,
    ASSAY_OWNER: at.owner,
    ASSAY_SESSION_KEY: at.sessionKey,
    ASSAY_JOURNAL: join(at.chain.addresses.inferenceLog, 'none'),
    ...more,
  }
  const { code, stdout } = await assay(['doctor', '--json', ...args], { env })
  const { findings } = JSON.parse(stdout) as { findings: Finding[] }
  const of = (check: string) => findings.filter((it) => it.check === check)
  return { code, of, findings }
}

test('default: all is well; every line says what was seen', async () => {
  const ASSAY_JOURNAL = join(await at.directory(), 'journal')
  const { code, findings } = await examine({ ASSAY_JOURNAL })
  expect(code).toBe(0)
  expect(findings.map(({ check }) => check)).toEqual([
    ...['settings', 'rpc', 'contracts', 'contracts', 'contracts', 'contracts'],
    ...['session key', 'funds', 'clock', 'journal'],
  ])
  expect(findings.filter(({ status }) => status === 'fail')).toEqual([])
  expect(findings.every(({ status, fix }) => status === 'ok' || fix)).toBe(true)
})

test('behavior: a chain that is out of reach, another one, or without the contract', async () => {
  const [nowhere, other, empty, without] = await Promise.all([
    examine({ ASSAY_RPC_URL: 'http://127.0.0.1:1' }),
    examine({ ASSAY_CHAIN_ID: '5' }),
    examine({ ASSAY_INFERENCE_LOG: at.owner }),
    examine({ ASSAY_RPC_URL: '' }),
  ])
  const spare = await examine({ ASSAY_RPC_URL: `http://127.0.0.1:1,${at.chain.rpcUrl}` })
  expect([spare.code, spare.of('rpc')]).toMatchObject([0, [{ status: 'warn' }, { status: 'ok' }]])
  expect(spare.of('session key')).toMatchObject([{ status: 'ok' }])
  for (const { code, of } of [nowhere, other, without]) {
    expect([code, of('rpc')]).toMatchObject([1, [{ status: 'fail' }]])
    // What needs no chain is looked at all the same.
    expect(of('journal')).toHaveLength(1)
  }
  expect(other.of('rpc')[0]?.text).toContain('serves chain 31337, but chain 5')
  expect(empty.code).toBe(1)
  expect(empty.of('contracts').filter(({ status }) => status === 'fail')).toMatchObject([
    { text: `inferenceLog: no contract of Assay answers at ${at.owner}` },
  ])
  expect(empty.of('session key')).toEqual([])
})

test('behavior: a key that is not authorized, poor, near its end, revoked', async () => {
  const inAWeek = Math.floor(Date.now() / 1000) + 5 * 86_400
  const [stranger, soon, revoked] = [
    await at.newKey(),
    await at.newKey(inAWeek),
    await at.newKey(farFuture),
  ]
  const { log } = at.chain.as({ address: at.owner, type: 'json-rpc' } as never)
  await at.chain.mined(await log.write.revokeSessionKey([privateKeyToAddress(revoked)]))
  await at.chain.client.setBalance({ address: privateKeyToAddress(stranger), value: 0n })
  const [a, b, c] = await Promise.all(
    [stranger, soon, revoked].map((key) => examine({ ASSAY_SESSION_KEY: key })),
  )
  expect(a?.of('session key')[0]).toMatchObject({ status: 'fail' })
  expect(a?.of('funds')[0]).toMatchObject({ status: 'fail' })
  expect(b?.of('session key')[0]).toMatchObject({ status: 'warn' })
  expect(b?.of('session key')[0]?.fix).toContain('--renew')
  expect([b?.code, c?.code]).toEqual([0, 1])
  expect(c?.of('session key')[0]?.fix).toContain('--new-key')
})

test('behavior: journals: what is left, what is damaged, what cannot be written', async () => {
  const directory = await at.directory()
  const recorder = await at.recorder({
    journal: fileJournal({ directory }),
    submit: () => Promise.reject(new Error('out of reach')),
    exportTimeoutMillis: 100,
    onError: () => undefined,
  })
  await recorder.record({ request: 'q', response: 'a' })
  const held = await examine({ ASSAY_JOURNAL: directory })
  expect(held.of('journal')[1]).toMatchObject({ status: 'ok' })
  expect(held.of('journal')[1]?.text).toContain(`1 pending, held by process ${process.pid}`)
  await recorder.shutdown()
  const [folder = ''] = await readdir(directory)
  const left = await examine({ ASSAY_JOURNAL: directory })
  expect(left.of('journal')[1]).toMatchObject({ status: 'warn' })
  expect(left.of('journal')[1]?.fix).toContain('assay flush')
  const [segment = ''] = (await readdir(join(directory, folder))).filter((it) => !/lock/.test(it))
  const file = join(directory, folder, segment)
  const bytes = await readFile(file)
  bytes.writeUInt8(bytes.readUInt8(60) ^ 1, 60)
  await writeFile(file, bytes)
  const damaged = await examine({ ASSAY_JOURNAL: directory })
  expect([damaged.code, damaged.of('journal')[1]?.status]).toEqual([1, 'fail'])
  const locked = join(directory, 'locked')
  await mkdir(locked)
  await chmod(locked, 0o500)
  const readOnly = await examine({ ASSAY_JOURNAL: join(locked, 'journal') })
  // Root may write anywhere.
  expect(readOnly.of('journal')[0]?.status).toBe(process.getuid?.() === 0 ? 'ok' : 'fail')
})

test('behavior: an indexer, a relay: real ones, and servers that are none', async () => {
  const server = await startHostileServer({
    '/v1/status': (response) => response.end('{"schema":"\u001b[2Jevil"}'),
    '/graphql': (response) => response.end('<html>'),
  })
  const none = await examine({
    ASSAY_INDEXER_URL: `${server.origin}/graphql`,
    ASSAY_RELAY_URL: server.origin,
  })
  expect(none.of('funds')).toMatchObject([{ status: 'fail' }])
  expect(none.of('indexer')).toMatchObject([{ status: 'warn' }])
  await server.stop()
  const stage: Stage = await startStage()
  try {
    const { url } = await stage.relay()
    const elsewhere = { ASSAY_RPC_URL: stage.chain.rpcUrl, ASSAY_RELAY_URL: url }
    const good = await examine({ ...elsewhere, ASSAY_INFERENCE_LOG: stage.inferenceLog })
    expect(good.of('funds')).toMatchObject([{ status: 'ok' }])
  } finally {
    await stage.stop()
  }
})
