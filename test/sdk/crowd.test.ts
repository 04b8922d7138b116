import { readdir } from 'node:fs/promises'
import { fileJournal } from '@assay/sdk'
import { privateKeyToAddress } from 'viem/accounts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { runScript } from '../support/run-script.ts'
import { settledInline } from './support/on-chain.ts'
import { farFuture, type Session, startSession } from './support/session.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

test.each([['cluster'], ['threads']])(
  'behavior: %s of four, killed at random moments: what was acknowledged is settled once',
  async (kind) => {
    const { chain, owner } = session
    const sessionKey = await session.newKey(farFuture)
    const directory = await session.directory()
    const { stdout, stderr } = await runScript('test/sdk/support/recording-crowd.ts', [kind], {
      ASSAY_CHAIN_ID: String(chain.chainId),
      ASSAY_INFERENCE_LOG: chain.addresses.inferenceLog,
      ASSAY_OWNER: owner,
      ASSAY_SESSION_KEY: sessionKey,
      ASSAY_RPC_URL: chain.rpcUrl,
      ASSAY_JOURNAL: directory,
    })
    expect(stderr).toBe('')
    const acknowledged = stdout.split('\n').filter((line) => line.startsWith('0x'))
    expect(acknowledged.length).toBeGreaterThan(100)
    expect(await readdir(directory)).toHaveLength(4)

    await session.recorder({ sessionKey, journal: fileJournal({ directory }) })
    const address = privateKeyToAddress(sessionKey)
    await vi.waitUntil(
      async () => {
        const settled = new Set<string>(await settledInline(chain, address))
        return acknowledged.every((id) => settled.has(id))
      },
      { timeout: 20_000, interval: 200 },
    )
    const settled = await settledInline(chain, address)
    expect(new Set(settled).size).toBe(settled.length)
  },
)
