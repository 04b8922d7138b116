/** Verifies a text in a process of its own and prints how many bytes of memory that had at most: `node peak-memory.ts file`. */
import { readFileSync } from 'node:fs'
import { verifyReceipt } from '@assay/sdk/verify'

const text = readFileSync(process.argv[2] as string, 'utf8')
await verifyReceipt(text).catch(() => undefined)
// getrusage(2), in KiB: the peak, which nothing that was freed can hide.
console.log(process.resourceUsage().maxRSS * 1024)
