import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getModel, modelIdOf } from '@assay/sdk'
import { type Hex, toHex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modelPlace, sha256Of } from '../attestation/model/support/model-files.ts'
import { type Stage, startStage } from '../relay/support/relayed.ts'
import { assay } from './support/assay.ts'

let stage: Stage
let place: Awaited<ReturnType<typeof modelPlace>>
beforeAll(async () => {
  place = await modelPlace()
  stage = await startStage()
})
afterAll(async () => {
  await stage.stop()
  await place.remove()
})

const files = {
  'config.json': '{}',
  'weights/model.bin': Buffer.alloc(2 ** 21, 7),
  '.gitattributes': 'x',
}
/** Caches of the person who runs the tests are not touched. */
const run = (args: string[], more: Record<string, string> = {}) =>
  assay(args, { env: { XDG_CACHE_HOME: join(place.directory, 'cache'), ...more } })
type Said = Record<string, unknown> & { code: number | null }
const said = async (args: string[], more?: Record<string, string>): Promise<Said> => {
  const { code, stdout } = await run([...args, '--json'], more)
  return { ...(JSON.parse(stdout) as Record<string, unknown>), code }
}

describe('model hash', () => {
  test('default: digests of files as sha256sum, Git LFS and Hugging Face have them', async () => {
    const model = await place.model(files)
    const { code, stdout } = await run(['model', 'hash', model, '--list', '--quiet'])
    expect(code).toBe(0)
    expect(stdout).toContain(`${sha256Of(files['weights/model.bin'])}  weights/model.bin\n`)
    const checked = spawnSync('sha256sum', ['-c', '--quiet'], { cwd: model, input: stdout })
    if (checked.error === undefined) expect(checked.status).toBe(0)
  })

  test('default: the root of the OpenSSF beside it', async () => {
    const model = await place.model({ ...files, 'model.sig': '{}' })
    const root = createHash('sha256')
    for (const name of ['config.json', 'weights/model.bin'] as const) {
      root.update(sha256Of(files[name]), 'hex')
    }
    const signingRoot = `0x${root.digest('hex')}`
    expect(await said(['model', 'hash', model])).toMatchObject({
      signingRoot,
      files: 4,
      findings: [],
    })
    const other = ['--no-ignore-git-paths', '--unsigned', 'nothing']
    expect((await said(['model', 'hash', model, ...other])).signingRoot).not.toBe(signingRoot)
  })

  test('behavior: what is odd is told; what leads out is refused', async () => {
    const model = await place.model({ 'm-00001-of-00002.gguf': 'GGUF' })
    const { stderr, code } = await run(['model', 'hash', model])
    expect(code).toBe(0)
    expect(stderr).toContain('incomplete: m-00001-of-00002.gguf is a part of 2')
    const index = '{"weight_map":{"a":"../../secret"}}'
    const escaping = await place.model({ 'model.safetensors.index.json': index })
    for (const args of [
      ['hash', escaping],
      ['publish', 'a', '1', escaping],
    ]) {
      const { code, error } = await said(['model', ...args], { ASSAY_RPC_URL: stage.chain.rpcUrl })
      expect([code, error]).toMatchObject([3, { code: 'ModelFilesError' }])
    }
  })

  test('behavior: nothing but the digest is said where nobody watches', async () => {
    const model = await place.model(files)
    const { stdout, stderr } = await run(['model', 'hash', model, '--quiet', '--no-cache'])
    expect([stdout, stderr]).toEqual([expect.stringMatching(/^0x[0-9a-f]{64}\n$/), ''])
  })
})

describe('model check', () => {
  const manifestOf = async (model: string) => {
    const manifest = `${model}.json`
    expect((await run(['model', 'hash', model, '-o', manifest])).code).toBe(0)
    return manifest
  }

  test('default: the files of a manifest, and each that is not', async () => {
    const model = await place.model(files)
    const manifest = await manifestOf(model)
    const whole = await run(['model', 'check', manifest, model])
    expect([whole.code, whole.stdout]).toEqual([0, 'verified These 3 files are the model.\n'])
    await writeFile(join(model, 'config.json'), '{ }')
    await rename(join(model, 'weights/model.bin'), join(model, 'weights/other.bin'))
    const { code, stdout } = await run(['model', 'check', manifest, model])
    expect(code).toBe(1)
    expect(stdout).toBe(
      [
        'missing  weights/model.bin',
        'extra    weights/other.bin',
        'differs  config.json (3 bytes, not 2)',
        "refuted These are not the model's files: 1 missing, 1 extra, 1 different.\n",
      ].join('\n'),
    )
    const report = await said(['model', 'check', manifest, model])
    expect(report).toMatchObject({
      code: 1,
      status: 'refuted',
      missing: [{ path: 'weights/model.bin' }],
      extra: [{ path: 'weights/other.bin' }],
      differing: [{ path: 'config.json' }],
    })
    expect((await run(['model', 'check', manifest, join(model, 'gone')])).code).toBe(3)
  })

  test('error: InvalidManifestError: what is no manifest', async () => {
    const model = await place.model({ a: '1' })
    const manifest = join(place.directory, 'odd.json')
    await writeFile(manifest, '{"schema":"assay/manifest/v1","files":[]}')
    expect(await said(['model', 'check', manifest, model])).toMatchObject({
      code: 3,
      error: { code: 'InvalidManifestError' },
    })
  })

  test('default: what is published, with the root that was found; retired is told', async () => {
    const model = await place.model(files)
    const key = generatePrivateKey()
    const { address } = privateKeyToAccount(key)
    await stage.chain.client.setBalance({ address, value: 10n ** 18n })
    const { modelRegistry } = stage.chain.addresses
    const env = {
      ASSAY_RPC_URL: stage.chain.rpcUrl,
      ASSAY_MODEL_REGISTRY: modelRegistry,
      ASSAY_OWNER_KEY: key,
    }
    const { signingRoot, manifestDigest } = (await said(['model', 'hash', model])) as {
      signingRoot?: Hex
      manifestDigest?: Hex
    }
    const wrong = ['model', 'publish', 'm', '1', model, '--signing-root', toHex(1, { size: 32 })]
    expect((await said(wrong, env)).code).toBe(3)
    const published = (await said(['model', 'publish', 'm', '1', model], env)) as { modelId?: Hex }
    const modelId = modelIdOf({
      publisher: address,
      name: 'm',
      version: '1',
      manifestDigest: manifestDigest!,
    })
    expect(published.modelId).toBe(modelId)
    expect(await getModel(stage.chain.client, { modelId, modelRegistry })).toMatchObject({
      signingRoot,
      manifestDigest,
    })

    const check = (directory: string, ...more: string[]) =>
      said(['model', 'check', modelId, directory, ...more], env)
    expect(await check(model)).toMatchObject({ code: 0, status: 'verified', publisher: address })
    const other = await place.model({ ...files, extra: 'x' })
    expect(await check(other)).toMatchObject({
      code: 1,
      status: 'refuted',
      actual: expect.any(String),
    })
    expect(await check(other, '--ignore', 'extra')).toMatchObject({ code: 0 })
    const manifest = await manifestOf(model)
    expect(await check(other, '--manifest', manifest)).toMatchObject({
      code: 1,
      extra: [{ path: 'extra' }],
    })
    expect(await check(model, '--manifest', await manifestOf(other))).toMatchObject({ code: 3 })
    const nobody = toHex(9, { size: 32 })
    expect(await said(['model', 'check', nobody, model], env)).toMatchObject({
      code: 2,
      status: 'unknown',
    })
    await said(['model', 'retire', modelId, '--reason', 'r'], env)
    expect(await check(model)).toMatchObject({ code: 0, retiredAt: expect.any(Number) })
  }, 120_000)
})
