import { expect, test } from 'vitest'
import { frameAt } from '../../sdk/src/journal/frame.ts'
import {
  createFrameWriter,
  kinds,
  readJson,
  readInference,
  recordsOf,
} from '../../sdk/src/journal/record-codec.ts'
import { inferenceAt } from './support/journal-records.ts'

const key = 7

test('behavior: what is gathered is written whole, at whatever record the frame outgrows its memory', () => {
  const progress = { finalized: 3n, exported: { from: 1n, to: 2n } }
  // As much before the record of JSON as makes it begin at each place around the end of the first 16 KiB.
  for (let size = 15_800; size < 16_400; size++) {
    const writer = createFrameWriter(key)
    writer.inference(inferenceAt(0n, size))
    writer.json('progress', progress)
    const frame = frameAt(writer.take(), 0, key)
    const [first, second] = [...recordsOf(frame!.content)]
    expect(readInference(first!.body).fields[2]?.value.length).toBe(size)
    expect([second!.kind, readJson('progress', second!.body)]).toEqual([kinds.progress, progress])
  }
})
