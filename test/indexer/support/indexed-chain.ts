import { createIndexerClient, getInferences } from '@assay/sdk'
import {
  type BatchMode,
  type BatchRecord,
  buildBatch,
  type BuiltBatch,
  encodeKind,
  environmentIdOf,
  inferenceIdOf,
  inferencesOf,
  type InferenceLogKey,
  logIdOf,
  modelIdOf,
} from '@assay/sdk/formats'
import { stringToHex, toHex, zeroAddress, zeroHash } from 'viem'
import type { LocalAccount } from 'viem/accounts'
import { freePorts } from '../../support/free-ports.ts'
import { accountOf, startChain } from './chain.ts'
import { startEmbedded } from './start-embedded.ts'

/** 2100-01-01, in Unix seconds. */
export const far = 4_102_444_800
export const owner = accountOf(1)
export const key = accountOf(2)
export const publisher = accountOf(3)
/** Never authorized: the owner settles in its place. */
export const lostKey = accountOf(4)

/** What was sent, so that the indexer's rows can be compared with something that is not the indexer's. */
export type Sent = {
  batch: BuiltBatch
  log: InferenceLogKey
  settledAt: bigint
  records: BatchRecord[]
}
export const model = {
  name: 'm\0o\ud800del',
  version: '1',
  manifestDigest: toHex(7n, { size: 32 }),
  signingRoot: zeroHash,
  uri: 'ipfs://m',
}
export const claim = {
  kind: 'none',
  measurement: toHex(8n, { size: 32 }),
  keyType: 'ed25519',
  key: toHex(9n, { size: 32 }),
  attestationDigest: zeroHash,
} as const

export type IndexedChain = Awaited<ReturnType<typeof startIndexedChain>>

/** A chain on which all kinds of things have happened, and an indexer that knows of them. */
export async function startIndexedChain() {
  const chain = await startChain()
  const { chainId, addresses } = chain
  const sent: Sent[] = []
  const modelId = modelIdOf({ publisher: publisher.address, ...model, name: 'm\0o\ufffddel' })
  const environmentId = environmentIdOf(claim, {
    chainId,
    registrant: publisher.address,
    environmentRegistry: addresses.environmentRegistry,
  })

  function recordsOf(count: number, mark: bigint): BatchRecord[] {
    return Array.from({ length: count }, (_, i) => ({
      modelId: i % 2 ? modelId : zeroHash,
      environmentId: i % 3 ? environmentId : zeroHash,
      commitment: toHex(mark * 10_000n + BigInt(i), { size: 32 }),
      servedAt: 1_790_000_000_000n + mark * 1000n + BigInt(i),
    }))
  }

  function logOf(sessionKey: LocalAccount, instance: bigint) {
    const log = {
      owner: owner.address,
      sessionKey: sessionKey.address,
      instance: toHex(instance, { size: 32 }),
    }
    const { chainId, addresses } = chain
    return { log, logId: logIdOf({ ...log, chainId, inferenceLog: addresses.inferenceLog }) }
  }

  async function settle(
    sessionKey: LocalAccount,
    by: LocalAccount,
    instance: bigint,
    first: bigint,
    count: number,
    mode: BatchMode = 'inline',
  ) {
    const { log, logId } = logOf(sessionKey, instance)
    const records = recordsOf(count, instance * 100n + first)
    const batch = buildBatch(logId, first, records, mode)
    const { write } = chain.as(by).log
    const call =
      mode === 'inline'
        ? write.settleInline([log, first, count, batch.root, toHex(batch.data)])
        : write.settleExternal([
            log,
            first,
            count,
            batch.root,
            batch.dataDigest,
            stringToHex('ftp://x/\0'),
          ])
    const { timestamp } = await chain.mined(await call)
    sent.push({ batch, log, settledAt: timestamp, records })
  }

  const { models, environments } = chain.as(publisher)
  await chain.mined(await models.write.publish([model]))
  await chain.mined(
    await models.write.publish([{ ...model, name: 'other', signingRoot: toHex(5n, { size: 32 }) }]),
  )
  await chain.mined(await models.write.retire([modelId, 'why \0 not']))
  const registration = {
    ...claim,
    kind: encodeKind('none'),
    keyType: 3,
    validUntil: far,
    verifier: zeroAddress,
    uri: 'u',
  }
  await chain.mined(await environments.write.register([registration, '0x', '0x']))
  await chain.mined(await environments.write.reportCompromise([environmentId, 17]))
  await chain.mined(await environments.write.revoke([environmentId]))
  await chain.mined(await chain.as(owner).log.write.authorize([key.address, far]))
  await settle(key, key, 1n, 0n, 120)
  await settle(key, key, 1n, 120n, 1)
  await settle(key, key, 2n, 0n, 9, 'external')
  // By the owner, for a key that was never authorized.
  await settle(lostKey, owner, 3n, 0n, 4)
  await chain.mined(await chain.as(owner).log.write.skip([logOf(lostKey, 3n).log, 4n, 6]))
  await chain.mined(await chain.as(owner).log.write.reportCompromise([key.address, 23]))
  await chain.mined(await chain.as(owner).log.write.revokeSessionKey([key.address]))
  const [port] = (await freePorts(1)) as [number]
  const indexer = await startEmbedded({
    chainId,
    rpcUrl: chain.rpcUrl,
    wsUrl: chain.wsUrl,
    ...addresses,
    port,
    timeoutMillis: 150_000,
  })
  const client = createIndexerClient({ url: indexer.graphqlUrl })
  await indexer.waitForBlock(await chain.client.getBlockNumber())

  /** The inferences of all inline batches, as the receipts of their recorders would tell them. */
  function expectedInferences() {
    return sent
      .filter(({ batch }) => batch.mode === 'inline')
      .flatMap(({ batch, log, settledAt, records }) =>
        inferencesOf(batch.logId, batch.first, records).map((inference) => ({
          ...inference,
          chainId: BigInt(chainId),
          inferenceId: inferenceIdOf(inference),
          root: batch.root,
          owner: log.owner.toLowerCase(),
          settledAt,
        })),
      )
  }

  /** Page by page. */
  async function all(parameters: Parameters<typeof getInferences>[1] = {}) {
    const items = []
    let after: string | undefined
    do {
      const page = await getInferences(client, { limit: 50, ...parameters, after })
      items.push(...page.items)
      after = page.endCursor
    } while (after)
    return items
  }

  return {
    chain,
    indexer,
    client,
    port,
    modelId,
    environmentId,
    sent,
    logOf,
    settle,
    expectedInferences,
    all,
    graphql: (query: string): Promise<Record<string, unknown>> => client.query(query, {}),
    async stop() {
      await indexer.stop()
      await chain.stop()
    },
  }
}
