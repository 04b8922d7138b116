/**
 * Runs Solidity's tests with coverage and fails unless they pass, and reach every line of every contract. Prints what they miss as
 * `file:line`, and how many passed; with `--json`, the last line is a list of `{file, lines, covered, missed}`.
 */
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createHardhatRuntimeEnvironment } from 'hardhat/hre'
import config from '../hardhat.config.ts'
import { countSolidityTests } from './count-solidity-tests.ts'

type FileCoverage = { file: string; lines: number; covered: number; missed: number[] }

const root = fileURLToPath(new URL('..', import.meta.url))

/** What is compiled to count lines is nothing to deploy or to test: it goes to places of its own, which also lets other work run beside. */
async function runTests(): Promise<boolean> {
  const hre = await createHardhatRuntimeEnvironment(
    {
      ...config,
      paths: { ...config.paths, artifacts: 'coverage/artifacts', cache: 'coverage/cache' },
    },
    { coverage: true, config: join(root, 'hardhat.config.ts') },
    root,
  )
  const result: unknown = await hre.tasks.getTask(['test', 'solidity']).run()
  const { passed, failed } = countSolidityTests(result)
  console.log(`Solidity: ${passed} passed, ${failed} failed`)
  return failed === 0
}

/** Reads the lines (DA) of each file (SF) of an LCOV report. */
function parseLcov(report: string): FileCoverage[] {
  return report
    .split('end_of_record')
    .map((record) => {
      const file = /^SF:(.*)$/m.exec(record)?.[1] ?? ''
      const lines = [...record.matchAll(/^DA:(\d+),(\d+)/gm)]
      const missed = lines.filter(([, , hits]) => hits === '0').map(([, line]) => Number(line))
      return { file, lines: lines.length, covered: lines.length - missed.length, missed }
    })
    .filter(({ file }) => file.includes('contracts/') && !file.includes('test/'))
    .sort((a, b) => a.file.localeCompare(b.file))
}

process.env.HARDHAT_DISABLE_TELEMETRY = 'true'
const files = (await runTests())
  ? parseLcov(await readFile(join(root, 'coverage/lcov.info'), 'utf8'))
  : []
for (const { file, lines, covered, missed } of files) {
  console.log(`${`${covered}/${lines}`.padStart(9)}  ${file}`)
  for (const line of missed) console.error(`not covered: ${file}:${line}`)
}
// What no test imports is not in the report at all.
let complete = files.length > 0 && files.every(({ missed }) => missed.length === 0)
for await (const file of glob('contracts/{*,libraries/*,verifiers/*,examples/*}.sol', {
  cwd: root,
})) {
  if (files.some((found) => found.file === file && found.lines > 0)) continue
  console.error(`not in the report: ${file}`)
  complete = false
}
if (process.argv.includes('--json')) console.log(JSON.stringify(files))
process.exitCode = complete ? 0 : 1
