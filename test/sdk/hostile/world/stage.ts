import type { BatchMode, InferenceLogPlace } from '@assay/sdk/formats'
import { type Hex, toHex } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { accountOf, type LocalChain } from '../../../indexer/support/chain.ts'
import { type BatchOptions, signBatch, type SignedBatch } from './batches.ts'
import { digestOf } from './keys.ts'

export type SettledBatch = SignedBatch & {
  transactionHash: Hex | undefined
  uri: string | undefined
}

/** One inference log, of which the stage knows how far it goes. */
export type StagedLog = { place: InferenceLogPlace; signer: PrivateKeyAccount; head: bigint }

/** What of a batch may differ. */
export type BatchChoice = Partial<Pick<BatchOptions, 'modelId' | 'environmentId' | 'servedAt'>> & {
  signature?: Hex
}

export type Stage = ReturnType<typeof createStage>

/**
 * Where history is made: a chain on which each transaction has a time of its own, a minute after the last.
 *
 * @param start - Unix ms; when the chain's clock began.
 */
export function createStage(chain: LocalChain, start: number) {
  let time = Math.floor(start / 1000) + 3_600
  const payer = chain.as(accountOf(0))
  const batches: SettledBatch[] = []

  /** Sends a transaction at the stage's time. */
  async function at(send: () => Promise<Hex>) {
    await chain.client.setNextBlockTimestamp({ timestamp: BigInt(time) })
    time += 60
    return chain.mined(await send())
  }

  function log(owner: Hex, signer: PrivateKeyAccount, label: string, sessionKey = signer.address) {
    const place = {
      chainId: chain.chainId,
      inferenceLog: chain.addresses.inferenceLog,
      owner,
      sessionKey,
      instance: digestOf(`instance ${label}`),
    }
    return { place, signer, head: 0n }
  }

  /** Signs the next batch of a log, and keeps it back. */
  async function sign(log: StagedLog, count: number, mode: BatchMode, choice: BatchChoice = {}) {
    const { place, signer, head: first } = log
    const signed = await signBatch({
      place,
      first,
      count,
      mode,
      signer,
      servedAt: time * 1000,
      ...choice,
    })
    const { signature = signed.signature } = choice
    for (const receipt of signed.receipts) receipt.batch.signature = signature
    return { ...signed, signature }
  }

  /** Signs and settles the next batch of a log. */
  async function settle(log: StagedLog, count: number, mode: BatchMode, choice?: BatchChoice) {
    const { place, batch, signature, ...rest } = await sign(log, count, mode, choice)
    const uri = mode === 'external' ? `https://data.example.com/${batch.root}` : undefined
    const { transactionHash } = await at(() =>
      uri === undefined
        ? payer.log.write.settleInlineBySig([
            ...[place, batch.first, count, batch.root, toHex(batch.data), signature],
          ] as never)
        : payer.log.write.settleExternalBySig([
            ...[place, batch.first, count, batch.root, batch.dataDigest, toHex(uri), signature],
          ] as never),
    )
    log.head += BigInt(count)
    batches.push({ place, batch, signature, transactionHash, uri, ...rest })
  }

  return {
    chain,
    payer,
    batches,
    at,
    log,
    settle,
    /** A batch that never reaches the chain. */
    async keepBack(log: StagedLog, count: number) {
      batches.push({
        ...(await sign(log, count, 'inline')),
        transactionHash: undefined,
        uri: undefined,
      })
    },
    /** Lets time pass, in seconds. */
    wait: (seconds: number) => (time += seconds),
    now: () => time,
  }
}
