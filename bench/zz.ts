import { offlineReceipts } from '../test/sdk/support/offline-receipts.ts'
import { measureBundle } from './verify/one-batch.ts'
const r = await offlineReceipts({ count: 10000 })
console.log(JSON.stringify(r[5000]).length)
console.log(await measureBundle(r))
