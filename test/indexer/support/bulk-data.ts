import { randomFillSync } from 'node:crypto'
import { batchDataLength, batchRecordLength } from '@assay/sdk/formats'

/** Batch data of so many inferences of one model, with commitments that nobody made: a million take no more room than their bytes. */
export function bulkData(count: number): Uint8Array {
  const data = new Uint8Array(batchDataLength(1, 1, count))
  const view = new DataView(data.buffer)
  view.setUint8(0, 1)
  view.setUint16(1, 1)
  view.setUint16(3, 1)
  view.setUint32(5, count)
  const records = batchDataLength(1, 1, 0)
  randomFillSync(data, 9)
  for (let i = 0; i < count; i++) {
    const offset = records + batchRecordLength * i
    // The one model, the one environment, and a time in 2026.
    view.setUint32(offset, 0)
    view.setUint16(offset + 4, 0x19e)
    view.setUint32(offset + 6, i)
  }
  return data
}
