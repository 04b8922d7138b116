import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installSdk } from './support/install.ts'

const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-package-'))
  await installSdk(directory)
}, 120_000)
afterAll(() => rm(directory, { recursive: true, force: true }))

const resolutions = [
  ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }],
] as const

describe('the package, packed and installed', () => {
  // Each takes a compiler for itself.
  test.concurrent.each(resolutions)(
    'behavior: types are complete for an application with moduleResolution %s',
    { timeout: 240_000 },
    async (name, options) => {
      const config = join(directory, `tsconfig.${name}.json`)
      await writeFile(
        config,
        JSON.stringify({
          compilerOptions: {
            ...{ target: 'es2022', lib: ['es2023', 'dom', 'esnext.disposable'], types: [] },
            ...{ strict: true, noEmit: true, exactOptionalPropertyTypes: true },
            ...options,
          },
          files: ['consumer.ts'],
        }),
      )
      const said = await promisify(execFile)(process.execPath, [tsc, '-p', config]).catch(
        (error: unknown) => error as { stdout: string },
      )
      expect(said.stdout).toBe('')
    },
  )

  test.each(['workerd', 'worker', 'browser', 'edge-light'])(
    'behavior: under the condition `%s` there is no Node built-in and no journal on disk',
    async (condition) => {
      const files = await filesOf([condition])
      expect(files.imports).toEqual(['viem', 'viem/accounts', 'viem/actions'])
      expect(files.own).not.toContain('dist/journal/file-journal.js')
      expect(files.own).toContain('dist/journal/memory-journal.js')
    },
  )

  test.each(['workerd', 'worker', 'browser', 'edge-light'])(
    'behavior: under the condition `%s` stores open no sockets of their own',
    async (condition) => {
      const { own } = await filesOf([condition], '@assay/sdk/stores')
      expect(own).toContain('dist/stores/remote/without-sockets.js')
      expect(own).not.toContain('dist/stores/remote/with-sockets.js')
      expect(own).not.toContain('dist/record/recorder.js')
    },
  )

  test('behavior: without them there is one on disk', async () => {
    const files = await filesOf([])
    expect(files.imports).toEqual(['viem', 'viem/accounts', 'viem/actions'])
    expect(files.own).toContain('dist/journal/file-journal.js')
  })
})

/** What a bundle of an entry holds of this package, and what it imports. A built-in of Node would not be found. */
async function filesOf(
  conditions: string[],
  entry = '@assay/sdk',
): Promise<{ own: string[]; imports: string[] }> {
  const { metafile, outputFiles } = await build({
    stdin: { contents: `export * from '${entry}'`, resolveDir: directory },
    absWorkingDir: directory,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: ['viem'],
    conditions,
    metafile: true,
    write: false,
  })
  expect(outputFiles[0]?.text).not.toMatch(/(?:from|import\(|require\() *['"`]node:/)
  const own = Object.keys(metafile.inputs).flatMap((path) => path.split('@assay/sdk/')[1] ?? [])
  const imports = Object.values(metafile.outputs).flatMap((output) =>
    output.imports.map(({ path }) => path),
  )
  return { own, imports: [...new Set(imports)].sort() }
}
