import { resolve } from 'node:path'
import { createRecorder, fileJournal, InvalidConfigError, memoryJournal } from '@assay/sdk'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ask, type ChatServer, startChatServer } from '../support/chat-server.ts'
import { type Session, startSession } from '../support/session.ts'

let session: Session
let server: ChatServer
beforeAll(async () => {
  session = await startSession()
  server = await startChatServer()
})
afterAll(async () => {
  await session.stop()
  server.stop()
})

describe('createRecorder', () => {
  const settings = () => ({
    chainId: 31337,
    rpcUrl: session.chain.rpcUrl,
    inferenceLog: session.chain.addresses.inferenceLog,
    owner: session.owner,
    sessionKey: session.sessionKey,
    journal: memoryJournal(),
  })

  test('behavior: does nothing, and says so once, when nothing is configured', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const idle = createRecorder()
    expect(idle.enabled).toBe(false)
    expect(warn).toHaveBeenCalledOnce()
    expect(await idle.record({ request: 'q', response: 'a' })).toBeUndefined()
    const completion = await server.client(idle).chat.completions.create(ask('m'))
    expect(await idle.receiptOf(completion)).toBeUndefined()
    createRecorder({ ...settings(), enabled: false })
    expect(warn).toHaveBeenCalledOnce()
    warn.mockRestore()
  })

  test.each([
    [{ owner: undefined }, 'owner (ASSAY_OWNER)` is missing'],
    [{ owner: '0x12' }, 'is no address'],
    [{ sessionKey: '0x12' }, 'must be a private key'],
    [{ sessionKey: `0x${'0'.repeat(64)}` }, 'is no private key of secp256k1'],
    [{ rpcUrl: 'nowhere' }, 'must be an http or https URL'],
    [{ chainId: undefined }, 'chainId (ASSAY_CHAIN_ID)` is missing'],
    [{ scheduledDelayMillis: 0 }, 'must be a whole number from 1'],
    [{ scheduledDelayMillis: 2 ** 31 }, 'must be 2147483647 at most'],
    [{ exportTimeoutMillis: 2 ** 31 }, 'must be 2147483647 at most'],
    [{ modelId: 'gpt' }, 'must be 0x and 64 hex digits'],
  ])('error: InvalidConfigError for %j', (change, problem) => {
    expect(() => createRecorder({ ...settings(), ...change })).toThrow(InvalidConfigError)
    expect(() => createRecorder({ ...settings(), ...change })).toThrow(problem)
  })

  test.each(['0', 'no', 'off'])('error: InvalidConfigError for ASSAY_ENABLED=%s', (value) => {
    vi.stubEnv('ASSAY_ENABLED', value)
    expect(() => createRecorder(settings())).toThrow('(ASSAY_ENABLED)` must be true or false')
    // What the program says goes first.
    expect(createRecorder({ ...settings(), enabled: false }).enabled).toBe(false)
    vi.unstubAllEnvs()
  })

  test('behavior: a variable that is empty is not set', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    for (const name of ['ENABLED', 'OWNER', 'SESSION_KEY', 'CHAIN_ID']) {
      vi.stubEnv(`ASSAY_${name}`, '')
    }
    expect(createRecorder().enabled).toBe(false)
    vi.stubEnv('ASSAY_JOURNAL', '')
    expect(fileJournal().directory).toBe(resolve('.assay/journal'))
    vi.unstubAllEnvs()
    warn.mockRestore()
  })

  test('behavior: a recorder’s fetch may be the global one, also of several', async () => {
    const plain = globalThis.fetch
    const given = { submit: () => Promise.resolve({ transactionHash: undefined }) }
    const recorders = [
      createRecorder({ ...settings(), ...given }),
      createRecorder({ enabled: false }),
      createRecorder({ ...settings(), ...given }),
    ] as const
    try {
      for (const recorder of recorders) {
        globalThis.fetch = recorder.fetch
        // Made while a recorder's is the global one, as when a module is evaluated again.
        const later = createRecorder({ ...settings(), ...given })
        for (const { fetch } of [...recorders, later]) {
          const client = server.client({ ...recorder, fetch })
          expect((await client.chat.completions.create(ask('m'))).choices).toHaveLength(1)
        }
        globalThis.fetch = later.fetch
        const body = JSON.stringify(ask('m'))
        await (await fetch(`${server.baseURL}/completions`, { method: 'POST', body })).text()
        await later.flush()
        expect(later.status().recorded).toBe(2)
        await later.shutdown()
      }
    } finally {
      globalThis.fetch = plain
    }
    await Promise.all(recorders.map((recorder) => recorder.shutdown()))
  })

  test('behavior: an error never shows the session key', () => {
    const secret = `${session.sessionKey}00`
    try {
      createRecorder({ ...settings(), sessionKey: secret })
      expect.unreachable()
    } catch (error) {
      expect(String(error)).not.toContain(session.sessionKey.slice(2))
    }
  })
})
