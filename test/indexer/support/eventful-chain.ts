import {
  batchTypedData,
  type BatchRecord,
  buildBatch,
  type BuiltBatch,
  createReceipt,
  encodeKind,
  environmentIdOf,
  inferencesOf,
  type InferenceReceipt,
  standardFields,
} from '@assay/sdk/formats'
import { type Hex, toHex, zeroAddress, zeroHash } from 'viem'
import type { LocalAccount } from 'viem/accounts'
import { accountOf } from './chain.ts'
import {
  claim,
  far,
  key,
  lostKey,
  owner,
  publisher,
  type Sent,
  startIndexedChain,
} from './indexed-chain.ts'

export const goodKey = accountOf(5)
export const auditor = accountOf(6)
export const stranger = accountOf(7)
const second = 1n
const none = { kind: 'none', keyType: 'none', key: '0x', attestationDigest: zeroHash } as const

/**
 * An indexed chain on which inferences of every status are settled: by a key in force, by one that was reported and revoked, by an owner;
 * served before they can have been, and in an environment that had ended.
 */
export async function startEventfulChain() {
  const world = await startIndexedChain()
  const { chain, modelId, indexer, sent } = world
  const { chainId, addresses } = chain
  const { environments } = chain.as(publisher)

  const now = async () => (await chain.client.getBlock()).timestamp

  async function register(measurement: Hex, validUntil: number): Promise<Hex> {
    const registration = {
      ...{
        kind: encodeKind('none'),
        measurement,
        keyType: 0,
        key: '0x' as Hex,
        validUntil,
        uri: '',
      },
      ...{ attestationDigest: zeroHash, verifier: zeroAddress },
    }
    await chain.mined(await environments.write.register([registration, '0x', '0x']))
    return environmentIdOf(
      { ...none, measurement },
      {
        chainId,
        registrant: publisher.address,
        environmentRegistry: addresses.environmentRegistry,
      },
    )
  }

  async function settle(
    by: LocalAccount,
    sessionKey: LocalAccount,
    instance: bigint,
    records: BatchRecord[],
  ): Promise<BuiltBatch> {
    const { log, logId } = world.logOf(sessionKey, instance)
    const batch = buildBatch(logId, 0n, records, 'inline')
    const { write } = chain.as(by).log
    const { timestamp } = await chain.mined(
      await write.settleInline([log, 0n, records.length, batch.root, toHex(batch.data)]),
    )
    sent.push({ batch, log, settledAt: timestamp, records })
    return batch
  }

  await chain.mined(await chain.as(owner).log.write.authorize([goodKey.address, far]))
  const live = await register(claim.measurement, far)
  const ended = await register(toHex(77n, { size: 32 }), Number((await now()) + 20n * second))
  const at = (await now()) * 1000n
  const record = (i: number, other: Partial<BatchRecord>): BatchRecord => ({
    ...{ modelId, environmentId: live, commitment: toHex(900 + i, { size: 32 }), servedAt: at },
    ...other,
  })
  const good = await settle(goodKey, goodKey, 20n, [
    record(0, {}),
    record(1, { modelId: zeroHash, environmentId: zeroHash }),
    record(2, { servedAt: 2n ** 48n - 1n }),
  ])
  await chain.client.increaseTime({ seconds: 60 })
  await chain.client.mine({ blocks: 1 })
  const late = (await now()) * 1000n
  await settle(goodKey, goodKey, 21n, [
    record(3, { environmentId: ended, servedAt: late }),
    record(4, { environmentId: ended, servedAt: at }),
  ])

  const inferenceId = toHex(good.tree.proof(1)[0]!)
  const verdict = { evidenceDigest: zeroHash, uri: '' }
  const { verdicts } = chain.as(auditor)
  const posted = [
    { ...verdict, subjectKind: 0, subject: modelId, score: 90, tag: 'weights' },
    { ...verdict, subjectKind: 1, subject: live, score: 80, tag: 'measured' },
    { ...verdict, subjectKind: 2, subject: inferenceId, score: 0, tag: 'replay' },
  ]
  await chain.mined(await verdicts.write.post([posted]))
  const ids = await Promise.all(
    posted.map((it) => verdicts.read.verdictIdOf([auditor.address, it])),
  )
  await chain.mined(await verdicts.write.withdraw([[ids[1]!]]))
  await chain.mined(await chain.as(stranger).verdicts.write.withdraw([[ids[0]!]]))
  await chain.mined(await verdicts.write.post([[{ ...posted[0]!, uri: 'ipfs://again' }]]))
  await indexer.waitForBlock(await chain.client.getBlockNumber())

  /** Receipts of all that is settled inline, whose recorders committed to nothing that could be opened. */
  async function receipts(): Promise<InferenceReceipt[]> {
    const signers = new Map([key, lostKey, goodKey].map((it) => [it.address, it]))
    const all = sent.filter(({ batch }) => batch.mode === 'inline').map(receiptsOf)
    return (await Promise.all(all)).flat()

    async function receiptsOf({ batch, log, records }: Sent) {
      const place = { ...log, chainId, inferenceLog: addresses.inferenceLog }
      const signer = log.sessionKey === lostKey.address ? owner : signers.get(log.sessionKey)!
      const signature = await signer.signTypedData(
        batchTypedData(batch, chainId, addresses.inferenceLog),
      )
      const fields = standardFields.map((name) => ({
        ...{ name, salt: new Uint8Array(32), value: new Uint8Array(0) },
      }))
      return inferencesOf(batch.logId, batch.first, records).map((inference) =>
        createReceipt({ place, inference, fields, batch, signature }),
      )
    }
  }

  return { ...world, live, ended, verdictIds: ids, inferenceId, receipts }
}

export type EventfulChain = Awaited<ReturnType<typeof startEventfulChain>>
