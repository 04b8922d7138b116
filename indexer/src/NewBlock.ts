import { ponder } from 'ponder:registry'
import { batchLoader } from '../batches/shared.ts'
import { writeLoaded } from './rows/loaded.ts'
import { noteBlock } from './rows/live.ts'

/** Of the time between blocks, this part is for what was loaded beside the events: they wait as long at most. */
const share = 0.3
const leastMillis = 100
const mostMillis = 2_000

ponder.on('NewBlock:block', async ({ context: { db } }) => {
  const sinceLast = noteBlock()
  const millis = Math.min(Math.max(share * sinceLast, leastMillis), mostMillis)
  await writeLoaded(db, batchLoader, millis)
})
