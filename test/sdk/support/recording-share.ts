/** Records and settles as many inferences as the first argument says, and prints their ids. ASSAY_* configure it, and nothing else. */
import { createRecorder } from '@assay/sdk'

const recorder = createRecorder()
const all = Array.from({ length: Number(process.argv[2]) }, async (_, n) => {
  const recorded = await recorder.record({ request: `${process.pid} ${n}`, response: 'a' })
  console.log(recorded?.inferenceId)
})
await Promise.all(all)
await recorder.flush()
await recorder.shutdown()
