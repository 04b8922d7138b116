import { parseManifest } from '@assay/attestation/model'
import { getModel, type Model } from '@assay/sdk'
import { type Manifest, manifestDigestOf } from '@assay/sdk/formats'
import type { Hex } from 'viem'
import { InputError, UsageError } from '../errors.ts'
import { defaultTimeout, timeoutMillisOf } from '../input/limits.ts'
import { readFileText } from '../input/read-text.ts'
import { wordFrom } from '../input/words.ts'
import { type ChainOptions, openChain } from '../settings/chain.ts'
import { loadEnvFile } from '../settings/env-file.ts'

export type ExpectedOptions = ChainOptions & {
  settings?: string
  timeout?: string
  manifest?: string
}

/** What a model is by its manifest, by the chain, or by both. */
export type ExpectedModel = {
  manifestDigest: Hex
  /** Without it nothing is known but the digest. */
  manifest: Manifest | undefined
  modelId: Hex | undefined
  published: Model | undefined
}

/** Of a manifest, in bytes: a million files take about 200 million. */
const maxManifestBytes = 2 ** 28

/**
 * What a model is expected to be: by a manifest in a file, or by what is published under its id.
 *
 * @returns Undefined if no such model is published.
 * @throws InputError, UsageError, InvalidManifestError; what the chain refuses
 */
export async function expectedModel(
  model: string,
  options: ExpectedOptions,
): Promise<ExpectedModel | undefined> {
  // A file that is named like an id is meant by ./ before it.
  if (!/^0x[0-9a-f]{64}$/i.test(model)) {
    if (options.manifest !== undefined) {
      throw new UsageError('`--manifest` goes with a model id; this names a manifest already.')
    }
    const manifest = await readManifest(model, options)
    const manifestDigest = manifestDigestOf(manifest)
    return { manifestDigest, manifest, modelId: undefined, published: undefined }
  }
  const modelId = wordFrom(model, 'The model id')
  const manifest =
    options.manifest === undefined ? undefined : await readManifest(options.manifest, options)
  await loadEnvFile(options.settings)
  const place = await openChain(options, timeoutMillisOf(options.timeout))
  const modelRegistry = place.contract('modelRegistry')
  const published = await getModel(place.client, { modelId, modelRegistry })
  if (!published) return undefined
  const { manifestDigest } = published
  if (manifest && manifestDigestOf(manifest) !== manifestDigest) {
    throw new InputError(options.manifest ?? '', 'is not the manifest of this model', {
      metaMessages: [`Its digest: ${manifestDigestOf(manifest)}`, `Published: ${manifestDigest}`],
    })
  }
  return { manifestDigest, manifest, modelId, published }
}

async function readManifest(path: string, { timeout }: ExpectedOptions): Promise<Manifest> {
  const millis = timeout === undefined ? defaultTimeout * 1000 : timeoutMillisOf(timeout)
  return parseManifest(await readFileText(path, maxManifestBytes, millis))
}
