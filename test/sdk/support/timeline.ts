import type { InferenceReceipt, Recorder } from '@assay/sdk'
import { expect } from 'vitest'
import type { Session } from './session.ts'
import { receiptBy } from './verified.ts'

export const minute = 60
export const hour = 3_600
export const day = 86_400

/** A stretch of the chain's time; all seconds are counted from its beginning. */
export type Timeline = {
  /** Unix seconds. */
  second(seconds: number): number
  /** As reports write it. */
  date(seconds: number): string
  /** Has one transaction mined in just that second. */
  at<T>(seconds: number, transact: () => Promise<T>): Promise<T>
  /** Records, and has it settled in just that second. */
  settledAt(
    seconds: number,
    by: Recorder,
    /** `servedAt` in seconds. */
    parameters: { servedAt: number } & Pick<
      Parameters<Recorder['record']>[0],
      'environmentId' | 'modelId'
    >,
  ): Promise<InferenceReceipt>
}

/** Begins a timeline some minutes after the newest block. */
export async function startTimeline({ chain }: Session): Promise<Timeline> {
  const { client } = chain
  const start = Number((await client.getBlock()).timestamp) + 10 * minute
  const second = (seconds: number) => start + seconds

  async function at<T>(seconds: number, transact: () => Promise<T>): Promise<T> {
    await client.setNextBlockTimestamp({ timestamp: BigInt(second(seconds)) })
    const result = await transact()
    expect(Number((await client.getBlock()).timestamp), 'the time of the block').toBe(
      second(seconds),
    )
    return result
  }
  return {
    second,
    date: (seconds) => new Date(second(seconds) * 1000).toISOString(),
    at,
    settledAt: (seconds, by, { servedAt, ...parameters }) =>
      at(seconds, () =>
        receiptBy(by, { ...parameters, servedAt: Math.round(second(servedAt) * 1000) }),
      ),
  }
}
