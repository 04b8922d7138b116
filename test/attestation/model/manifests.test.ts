import {
  compareFiles,
  InvalidManifestError,
  isSameModel,
  parseManifest,
} from '@assay/attestation/model'
import { createManifest, encodeManifest } from '@assay/sdk/formats'
import { describe, expect, test } from 'vitest'

const schema = 'assay/manifest/v1'
const file = { path: 'a', size: '1', sha256: '0'.repeat(64) }

describe('parseManifest', () => {
  test('default: what was written is read again, however its JSON is laid out', () => {
    const manifest = createManifest([file, { ...file, path: 'b' }])
    expect(parseManifest(Buffer.from(encodeManifest(manifest)).toString())).toEqual(manifest)
    expect(parseManifest(JSON.stringify(manifest, undefined, 2))).toEqual(manifest)
  })

  test('error: InvalidManifestError: paths that lead out or stand twice, members that nobody knows', () => {
    const paths = ['../a', '/a', 'a/../b', './a', 'a//b', '', '.', '\ud800']
    const odd: unknown[] = [
      null,
      [],
      {},
      { schema, files: {} },
      { schema, files: [] },
      { schema, files: [null] },
      { schema, files: [file, file] },
      { schema: 'assay/manifest/v2', files: [file] },
      { schema, files: [file], more: 1 },
      { schema, files: [{ ...file, more: 1 }] },
      ...paths.map((path) => ({ schema, files: [{ ...file, path }] })),
      ...[-1, '01', '1.5', 1].map((size) => ({ schema, files: [{ ...file, size }] })),
      { schema, files: [{ ...file, sha256: 'A'.repeat(64) }] },
    ]
    for (const value of odd) {
      expect(() => parseManifest(JSON.stringify(value))).toThrow(InvalidManifestError)
    }
    for (const text of ['', '{', '['.repeat(100_000)]) {
      expect(() => parseManifest(text)).toThrow(InvalidManifestError)
    }
  })

  test('error: InvalidManifestError: what takes gigabytes to read is not read', () => {
    for (const text of ['['.repeat(1_000_000), `[${'0,'.repeat(5_000_000)}0]`]) {
      expect(() => parseManifest(text)).toThrow('has too many parts')
    }
  })
})

describe('compareFiles', () => {
  test('default: missing, extra and differing, each by its path', () => {
    const other = { ...file, sha256: '1'.repeat(64) }
    const paths = (names: string, of = file) => [...names].map((path) => ({ ...of, path }))
    const differences = compareFiles(paths('abc'), [...paths('dc'), ...paths('b', other)])
    expect(differences).toMatchObject({
      missing: [{ path: 'a' }],
      extra: [{ path: 'd' }],
      differing: [
        { path: 'b', expected: { sha256: file.sha256 }, actual: { sha256: other.sha256 } },
      ],
    })
    expect(isSameModel(differences)).toBe(false)
    expect(isSameModel(compareFiles(paths('abc'), paths('cba')))).toBe(true)
    // Names that objects have anyway are names like others.
    const odd = ['__proto__', 'constructor'].map((path) => ({ ...file, path }))
    expect(compareFiles(odd, []).missing.map(({ path }) => path)).toEqual([
      '__proto__',
      'constructor',
    ])
  })
})
