import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../../indexer/main.ts', import.meta.url))

/** Runs one of the commands for running in production, with `--json`. What it says is JSON, whether it worked or not. */
export function runCommand(
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ exitCode: number; said: unknown }> {
  const options = { env: { ...process.env, NODE_OPTIONS: '', ...env }, timeout: 120_000 }
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args, '--json'], options, (error, stdout, stderr) => {
      const exitCode = typeof error?.code === 'number' ? error.code : error ? 1 : 0
      resolve({ exitCode, said: JSON.parse(error ? stderr : stdout) })
    })
  })
}
