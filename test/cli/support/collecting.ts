import { createHash } from 'node:crypto'
import { type InferenceReceipt, verifyReceipt } from '@assay/sdk'
import type { Hex } from 'viem'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { type Session, startSession } from '../../sdk/support/session.ts'
import { createInProcess, type InProcess, type InProcessOptions } from './collector.ts'

/** The session of the file's tests. */
export let at: Session

/** Gives the tests of a file a session, and ends the collectors that each of them has started. */
export function useSession(): void {
  beforeAll(async () => {
    at = await startSession()
  })
  afterAll(() => at.stop())
  afterEach(async () => {
    for (const { collector } of running.splice(0)) await collector.book.close(2_000)
  })
}

/** Those that have started and are not ended. */
export const running: InProcess[] = []

/** A collector that is asked without a port. */
export async function start(options: InProcessOptions = {}): Promise<InProcess> {
  const started = await createInProcess(at, options)
  running.push(started)
  return started
}

export const exchange = { request: { text: 'question' }, response: { text: 'answer' } }
export const sha256 = (text: string | Uint8Array): Hex =>
  `0x${createHash('sha256').update(text).digest('hex')}`

/** What a receipt opens, by name: text as text, bytes as hex. */
export function openedOf({ fields }: InferenceReceipt): Record<string, string> {
  return Object.fromEntries(
    fields.opened
      .filter(({ value }) => value !== '0x')
      .map(({ name, value }) => [
        name,
        name.endsWith('sha256') || name === 'messages'
          ? value
          : Buffer.from(value.slice(2), 'hex').toString(),
      ]),
  )
}

export async function receiptOf(
  { ask }: InProcess,
  inferenceId: string,
): Promise<InferenceReceipt> {
  const { status, json } = await ask(`/v1/inferences/${inferenceId}/receipt`, {
    headers: { prefer: 'wait=20' },
  })
  expect(status).toBe(200)
  return json as unknown as InferenceReceipt
}

export const expectVerified = async (receipt: InferenceReceipt) => {
  const { policy, chain } = at
  expect((await verifyReceipt(receipt, { policy, client: chain.client })).status).toBe('verified')
}
