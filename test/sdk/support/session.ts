import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createRecorder,
  defaultPolicy,
  fileJournal,
  type Recorder,
  type RecorderOptions,
  type VerificationPolicy,
} from '@assay/sdk'
import type { Address, Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import {
  accountOf,
  type ChainOptions,
  type LocalChain,
  startChain,
} from '../../indexer/support/chain.ts'

/** A local chain on which an owner has authorized a funded session key. */
export type Session = {
  chain: LocalChain
  owner: Address
  sessionKey: Hex
  sessionAccount: ReturnType<typeof privateKeyToAccount>
  policy: VerificationPolicy
  /** An empty directory that `stop` removes. */
  directory(): Promise<string>
  recorder(options?: RecorderOptions): Promise<Recorder>
  /** Another key, funded, authorized until a time (Unix seconds) if one is given. */
  newKey(expiresAt?: number): Promise<Hex>
  stop(): Promise<void>
}

/** 2100-01-01 */
export const farFuture = 4_102_444_800

export async function startSession(options?: ChainOptions): Promise<Session> {
  const chain = await startChain(options)
  const owner = accountOf(1)
  const { inferenceLog } = chain.addresses
  const stops: (() => Promise<unknown>)[] = []

  async function newKey(expiresAt?: number): Promise<Hex> {
    const key = generatePrivateKey()
    const to = privateKeyToAccount(key).address
    await chain.mined(await chain.client.sendTransaction({ to, value: 10n ** 18n }))
    if (expiresAt !== undefined) {
      await chain.mined(await chain.as(owner).log.write.authorize([to, expiresAt]))
    }
    return key
  }

  async function directory(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'assay-test-'))
    stops.push(() => rm(path, { recursive: true, force: true }))
    return path
  }

  const sessionKey = await newKey(farFuture)
  return {
    chain,
    owner: owner.address,
    sessionKey,
    sessionAccount: privateKeyToAccount(sessionKey),
    policy: { ...defaultPolicy, chains: { [chain.chainId]: chain.addresses } },
    directory,
    newKey,
    async recorder(options = {}) {
      const recorder = createRecorder({
        chainId: chain.chainId,
        rpcUrl: chain.rpcUrl,
        inferenceLog,
        owner: owner.address,
        sessionKey,
        scheduledDelayMillis: 50,
        journal: fileJournal({ directory: await directory() }),
        ...options,
      })
      stops.push(() => recorder.shutdown())
      return recorder
    },
    async stop() {
      for (const stop of stops.toReversed()) await stop()
      await chain.stop()
    },
  }
}
