import { inferenceLogAbi } from '@assay/sdk/abi'
import {
  batchTypedData,
  type BatchMode,
  type BatchRecord,
  buildBatch,
  type BuiltBatch,
  domainOf,
  logIdOf,
} from '@assay/sdk/formats'
import { type Address, type Hex, stringToHex, toHex } from 'viem'
import { generatePrivateKey, type LocalAccount, privateKeyToAccount } from 'viem/accounts'
import { accountOf, type LocalChain, startChain } from '../../indexer/support/chain.ts'
import { eventsOf } from './calls.ts'

/** 2100-01-01, in Unix seconds. */
export const far = 4_102_444_800
export const owner = accountOf(1)
export const stranger = accountOf(2)

/** Some inferences; with another mark, others. */
export const recordsOf = (count: number, mark = 1n): BatchRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    modelId: toHex(BigInt(i % 3), { size: 32 }),
    environmentId: toHex(BigInt(i % 2), { size: 32 }),
    commitment: toHex(mark * 1000n + BigInt(i), { size: 32 }),
    servedAt: 1_790_000_000_000n + BigInt(i),
  }))

/** A chain with the InferenceLog, and what is needed to settle into it. To be started before the tests, and stopped after. */
export function inferenceLogs() {
  let running: LocalChain | undefined
  let instances = 0

  function chain(): LocalChain {
    if (!running) throw new TypeError('The chain is not started.')
    return running
  }
  const address = () => chain().addresses.inferenceLog
  const as = (account: LocalAccount) => chain().as(account).log
  const events = (sending: Promise<Hex>) => eventsOf(chain(), inferenceLogAbi, sending)

  return {
    start: async () => {
      running = await startChain()
    },
    stop: () => chain().stop(),
    chain,
    address,
    domain: () => domainOf(chain().chainId, address()),
    as,
    events,
    now: async () => Number((await chain().client.getBlock()).timestamp),

    /** A funded key, authorized if it is said until when. */
    newKey: async (expiresAt?: number) => {
      const account = privateKeyToAccount(generatePrivateKey())
      const { client, mined } = chain()
      await mined(await client.sendTransaction({ to: account.address, value: 10n ** 18n }))
      if (expiresAt) await events(as(owner).write.authorize([account.address, expiresAt]))
      return account
    },

    /** A log that is not opened yet, with ways to settle into it. */
    newLog: (sessionKey: LocalAccount, of: Address = owner.address) => {
      const instance = toHex(++instances, { size: 32 })
      const key = { owner: of, sessionKey: sessionKey.address, instance }
      const place = { ...key, chainId: chain().chainId, inferenceLog: address() }
      const logId = logIdOf(place)
      const batch = (first: bigint, count: number, mode: BatchMode = 'inline', mark = 1n) =>
        buildBatch(logId, first, recordsOf(count, mark), mode)
      const inline = (b: BuiltBatch, by = sessionKey) =>
        as(by).write.settleInline([key, b.first, b.count, b.root, toHex(b.data)])
      const external = (b: BuiltBatch, uri = '', by = sessionKey) =>
        as(by).write.settleExternal([key, b.first, b.count, b.root, b.dataDigest, stringToHex(uri)])
      const sign = (b: BuiltBatch, by = sessionKey) =>
        by.signTypedData(batchTypedData(b, place.chainId, place.inferenceLog))
      return { key, logId, batch, inline, external, sign }
    },
  }
}
