import { generateKeyPairSync, sign } from 'node:crypto'
import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modelPlace, write } from '../attestation/model/support/model-files.ts'
import { startSigstore } from '../attestation/model/support/sigstore.ts'
import { bundleOf, preAuthEncoding, statementOf } from '../attestation/model/support/statement.ts'
import { assay } from './support/assay.ts'

let place: Awaited<ReturnType<typeof modelPlace>>
beforeAll(async () => (place = await modelPlace()))
afterAll(() => place.remove())

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const content = { 'config.json': '{}', 'weights/model.bin': 'weights' }
const signedKey = (payload: string) =>
  bundleOf(payload, sign('sha256', preAuthEncoding(payload), privateKey), { publicKey: {} })

/** A model with its signature beside the weights, and who signed it. */
async function signedModel(payload = statementOf(Object.entries(content))) {
  const model = await place.model({ ...content, '.git/config': 'x', '.gitattributes': 'x' })
  const bundle = join(model, 'model.sig')
  await writeFile(bundle, JSON.stringify(signedKey(payload)))
  const key = join(place.directory, 'key.pem')
  await writeFile(key, publicKey.export({ type: 'spki', format: 'pem' }))
  return { model, bundle, key }
}

async function verify(model: string, args: string[]) {
  const env = { XDG_CACHE_HOME: join(place.directory, 'cache') }
  const { code, stdout } = await assay(['model', 'verify-signature', model, ...args, '--json'], {
    env,
  })
  return { exit: code, ...(JSON.parse(stdout) as object) }
}

describe('model verify-signature', () => {
  test('default: the files that a key has signed', async () => {
    const { model, bundle, key } = await signedModel()
    const by = ['--bundle', bundle, '--key', key]
    const { code, stdout } = await assay(['model', 'verify-signature', model, ...by, '--no-cache'])
    expect([code, stdout]).toEqual([0, 'verified These 2 files are signed by this key.\n'])
    expect(await verify(model, by)).toMatchObject({
      exit: 0,
      status: 'verified',
      files: 2,
      name: 'model',
    })
  })

  test('behavior: each file that was changed, added or taken away is named', async () => {
    const { model, bundle, key } = await signedModel()
    const by = ['--bundle', bundle, '--key', key]
    await write(model, { 'config.json': '{ }', 'weights/.hidden': 'x' })
    expect(await verify(model, by)).toMatchObject({
      exit: 1,
      status: 'refuted',
      missing: [],
      extra: [{ path: 'weights/.hidden' }],
      differing: [{ path: 'config.json' }],
    })
    const { model: less, bundle: its } = await signedModel(
      statementOf([...Object.entries(content), ['zzz', '1']]),
    )
    expect(await verify(less, ['--bundle', its, '--key', key])).toMatchObject({
      exit: 1,
      missing: [{ path: 'zzz' }],
    })
    const { model: git, bundle: gits } = await signedModel()
    const counted = ['--bundle', gits, '--key', key, '--no-ignore-git-paths']
    // The signer left them out, and says so.
    expect(await verify(git, counted)).toMatchObject({ exit: 0 })
    await symlink('config.json', join(git, 'link'))
    expect(await verify(git, counted)).toMatchObject({
      exit: 3,
      error: { code: 'ModelFilesError' },
    })
    expect(await verify(git, [...counted, '--allow-symlinks'])).toMatchObject({
      exit: 1,
      extra: [{ path: 'link' }],
    })
  })

  test('behavior: a signature that does not hold is refused by name', async () => {
    const { model, bundle, key } = await signedModel()
    const other = join(place.directory, 'other.pem')
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(other, pair.publicKey.export({ type: 'spki', format: 'pem' }))
    const wrong = await verify(model, ['--bundle', bundle, '--key', other])
    expect(wrong).toMatchObject({ exit: 1, status: 'refuted', code: 'bad-signature' })
    const shards = statementOf(Object.entries(content), { serialization: { method: 'shards' } })
    await writeFile(bundle, JSON.stringify(signedKey(shards)))
    expect(await verify(model, ['--bundle', bundle, '--key', key])).toMatchObject({
      exit: 2,
      status: 'unknown',
      code: 'unsupported',
    })
    await writeFile(bundle, 'none')
    expect(await verify(model, ['--bundle', bundle, '--key', key])).toMatchObject({
      exit: 3,
      error: { code: 'InvalidSignatureInputError' },
    })
  })

  test('default: Sigstore, with who has to have signed', async () => {
    const { trustedRoot, signModel } = await startSigstore()
    const { model, bundle } = await signedModel()
    await writeFile(bundle, JSON.stringify(await signModel(statementOf(Object.entries(content)))))
    const root = join(place.directory, 'trusted_root.json')
    await writeFile(root, trustedRoot)
    const by = [
      '--bundle',
      bundle,
      '--trusted-root',
      root,
      '--issuer',
      'https://accounts.example.org',
    ]
    const identity = 'mailto:release@example.org'
    const held = await verify(model, [...by, '--identity', identity])
    expect(held).toMatchObject({ exit: 0, signer: identity })
    expect(await verify(model, [...by, '--identity', 'mailto:release@example.com'])).toMatchObject({
      exit: 1,
      code: 'other-identity',
    })
  })

  test('error: UsageError: nothing to check by, or too much', async () => {
    const { model, bundle, key } = await signedModel()
    const cases = [
      [],
      ['--key', key, '--trusted-root', key],
      ['--key', key, '--identity', 'x'],
      ['--trusted-root', key],
      ['--trusted-root', key, '--identity', 'x'],
    ]
    for (const args of cases) {
      const refused = await verify(model, ['--bundle', bundle, ...args])
      expect(refused).toMatchObject({ exit: 3, error: { code: 'UsageError' } })
    }
  })
})
