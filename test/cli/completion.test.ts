import { execFile, execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cleanEnv } from '../support/run-script.ts'
import { assay, mainScript } from './support/assay.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-completion-'))
  const program = join(directory, 'assay')
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${mainScript}' "$@"\n`)
  await chmod(program, 0o755)
  await writeFile(join(directory, 'receipt.json'), '{}')
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** Runs a shell with the command on its path. */
function shell(name: string, args: readonly string[]): Promise<string> {
  const env = { ...cleanEnv(), PATH: `${directory}:${process.env.PATH ?? ''}`, HOME: directory }
  return new Promise((resolve, reject) => {
    execFile(name, args, { cwd: directory, env }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr, { cause: error }))
      else resolve(stdout)
    })
  })
}

function isThere(name: string): boolean {
  try {
    execFileSync(name, ['-c', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** What bash offers, by the function that `complete` was given. */
async function inBash(...words: string[]): Promise<string[]> {
  const line = ['assay', ...words]
  const script = [
    'eval "$(assay completion bash)"',
    `COMP_WORDS=(${line.map((word) => `'${word}'`).join(' ')})`,
    `COMP_CWORD=${line.length - 1}`,
    // `compopt` has a say only while the shell itself completes.
    '$(complete -p assay | sed "s/.*-F //; s/ .*//")',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ]
  const offered = await shell('bash', ['--norc', '-c', script.join('\n')])
  return offered.split('\n').filter((it) => it !== '')
}

test('default: in bash: commands, those below, options, values, files', async () => {
  const [commands, ver, below, options, files, value, settings] = await Promise.all([
    inBash(''),
    inBash('ver'),
    inBash('receipt', ''),
    inBash('receipt', 'export', 'receipt.json', '--fo'),
    inBash('verify', 'rec'),
    inBash('receipt', 'export', 'receipt.json', '--format', ''),
    inBash('status', '--settings', 'rec'),
  ])
  expect(commands).toEqual(expect.arrayContaining(['init', 'status', 'doctor', 'verify', 'model']))
  expect(ver).toEqual(['verify'])
  expect(below).toEqual(expect.arrayContaining(['show', 'redact', 'bundle']))
  expect(options).toEqual(['--format', '--force'])
  expect(files).toEqual(['receipt.json'])
  expect(value).toEqual(['cose'])
  expect(settings).toEqual(['receipt.json'])
})

describe.each(['zsh', 'fish'])('%s', (name) => {
  test.skipIf(!isThere(name))(
    'behavior: reads its script, and offers what comes next',
    async () => {
      const offered =
        name === 'fish'
          ? await shell('fish', [
              '--no-config',
              '-c',
              'assay completion fish | source; complete -C "assay ver"',
            ])
          : await shell('zsh', [
              '-f',
              '-c',
              [
                // Its completion system, which wants a terminal, is told which words there are, and takes what fits.
                'compdef() { : }; compadd() { shift; print -l -- $@ }; _files() { print files }',
                'eval "$(assay completion zsh)"',
                'words=(assay ver); CURRENT=2; _assay',
              ].join('\n'),
            ])
      expect(offered.split('\n')).toContain('verify')
    },
  )
})

test('error: UsageError: another shell', async () => {
  const { code, stderr } = await assay(['completion', 'tcsh'])
  expect([code, stderr]).toEqual([3, expect.stringContaining('bash, zsh or fish')])
})
