import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { isWithin, versionsOf } from './support/version-ranges.ts'

type Manifest = {
  name: string
  version: string
  private?: boolean
  engines?: { node?: string }
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const manifestIn = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
/** Folders of the packages that are published. */
const published = readdirSync(root)
  .map((name) => join(root, name))
  .filter((folder) => existsSync(join(folder, 'package.json')) && !manifestIn(folder).private)

/** Where a package finds another one, as Node looks for it; undefined if it is not installed, as optional peers may not be. */
function installed(from: string, name: string): string | undefined {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name)
    if (existsSync(join(found, 'package.json'))) return realpathSync(found)
  }
  return undefined
}

/** All that is installed with a package: what it depends on, and so on. */
function dependenciesOf(folder: string, seen = new Map<string, Manifest>()) {
  const { dependencies = {}, peerDependencies = {} } = manifestIn(folder)
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    const found = installed(folder, name)
    if (found === undefined && name in dependencies) throw new Error(`${name} is not installed`)
    if (found === undefined || seen.has(found)) continue
    seen.set(found, manifestIn(found))
    dependenciesOf(found, seen)
  }
  return [...seen.values()]
}

/** What asks for more than it needs: `runtimes.test.ts` shows that the package runs with it on Node 20. */
const cautious = ['canonicalize', '@noble/hashes']
const old = '>=20.16'

describe.each(published.map((folder) => [manifestIn(folder).name, folder] as const))(
  'the Node that %s promises to run on',
  (name, folder) => {
    const promised = manifestIn(folder).engines?.node ?? ''

    test('behavior: is one that all it depends on run on', () => {
      const dependencies = dependenciesOf(folder)
      expect(dependencies.length).toBeGreaterThan(3)
      const narrower = dependencies.filter(
        ({ name, engines }) =>
          engines?.node !== undefined &&
          !isWithin(promised, engines.node) &&
          !(promised === old && cautious.includes(name)),
      )
      const shown = narrower.map((it) => `${it.name} ${it.version}: ${it.engines?.node}`)
      expect(shown, promised).toEqual([])
    })

    test('behavior: is the one that the documentation names', () => {
      const page = readFileSync(join(root, 'docs/runtimes.md'), 'utf8')
      const line = page.split('\n').find((it) => it.startsWith('- ') && it.includes(`\`${name}\``))
      expect(line).toContain(`\`${promised}\``)
    })

    test('behavior: is one that these tests run on', () => {
      expect(isWithin(`^${process.versions.node}`, promised)).toBe(true)
    })
  },
)

test('behavior: ranges are read as npm reads them', () => {
  const sigstore = '^22.22.2 || ^24.15.0 || >=26.0.0'
  for (const [range, other, within] of [
    ['>=22', '>=22', true],
    ['>=22', '>= 20.19.0', true],
    ['>=20.16', '>=22', false],
    ['>=22', sigstore, false],
    ['^22.22.1', sigstore, false],
    ['^23.0.0', sigstore, false],
    ['^25.0.0 || >=26', sigstore, false],
    ['^24.15.0 || ^26.1', sigstore, true],
    [sigstore, '>=22', true],
    [sigstore, '^12.22.0 || ^14 || >=17', true],
    ['>=22', '^22.0.0 || ^23.0.0 || >=24.0.0', true],
  ] as const) {
    expect(isWithin(range, other), `${range} within ${other}`).toBe(within)
  }
  for (const other of ['', '*', '22', '22.x', '<24', '~22.1.0', '>=22 <24', '>=22.0.0-rc.1']) {
    expect(() => versionsOf(other), other).toThrow('another form')
  }
})
