/**
 * `die COUNT` records so many inferences, and is killed as it is handed the first receipt. `meet COUNT TIME DIRECTORY…` records as
 * many in each directory, in the first at a time (Unix ms), in each further one a moment later, and settles them. Both print what
 * was acknowledged. ASSAY_* configure it.
 */
import { writeSync } from 'node:fs'
import { createRecorder, fileJournal, type Recorder } from '@assay/sdk'

const [what, count = '1', time = '0', ...directories] = process.argv.slice(2)

async function record(recorder: Recorder): Promise<void> {
  const recorded = await Promise.all(
    Array.from({ length: Number(count) }, (_, i) =>
      recorder.record({ request: `${process.pid} ${i}`, response: 'a' }),
    ),
  )
  for (const it of recorded) writeSync(1, `${it?.inferenceId ?? ''}\n`)
}

if (what === 'die') {
  const onReceipt = () => process.kill(process.pid, 'SIGKILL')
  await record(createRecorder({ scheduledDelayMillis: 50, onReceipt }))
  setInterval(() => {}, 1_000)
}

const recorders: Recorder[] = []
for (const [i, directory] of directories.entries()) {
  const millis = Number(time) + 100 * i - Date.now()
  await new Promise((resolve) => setTimeout(resolve, millis))
  const recorder = createRecorder({
    journal: fileJournal({ directory }),
    scheduledDelayMillis: 60_000,
    // The other one may be faster with a nonce; it is tried again.
    onError: () => undefined,
  })
  recorders.push(recorder)
  await record(recorder)
}
for (const recorder of recorders) {
  while (recorder.status().pending > 0) await recorder.flush().catch(() => undefined)
  await recorder.shutdown()
}
