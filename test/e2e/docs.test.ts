/** What the documentation cites is there: files, tests, errors of the contracts, bytes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const under = (directory: string, end: RegExp) =>
  readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((path) => end.test(path) && !path.includes('node_modules'))
    .map((path) => join(directory, path))

const pages = [...under('docs', /\.md$/), 'README.md', 'CONTRIBUTING.md', 'SECURITY.md']
const tests = under('test', /(\.test\.ts|\.sol)$/)
  .map(read)
  .join('\n')

test.each(pages)('%s: every link within the repository leads somewhere', (page) => {
  for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)) {
    expect(existsSync(join(root, dirname(page), target)), target).toBe(true)
  }
})

test.each(pages)('%s: every error of a contract that it names is one', (page) => {
  const sources = under('contracts', /\.sol$/)
    .map(read)
    .join('\n')
  for (const [name] of read(page).matchAll(
    /\b(?:InferenceLog|ModelRegistry|EnvironmentRegistry|VerdictRegistry|BatchData|InferenceEscrow)_\w+/g,
  )) {
    expect(sources).toContain(`error ${name}(`)
  }
})

test('docs/security.md: every test that it cites is there', () => {
  // A title may break at the end of a line.
  const page = read('docs/security.md').replace(/\s+/g, ' ')
  const cited = [...page.matchAll(/`((?:test|testFuzz|invariant)_\w+|[^`]*)`/g)]
    .map(([, name = '']) => name)
    .filter((name) => /^(test|testFuzz|invariant)_/.test(name) || name.split(' ').length > 3)
  expect(cited.length).toBeGreaterThan(50)
  expect(cited.filter((name) => !tests.includes(name))).toEqual([])
})

test('docs/protocol.md: all bytes are those of the vectors', () => {
  const vectors = under('test/vectors', /\.json$/)
    .map(read)
    .join('\n')
  const words = read('docs/protocol.md').match(/\b[0-9a-f]{40,}\b/g) ?? []
  expect(words.length).toBeGreaterThanOrEqual(20)
  expect(words.filter((word) => !vectors.includes(word))).toEqual([])
})
