/**
 * A program that records and settles until it is killed. Its settings come as JSON in the first argument. It writes a line for each
 * inference that was acknowledged, and for each batch that is signed and about to be sent.
 */
import { writeSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { createRecorder, direct, fileJournal, type Submit } from '@assay/sdk'
import type { Address, Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

export type SettlingSettings = {
  chainId: number
  rpcUrl: string
  inferenceLog: Address
  owner: Address
  sessionKey: Hex
  directory: string
  confirmations: number
  /** In front of the number of each request, so that no two processes make the same. */
  name: string
}

const settings = JSON.parse(process.argv[2] as string) as SettlingSettings
const { directory, confirmations, name, ...place } = settings
const { rpcUrl, chainId, sessionKey } = place
const finality = { confirmations }
const account = privateKeyToAccount(sessionKey)
const submitting = direct({ rpcUrl, chainId, account, finality, timeoutMillis: 30_000 })
const submit: Submit = Object.assign(async (signed: Parameters<Submit>[0]) => {
  writeSync(1, `signed ${signed.batch.first}\n`)
  return submitting(signed)
}, submitting)
const recorder = createRecorder({
  ...place,
  submit,
  journal: fileJournal({ directory }),
  scheduledDelayMillis: 20,
  finalityPollMillis: 50,
  onError: () => undefined,
})

let n = 0
for (;;) {
  const group = Array.from({ length: 1 + Math.floor(Math.random() * 8) }, async () => {
    const request = `${name} ${n++}`
    const recorded = await recorder.record({ request, response: `answer to ${request}` })
    writeSync(1, `recorded ${recorded?.inferenceId}\n`)
  })
  await Promise.all(group)
  await recorder.flush().catch(() => undefined)
  // Batches pile up behind others that are not final.
  await wait(Math.random() * 400)
}
