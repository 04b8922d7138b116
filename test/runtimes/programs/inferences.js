import { createRecorder } from '@assay/sdk'

/** Records a call and a computation, settles them by a function of its own, and gives what came of it. */
export async function recordInferences(url, options = {}) {
  const told = []
  const recorder = createRecorder({
    chainId: 31337,
    inferenceLog: `0x${'aa'.repeat(20)}`,
    owner: `0x${'bb'.repeat(20)}`,
    sessionKey: `0x${'11'.repeat(32)}`,
    scheduledDelayMillis: 20,
    submit: () => Promise.resolve({ transactionHash: `0x${'22'.repeat(32)}` }),
    onError: (error) => told.push(error.message),
    ...options,
  })
  const response = await recorder.fetch(url, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Grüße 🙂' }] }),
  })
  const answer = await response.json()
  const receipts = [await recorder.receiptOf(response)]
  const recorded = await recorder.record({ request: 'in', response: new Uint8Array([1, 2, 3]) })
  receipts.push(await recorder.receiptOf(recorded))
  return { answer, receipts, told, status: recorder.status() }
}
