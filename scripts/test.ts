/**
 * Runs every test: Solidity's by Hardhat, TypeScript's by Vitest, and ends with the names of those that failed and one line,
 * `N passed, N failed`. Arguments go to Vitest, such as a part of a file's name; with any of them Solidity's tests are left out. With
 * ASSAY_COVERAGE=1 the lines that the SDK's tests reach are counted on the way, and too few are a failure; with arguments, of those
 * tests alone. Solidity's are then left to `coverage:contracts`, which runs each of them too. With ASSAY_TEST_REPORT=<file> what became
 * of each of Vitest's is written there.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import hre from 'hardhat'
import { type Count, countSolidityTests } from './count-solidity-tests.ts'
import { readVitestReport, type TestResult } from './vitest-report.ts'

/** Of the tests, as test/vitest.config.ts has them. */
type Part = 'covered' | 'rest' | 'alone'

const root = fileURLToPath(new URL('..', import.meta.url))
process.env.HARDHAT_DISABLE_TELEMETRY = 'true'

async function solidityTests(): Promise<Count> {
  const result: unknown = await hre.tasks.getTask(['test', 'solidity']).run()
  // Hardhat sets it too: whether all passed is decided below, once.
  process.exitCode = 0
  return countSolidityTests(result)
}

/** @param part - Default: all. */
async function vitestTests(args: readonly string[], part?: Part): Promise<Count> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-test-'))
  const report = join(directory, 'report.json')
  try {
    const code = await runVitest(part, [
      ...['--config', join(root, 'test/vitest.config.ts')],
      ...['--reporter', 'default', '--reporter', 'json', `--outputFile.json=${report}`],
      ...args,
    ])
    return await countOf(report, code === 0)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function runVitest(part: string | undefined, args: readonly string[]): Promise<number> {
  const fromTests = createRequire(new URL('../test/package.json', import.meta.url))
  const vitest = join(dirname(fromTests.resolve('vitest/package.json')), 'vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', ...args], {
    cwd: root,
    stdio: 'inherit',
    env: part ? { ...process.env, ASSAY_TEST_PART: part } : process.env,
  })
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve(1)
    })
    child.once('exit', (code) => {
      resolve(code ?? 1)
    })
  })
}

/** A run can fail with no failed test in it: by an error outside of any, by a threshold, by a crash. */
async function countOf(path: string, success: boolean): Promise<Count> {
  const found = await readVitestReport(path, join(root, 'test'))
  results.push(...found)
  const number = (status: string) => found.filter((it) => it.status === status).length
  const [passed, failed] = [number('passed'), number('failed')]
  return { passed, failed: success ? failed : Math.max(failed, 1) }
}

const results: TestResult[] = []
const args = process.argv.slice(2)
const counting = process.env.ASSAY_COVERAGE === '1' ? ['--coverage'] : []
const counts: Count[] = []
if (args.length > 0) {
  counts.push(
    await vitestTests([...counting, ...args], counting.length > 0 ? 'covered' : undefined),
  )
} else {
  // Where lines are counted, theirs are by `coverage:contracts`, which runs the same tests and counts them.
  if (counting.length === 0) counts.push(await solidityTests())
  counts.push(await vitestTests(counting, 'covered'))
  counts.push(await vitestTests([], 'rest'))
  counts.push(await vitestTests([], 'alone'))
}
const passed = counts.reduce((sum, count) => sum + count.passed, 0)
const failed = counts.reduce((sum, count) => sum + count.failed, 0)
for (const { file, name, status, problem } of results) {
  if (status === 'failed') console.log(`failed: ${file}: ${name}: ${problem}`)
}
if (process.env.ASSAY_TEST_REPORT) {
  const isLong = process.env.ASSAY_TEST_LONG === '1'
  const command = `pnpm ${isLong ? 'test:long' : 'test'} ${args.join(' ')}`.trim()
  const report = { command, node: process.version, passed, failed, tests: results }
  await writeFile(process.env.ASSAY_TEST_REPORT, `${JSON.stringify(report, null, 2)}\n`)
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
