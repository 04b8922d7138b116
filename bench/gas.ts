/**
 * Gas of settling, beside the Ethereum Attestation Service and a contract that keeps each inference by itself, and of registering
 * environments. Writes `bench/results/gas.json`; `--check` writes nothing and fails when the figures differ from it. Fails when a goal is
 * missed.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'

process.env.HARDHAT_DISABLE_TELEMETRY = 'true'
process.chdir(new URL('..', import.meta.url).pathname)
const { default: hre } = await import('hardhat')
await hre.tasks.getTask('build').run({ quiet: true, noTests: true })

const { startChain } = await import('./gas/chain.ts')
const { measureAssay } = await import('./gas/assay.ts')
const { measureEas } = await import('./gas/eas.ts')
const { measureNaive } = await import('./gas/naive.ts')
const { measureEnvironments } = await import('./gas/environments.ts')

const chain = await startChain()
const assay = await measureAssay(chain)
const eas = await measureEas(chain)
const naive = await measureNaive(chain)
const environments = await measureEnvironments(chain)

const { direct, relayed, firstOfInstance, firstRelayed, withUri } = assay.external
const { perInference, floor } = assay.inline1000
const { attest192, multiAttest192, timestamp, multiTimestamp } = eas
const summary = {
  external: { direct, relayed, firstOfInstance },
  inline: { n: 1000, perInference, floor },
  eas: { attest192, multiAttest192, timestamp },
  inclusionDepth20: assay.inclusionDepth20,
}
const cheaper = multiAttest192 / (direct / 1000)

/** What, gas a transaction, inferences in it (an environment's has none), the most it may be. */
const rows: [string, number, number, number?][] = [
  ['external, direct, up to 1,048,576', direct, 1000, 58_000],
  ['external, direct, with an IPFS address as its hint', withUri, 1000],
  ['external, relayed', relayed, 1000, 66_000],
  ["external, direct, an instance's first", firstOfInstance, 1000, 78_000],
  ["external, relayed, an instance's first", firstRelayed, 1000],
  ['inline, 1', assay.inline1.gas, 1],
  ['inline, 1,000', assay.inline1000.gas, 1000, 2_000_000],
  ['inline, 1,000, relayed', assay.inline1000Relayed.gas, 1000],
  ['inline, 1,000, three models taking turns', assay.inline1000Mixed.gas, 1000],
  ['inline, 7,000', assay.inline7000.gas, 7000, 16_777_216],
  ['EAS attest, 192 bytes', attest192, 1],
  ['EAS multiAttest, 192 bytes, of 50', multiAttest192, 1],
  ['EAS timestamp', timestamp, 1],
  ['EAS multiTimestamp, of 50', multiTimestamp, 1],
  ['a contract that keeps each inference', naive, 1],
  ['isIncluded at depth 20, execution alone', assay.inclusionDepth20, 1, 9_000],
  ['environment, no verifier', environments.unverified, 0],
  ['environment, by two of three attesters', environments.byQuorum, 0],
  ['environment, by a P-256 attester', environments.byP256, 0],
]
console.table(
  rows.map(([what, gas, n, goal]) => ({
    what,
    gas: Math.round(gas),
    inferences: n,
    each: n === 0 ? '' : Math.round((gas / n) * 10) / 10,
    goal: goal ?? '',
  })),
)

const inlineRatio = perInference / floor
console.log(`inline at 1,000: ${inlineRatio.toFixed(3)} × the floor of its calldata (goal 1.3)`)
console.log(`external at 1,000: ${cheaper.toFixed(0)} × below EAS multiAttest (goal 100)`)
const missed = rows
  .filter(([, gas, , goal]) => goal !== undefined && gas > goal)
  .map(([what]) => what)
if (inlineRatio > 1.3) missed.push('inline against its floor')
if (cheaper < 100) missed.push('external against EAS')
for (const what of missed) console.error(`Goal missed: ${what}.`)
if (missed.length > 0) process.exitCode = 1

const result = {
  command: 'node bench/gas.ts',
  compiler: 'solc 0.8.37, viaIR, optimizer runs 20,000, evmVersion cancun',
  gas: Object.fromEntries(rows.map(([what, gas]) => [what, gas])),
  summary,
}
const file = new URL('results/gas.json', import.meta.url)
if (!process.argv.includes('--check')) {
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`)
} else if (!isDeepStrictEqual(result, JSON.parse(await readFile(file, 'utf8')))) {
  console.error(
    'The figures differ from bench/results/gas.json: run `node bench/gas.ts` and commit it.',
  )
  process.exitCode = 1
}
console.log(JSON.stringify(summary))
