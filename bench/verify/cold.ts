/** Run by itself: how long the first receipt of a process takes, once the module is there, in milliseconds. */
import { readFileSync } from 'node:fs'
import { verifyReceipt } from '@assay/sdk/verify'

const text = readFileSync(process.argv[2] as string, 'utf8')
const start = performance.now()
const { checks } = await verifyReceipt(text)
const took = performance.now() - start
const failed = checks.filter(({ source, status }) => source === 'proven' && status !== 'verified')
console.log(failed.length === 0 ? took : NaN)
