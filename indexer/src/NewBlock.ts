import { ponder } from 'ponder:registry'
import { batchLoader } from '../batches/shared.ts'
import { noteLive } from './rows/live.ts'
import { writeLoaded } from './rows/loaded.ts'
import { useSpareTime } from './rows/spare-time.ts'

ponder.on('NewBlock:block', async ({ context: { db, chain } }) => {
  noteLive()
  await useSpareTime((millis) => writeLoaded({ db, chain }, batchLoader, millis))
})
