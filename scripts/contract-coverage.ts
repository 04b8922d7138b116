/**
 * Runs Solidity's tests with coverage and fails unless they reach every line of every contract. Prints what they miss as
 * `file:line`; with `--json`, the last line is a list of `{file, lines, covered, missed}`.
 */
import { spawn } from 'node:child_process'
import { glob, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

type FileCoverage = { file: string; lines: number; covered: number; missed: number[] }

const root = fileURLToPath(new URL('..', import.meta.url))

function runTests(): Promise<number> {
  const packageFile = createRequire(import.meta.url).resolve('hardhat/package.json')
  const hardhat = join(dirname(packageFile), 'dist/src/cli.js')
  const child = spawn(process.execPath, [hardhat, 'test', 'solidity', '--coverage'], {
    cwd: root,
    // The tests' own report is another check's; here only a failure of them is of interest.
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, HARDHAT_DISABLE_TELEMETRY: 'true' },
  })
  let output = ''
  child.stdout.on('data', (piece: Buffer) => (output += piece.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code !== 0) console.log(output)
      resolve(code ?? 1)
    })
  })
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

const code = await runTests()
const files = code === 0 ? parseLcov(await readFile(join(root, 'coverage/lcov.info'), 'utf8')) : []
for (const { file, lines, covered, missed } of files) {
  console.log(`${`${covered}/${lines}`.padStart(9)}  ${file}`)
  for (const line of missed) console.error(`not covered: ${file}:${line}`)
}
// What no test imports is not in the report at all.
let complete = files.every(({ missed }) => missed.length === 0)
for await (const file of glob('contracts/{*,libraries/*,examples/*}.sol', { cwd: root })) {
  if (files.some((found) => found.file === file && found.lines > 0)) continue
  console.error(`not in the report: ${file}`)
  complete = false
}
if (process.argv.includes('--json')) console.log(JSON.stringify(files))
process.exitCode = complete ? 0 : 1
