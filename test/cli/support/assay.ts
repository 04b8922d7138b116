import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cleanEnv } from '../../support/run-script.ts'

/** The command's entry. */
export const mainScript = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url))

export type AssayOptions = {
  env?: Record<string, string>
  /** Written to standard input, which then ends. Default: it ends at once. */
  stdin?: string | Uint8Array
  /** Default: an empty directory, since a command takes up `.assay/env` where it runs, and others may run here. */
  cwd?: string
}

/** What the command left behind. */
export type Ended = { code: number | null; signal: string | null; stdout: string; stderr: string }

const nowhere = mkdtempSync(join(tmpdir(), 'assay-nowhere-'))
process.once('exit', () => rmSync(nowhere, { recursive: true, force: true }))

/** Starts the real command as a process of its own. */
export function startAssay(args: readonly string[], { env, cwd = nowhere }: AssayOptions = {}) {
  return spawn(process.execPath, [mainScript, ...args], {
    env: { ...cleanEnv(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd,
  })
}

/** Runs the real command to its end. */
export function assay(args: readonly string[], options: AssayOptions = {}): Promise<Ended> {
  const child = startAssay(args, options)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  // It may end without having read all.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.stdin ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}
