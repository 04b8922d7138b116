/** Uses every entry of the package as an application in TypeScript does. It is compiled, not run. */
import { createRecorder, fileJournal, type Journal, memoryJournal, type Submit } from '@assay/sdk'
import { inferenceLogAbi } from '@assay/sdk/abi'
import { deployments } from '@assay/sdk/deployments'
import { hashLeaf } from '@assay/sdk/formats'
import { batchDataHandler, bearerToken, fetchBatchData, httpStore } from '@assay/sdk/stores'
import { verifyReceipt } from '@assay/sdk/verify'

const journal: Journal = Math.random() < 0.5 ? memoryJournal() : fileJournal({ directory: 'x' })
const submit: Submit = ({ batch, signal }) =>
  Promise.resolve({ transactionHash: signal?.aborted ? undefined : batch.root })
export const recorder = createRecorder({ journal, submit, scheduledDelayMillis: 1 })
export const leaf: Uint8Array = hashLeaf(new Uint8Array())
export const name: 'function' | 'event' | 'error' | 'constructor' = inferenceLogAbi[0].type
export const known: object = deployments

export async function statusOf(): Promise<string | undefined> {
  const receipt = await recorder.receiptOf('id')
  return receipt && (await verifyReceipt(receipt)).status
}

// @ts-expect-error: nothing here is `any`.
createRecorder({ scheduledDelayMillis: '1' })
// @ts-expect-error: nor is what comes back.
export const nothing = recorder.status().nothing

const store = httpStore('https://data.example')
export const handler: (request: Request) => Promise<Response> = batchDataHandler({
  store,
  allow: bearerToken('a-token-of-sixteen'),
})
export async function uriOf(data: Uint8Array): Promise<string | undefined> {
  const { uri } = await store.put(data, '0x')
  return uri && String((await fetchBatchData(uri, '0x', { schemes: ['https'] })).length)
}
