import { spawn } from 'node:child_process'
import { platform } from 'node:os'
import { cleanEnv } from '../../support/run-script.ts'
import { mainScript } from './assay.ts'

/** Something that is typed once the terminal shows a text. */
export type Typed = { at: string; type: string }

/**
 * Runs the real command in a pseudo-terminal, by script(1), and types.
 *
 * @returns All that was to be seen.
 */
export function typeInto(
  args: readonly string[],
  env: Record<string, string>,
  typed: readonly Typed[],
): Promise<{ code: number | null; seen: string }> {
  const command = [process.execPath, mainScript, ...args]
  const quoted = command.map((word) => `'${word}'`).join(' ')
  // util-linux and BSD take their arguments differently.
  const scriptArgs =
    platform() === 'darwin'
      ? ['-q', '/dev/null', ...command]
      : ['-q', '-e', '-c', quoted, '/dev/null']
  const child = spawn('script', scriptArgs, {
    env: { ...cleanEnv(), TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const left = [...typed]
  let seen = ''
  child.stdout.on('data', (chunk) => {
    seen += String(chunk)
    if (left[0] && seen.includes(left[0].at)) child.stdin.write(left.shift()?.type)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, seen }))
  })
}
