/**
 * Records and ends, in the way that its first argument names. Prints each inference once it is acknowledged, and in the end how long it
 * was held up after that, in ms. ASSAY_* configure it.
 */
import { createRecorder } from '@assay/sdk'

const [end, count = '1', exportTimeoutMillis = '60000'] = process.argv.slice(2)
const recorder = createRecorder({
  scheduledDelayMillis: 60_000,
  exportTimeoutMillis: Number(exportTimeoutMillis),
})
const recorded = Array.from({ length: Number(count) }, (_, i) =>
  recorder.record({ request: String(i), response: 'a' }).then((inference) => {
    console.log(inference?.inferenceId)
  }),
)
if (end !== 'at once') await Promise.all(recorded)
const done = performance.now()
process.once('exit', () => console.log(`held up ${performance.now() - done}`))
if (end === 'exit') process.exit(3)
if (end === 'throw') throw new Error('uncaught')
if (end === 'signal') {
  process.kill(process.pid, 'SIGTERM')
  setInterval(() => {}, 1000)
}
