import { readFile } from 'node:fs/promises'
import {
  checkModelSignature,
  compareFiles,
  hashModel,
  isSameModel,
  signedFiles,
  signingRootOf,
} from '@assay/attestation/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modelPlace } from './support/model-files.ts'

let place: Awaited<ReturnType<typeof modelPlace>>
beforeAll(async () => (place = await modelPlace()))
afterAll(() => place.remove())

const vector = (name: string) => readFile(new URL(`vectors/${name}`, import.meta.url), 'utf8')

describe('what the tool signed itself', () => {
  test('default: key, versions 1.0.1 and 1.1.0', async () => {
    const directory = await place.model({ 'signme-1': 'signme-1\n', 'signme-2': 'signme-2' })
    const { manifest, signingRoot } = await hashModel([directory])
    const publicKey = await vector('key.pem')
    for (const name of ['key-1.0.1.json', 'key-1.1.0.json']) {
      const { model } = checkModelSignature(await vector(name), { by: 'key', publicKey })
      expect(`0x${model.signingRoot}`).toBe(signingRoot)
      expect(isSameModel(compareFiles(model.files, manifest.files))).toBe(true)
    }
  })

  test('default: certificates, version 1.1.0', async () => {
    const directory = await place.model({ 'signme-1': 'signme-1', 'signme-2': 'signme-2' })
    const { signingRoot } = await hashModel([directory])
    const certificates = await vector('intermediate.pem')
    const bundle = await vector('certificate-1.1.0.json')
    const { model, signer } = checkModelSignature(bundle, { by: 'certificates', certificates })
    expect(`0x${model.signingRoot}`).toBe(signingRoot)
    expect(signer).toBe('CN=intermediate-ca')
    expect(model.ignored).toContain('ignore-me')
  })

  test('behavior: roots of models that the tool has in its own tests', async () => {
    const files: Record<string, string> = {}
    for (const i of [0, 1]) {
      for (const j of [0, 1, 2]) files[`d${i}/f${i}${j}`] = `This is file f${i}${j} in d${i}.`
    }
    for (const i of [0, 1, 2, 3]) files[`f${i}`] = `This is file f${i} in root.`
    const { signingRoot } = await hashModel([await place.model(files)])
    expect(signingRoot).toBe('0x143cc682e555951649f18e2761c3d526d2502996f5e32dc187ef7f8a614f8df7')
  })
})

describe('signedFiles', () => {
  test('default: paths in the order of Python', async () => {
    const lists = JSON.parse(await vector('path-order.json')) as string[][]
    expect(lists.length).toBeGreaterThan(10)
    for (const list of lists) {
      const files = list.toReversed().map((path) => ({ path }))
      expect(signedFiles(files, { withGitPaths: true }).map(({ path }) => path)).toEqual(list)
    }
    // Not the order of the manifest.
    const paths = ['a-b', 'a/b', 'a.b', '\u{1f600}', '\uffff']
    const sorted = signedFiles(paths.map((path) => ({ path }))).map(({ path }) => path)
    expect(sorted).toEqual(['a/b', 'a-b', 'a.b', '\uffff', '\u{1f600}'])
    expect(paths.toSorted()).not.toEqual(sorted)
  })

  test('behavior: git and the signature are left out at the top, and nowhere else', () => {
    const all = [
      '.git/config',
      '.gitattributes',
      '.github/a',
      '.gitignore',
      'model.sig',
      'a/.git/b',
    ]
    const files = [...all, 'a/model.sig', '.gitmodules', '.hidden'].map((path) => ({ path }))
    const left = (options?: Parameters<typeof signedFiles>[1]) =>
      signedFiles(files, options).map(({ path }) => path)
    expect(left()).toEqual(['.gitmodules', '.hidden', 'a/.git/b', 'a/model.sig'])
    expect(left({ withGitPaths: true })).toHaveLength(8)
    expect(left({ ignore: ['a'] })).toEqual(['.gitmodules', '.hidden', 'model.sig'])
  })

  test('behavior: nothing is left: there is no root', () => {
    const file = { path: 'model.sig', size: '0', sha256: '0'.repeat(64) }
    expect(signingRootOf([file])).toBeUndefined()
  })
})
