import { createRequire } from 'node:module'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { Faults } from './faults.ts'
import { faultyGlobals, globalNames } from './faulty-globals.ts'
import { withSites } from './instrument.ts'

export type Sdk = typeof import('@assay/sdk')

const sources = new URL('../../../sdk/src/', import.meta.url)
const path = (name: string) => fileURLToPath(new URL(name, sources))

/** Puts a site at each await of the recording side. */
const sites: Plugin = {
  name: 'sites',
  setup(build) {
    build.onResolve({ filter: /^#journals$/ }, () => ({ path: path('journal/with-disk.ts') }))
    build.onLoad({ filter: /src\/(?:record|journal|settle|store)\/[\w-]+\.ts$/ }, async (file) => {
      const text = await readFile(file.path, 'utf8')
      return { contents: withSites(basename(file.path), text), loader: 'ts' }
    })
  },
}

type Evaluate = (...values: unknown[]) => void

async function compile(): Promise<Evaluate> {
  const { outputFiles } = await build({
    entryPoints: [path('index.ts')],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    packages: 'external',
    plugins: [sites],
  })
  const text = outputFiles[0]?.text ?? ''
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- each run has an instance of its own, with globals of its own
  return new Function('module', 'require', 'faults', ...globalNames, text) as Evaluate
}

let compiled: ReturnType<typeof compile> | undefined

/** An instance of the SDK of its own whose awaits, and whose calls to what is around it, pass through `faults`. */
export async function faultySdk(faults: Faults): Promise<Sdk> {
  const evaluate = await (compiled ??= compile())
  const module = { exports: {} as Sdk }
  const globals = faultyGlobals(faults)
  const required = createRequire(path('index.ts'))
  evaluate(module, required, faults, ...globalNames.map((name) => globals[name]))
  return module.exports
}
