import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkNames } from '@assay/sdk/verify'
import { describe, expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFile(new URL(path, root), 'utf8')
const contracts = [
  ...['ModelRegistry', 'EnvironmentRegistry', 'InferenceLog', 'VerdictRegistry'],
  ...['verifiers/AttesterQuorum', 'verifiers/P256Attester'],
]

/** Files below a directory, by their paths from the root of the repository. */
async function filesBelow(directory: string, suffix: string): Promise<string[]> {
  const entries = await readdir(new URL(`${directory}/`, root), {
    recursive: true,
    withFileTypes: true,
  })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => relative(fileURLToPath(root), join(entry.parentPath, entry.name)))
    .filter((path) => !path.includes('node_modules/') && !path.includes('/dist/'))
}

async function pages(): Promise<[string, string][]> {
  const paths = [...(await filesBelow('docs', '.md')), 'README.md', 'SECURITY.md']
  return Promise.all(paths.map(async (path): Promise<[string, string]> => [path, await read(path)]))
}

const withoutBlocks = (page: string) => page.replace(/^```.*?^```/gms, '')
const codeSpans = (page: string) =>
  [...withoutBlocks(page).matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replace(/\s+/g, ' '))

async function artifact(path: string) {
  return JSON.parse(await read(`artifacts/contracts/${path}.sol/${basename(path)}.json`)) as {
    abi: { type: string; name: string }[]
    deployedBytecode: string
  }
}

/** GitHub's name for a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

async function anchorsOf(page: string | URL): Promise<string[]> {
  const headings = (await readFile(new URL(page, root), 'utf8')).matchAll(/^#+ (.*)$/gm)
  return [...headings].map(([, heading]) => anchorOf(heading as string))
}

test('behavior: each test that docs/security.md cites is there', async () => {
  const files = await filesBelow('test', '')
  const cited = codeSpans(await read('docs/security.md')).filter((code) => code.includes(' › '))
  expect(cited.length).toBeGreaterThan(60)
  for (const citation of cited) {
    const [file, name] = citation.split(' › ') as [string, string]
    const paths = files.filter((path) => path.endsWith(`/${file}`))
    expect(paths, citation).toHaveLength(1)
    const source = await read(paths[0] as string)
    const declaration = file.endsWith('.sol') ? `function ${name}(` : `test('${name}',`
    expect(source.includes(declaration), citation).toBe(true)
  }
})

test('behavior: each relative link leads somewhere', async () => {
  let links = 0
  for (const [path, page] of await pages()) {
    for (const [, target] of withoutBlocks(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (!target || /^[a-z]+:/.test(target)) continue
      const [file, anchor] = target.split('#') as [string, string?]
      const url = file ? new URL(file, new URL(path, root)) : new URL(path, root)
      expect(existsSync(url), `${path}: ${target}`).toBe(true)
      if (anchor) expect(await anchorsOf(url), `${path}: ${target}`).toContain(anchor)
      links++
    }
  }
  expect(links).toBeGreaterThan(20)
})

test('behavior: each page that an error names is there', async () => {
  let named = 0
  const folders = ['sdk/src', 'cli/src', 'attestation/src']
  const sources = (await Promise.all(folders.map((it) => filesBelow(it, '.ts')))).flat()
  for (const path of sources) {
    for (const [, target = ''] of (await read(path)).matchAll(/docsPath: '([^']+)'/g)) {
      const [page, anchor] = target.split('#') as [string, string?]
      expect(existsSync(new URL(`docs/${page}`, root)), `${path}: ${target}`).toBe(true)
      if (anchor) expect(await anchorsOf(`docs/${page}`), `${path}: ${target}`).toContain(anchor)
      named++
    }
  }
  expect(named).toBeGreaterThan(20)
})

test('behavior: each check of a report has its row in docs/what-is-not-proven.md', async () => {
  const rows = [...(await read('docs/what-is-not-proven.md')).matchAll(/^\| `(\w+)` +\|/gm)]
  const names = rows.map(([, name]) => name)
  expect(names).toEqual([
    'verified',
    'refuted',
    'unknown',
    'proven',
    'vouched',
    'declared',
    ...checkNames,
  ])
})

describe('names in the docs', () => {
  test('behavior: each error of a contract is in its ABI', async () => {
    const errors = new Set<string>()
    for (const name of contracts) {
      for (const item of (await artifact(name)).abi)
        if (item.type === 'error') errors.add(item.name)
    }
    let mentioned = 0
    for (const [path, page] of await pages()) {
      for (const [error] of page.matchAll(/\b[A-Z][a-z]\w*_[A-Z][a-z]\w*/g)) {
        expect(errors.has(error), `${path}: ${error}`).toBe(true)
        mentioned++
      }
    }
    expect(mentioned).toBeGreaterThan(5)
  })

  test('behavior: each function, field and option is in the code', async () => {
    const sources = await Promise.all(
      [
        ...(await filesBelow('contracts', '.sol')),
        ...(await filesBelow('sdk/src', '.ts')),
        ...(await filesBelow('attestation/src', '.ts')),
        ...(await filesBelow('cli/src', '.ts')),
        ...(await filesBelow('relay/src', '.ts')),
        ...(await filesBelow('indexer/gateway', '.ts')),
        ...(await filesBelow('indexer/src', '.ts')),
        ...['indexer/ponder.schema.ts', 'indexer/run.ts', 'indexer/settings.ts'],
        ...(await filesBelow('scripts', '.ts')),
        'hardhat.config.ts',
        'test/e2e/deploy.test.ts',
      ].map(read),
    )
    const words = new Set(sources.flatMap((source) => source.match(/[A-Za-z_]\w*/g) ?? []))
    let mentioned = 0
    for (const [path, page] of await pages()) {
      if (path.startsWith('docs/decisions/')) continue
      for (const code of codeSpans(page)) {
        if (code.includes(' › ') || code.includes('/') || code.includes('-')) continue
        for (const [name] of code.matchAll(/(?<![\w.…])_?[a-z]+[A-Z]\w*/g)) {
          expect(words.has(name), `${path}: ${name}`).toBe(true)
          mentioned++
        }
      }
    }
    expect(mentioned).toBeGreaterThan(80)
  })
})

/** Instructions since Shanghai, which a chain may lack, and those that could move the ground under what is promised. */
const instructions: Record<number, string> = {
  ...{ 0x1e: 'CLZ', 0x49: 'BLOBHASH', 0x4a: 'BLOBBASEFEE', 0x5c: 'TLOAD' },
  ...{ 0x5d: 'TSTORE', 0x5e: 'MCOPY', 0x5f: 'PUSH0' },
  ...{ 0x32: 'ORIGIN', 0x40: 'BLOCKHASH', 0x43: 'NUMBER', 0x44: 'PREVRANDAO' },
  ...{ 0xf0: 'CREATE', 0xf2: 'CALLCODE', 0xf4: 'DELEGATECALL', 0xf5: 'CREATE2' },
  ...{ 0xff: 'SELFDESTRUCT' },
}

test('behavior: the code has only the instructions that the docs name', async () => {
  const named = codeSpans(await read('docs/deploy.md'))
  for (const name of contracts) {
    const code = Buffer.from((await artifact(name)).deployedBytecode.slice(2), 'hex')
    const metadata = code.readUInt16BE(code.length - 2) + 2
    const found = new Set<string>()
    for (let i = 0; i < code.length - metadata; i++) {
      const opcode = code[i] as number
      const instruction = instructions[opcode]
      if (instruction) found.add(instruction)
      if (opcode >= 0x60 && opcode <= 0x7f) i += opcode - 0x5f
    }
    expect([...found].sort(), name).toEqual(['MCOPY', 'PUSH0'])
  }
  expect(named).toEqual(expect.arrayContaining(['MCOPY', 'PUSH0']))
})
