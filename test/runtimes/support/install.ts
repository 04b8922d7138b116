import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cleanEnv } from '../../support/run-script.ts'

const here = fileURLToPath(new URL('..', import.meta.url))
const sdk = fileURLToPath(new URL('../../../sdk', import.meta.url))
const cli = fileURLToPath(new URL('../../../cli', import.meta.url))
const attestation = fileURLToPath(new URL('../../../attestation', import.meta.url))
const run = promisify(execFile)

const pnpm = (cwd: string, ...args: string[]) =>
  run('npx', ['-y', 'pnpm@12.21.0', ...args], {
    cwd,
    // pnpm asks the registry only for what it hasn't got.
    env: { ...cleanEnv(), npm_config_prefer_offline: 'true', CI: 'true' },
  })

/**
 * Brings the runtimes of this folder's package.json into its node_modules.
 *
 * @returns Why there are none; undefined if all are there.
 */
export async function installRuntimes(): Promise<string | undefined> {
  const { platform, arch } = process
  if (platform !== 'linux' || arch !== 'x64')
    return `the runtimes are for linux-x64, this is ${platform}-${arch}`
  try {
    await pnpm(here, 'install', '--ignore-workspace', '--frozen-lockfile')
    return undefined
  } catch (error) {
    return `they cannot be installed: ${String(error).slice(0, 500)}`
  }
}

/** The program of a runtime, below this folder's node_modules. */
export const runtime = (path: string): string => join(here, 'node_modules', path)

/** Packages that were packed, which takes as long as to compile them: several files of tests install the same. */
const files = new Map<string, Promise<string>>()

/** Packs a package as it would be published. @returns The file, which goes with the process. */
async function packOnce(folder: string): Promise<string> {
  const tarballs = await mkdtemp(join(tmpdir(), 'assay-packed-'))
  process.once('exit', () => rmSync(tarballs, { recursive: true, force: true }))
  const { stdout } = await pnpm(folder, 'pack', '--json', '--pack-destination', tarballs)
  const { filename } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { filename: string }
  return join(tarballs, basename(filename))
}

/** Brings a packed package into a folder. @returns The name of the file. */
async function pack(folder: string, tarballs: string): Promise<string> {
  const file = files.get(folder) ?? packOnce(folder)
  files.set(folder, file)
  await cp(await file, join(tarballs, basename(await file)))
  return basename(await file)
}

async function install(
  directory: string,
  dependencies: Record<string, string>,
  ...options: string[]
): Promise<void> {
  const manifest = { private: true, type: 'module', dependencies }
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest))
  await pnpm(directory, 'install', '--no-frozen-lockfile', ...options)
}

/**
 * Installs this package as its users do: packed, with viem beside it; and copies the programs there.
 *
 * @param directory - An empty one.
 * @param packages - Further packages, with versions.
 */
export async function installSdk(
  directory: string,
  packages: Record<string, string> = {},
): Promise<void> {
  const { version: viem } = JSON.parse(
    await readFile(join(sdk, 'node_modules/viem/package.json'), 'utf8'),
  ) as { version: string }
  const tarballs = join(directory, 'packed')
  await mkdir(tarballs)
  const packed = await pack(sdk, tarballs)
  const dependencies = { '@assay/sdk': `file:packed/${packed}`, viem, ...packages }
  await install(directory, dependencies, '--ignore-workspace')
  await cp(join(here, 'programs'), directory, { recursive: true })
}

/**
 * Installs the `assay` command as its users do.
 *
 * @param directory - An empty one.
 * @returns Its script.
 */
export async function installCli(directory: string): Promise<string> {
  const tarballs = join(directory, 'packed')
  await mkdir(tarballs)
  const sdkFile = `file:packed/${await pack(sdk, tarballs)}`
  const attestationFile = `file:packed/${await pack(attestation, tarballs)}`
  const cliFile = `file:packed/${await pack(cli, tarballs)}`
  // What it depends on is not published here.
  const overrides = { '@assay/sdk': sdkFile, '@assay/attestation': attestationFile }
  const lines = Object.entries(overrides).map(([name, file]) => `  '${name}': '${file}'\n`)
  const settings = `overrides:\n${lines.join('')}`
  await writeFile(join(directory, 'pnpm-workspace.yaml'), settings)
  await install(directory, { '@assay/cli': cliFile })
  return join(directory, 'node_modules/@assay/cli/dist/main.js')
}
