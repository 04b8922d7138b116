import { createRecorder, InvalidConfigError, memoryJournal } from '@assay/sdk'
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
    [{ modelId: 'gpt' }, 'must be 0x and 64 hex digits'],
  ])('error: InvalidConfigError for %j', (change, problem) => {
    expect(() => createRecorder({ ...settings(), ...change })).toThrow(InvalidConfigError)
    expect(() => createRecorder({ ...settings(), ...change })).toThrow(problem)
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
