import { ponder } from 'ponder:registry'
import { batchLoader } from '../batches/shared.ts'
import { writeLoaded } from './rows/loaded.ts'
import { noteBlock } from './rows/live.ts'

/** Of the time between blocks, this part is for what was loaded beside the events, if nothing else was settled in the block. */
const share = 0.3
/** What came with the same block waits as long. */
const leastMillis = 50
const mostMillis = 2_000

ponder.on('NewBlock:block', async ({ context: { db } }) => {
  const { settled, sinceLast } = noteBlock()
  const millis = settled ? 0 : Math.min(share * sinceLast, mostMillis)
  await writeLoaded(db, batchLoader, Math.max(millis, leastMillis))
})
