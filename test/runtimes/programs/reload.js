import { readdirSync } from 'node:fs'

// As a development server does: the bundle of an application, and this package in it, is evaluated again and again.
const seen = []
for (const version of ['1', '2', '3']) {
  const { recordInferences } = await import(`${process.argv[3]}?${version}`)
  const { receipts, status } = await recordInferences(process.argv[2])
  seen.push({ receipts, status })
}
console.log(JSON.stringify({ seen, journals: readdirSync('.assay/journal') }))
