import { getModel, modelIdOf } from '@assay/sdk'
import { manifestDigestOf } from '@assay/sdk/formats'
import { type Hex, zeroHash } from 'viem'
import { UsageError } from '../errors.ts'
import { timeoutMillisOf } from '../input/limits.ts'
import { wordFrom } from '../input/words.ts'
import { createProgress } from '../output/progress.ts'
import type { Terminal } from '../output/terminal.ts'
import { ownerKnown } from '../owner/account.ts'
import type { OwnerCall } from '../owner/owner-call.ts'
import type { OwnerOptions } from '../owner/options.ts'
import { showSpoken } from '../owner/show-spoken.ts'
import { checkOwnerOptions, speak } from '../owner/speak.ts'
import { openChain } from '../settings/chain.ts'
import { loadEnvFile } from '../settings/env-file.ts'
import { hashModel } from './hash-files.ts'

export type PublishOptions = OwnerOptions & {
  manifestDigest?: string
  signingRoot?: string
  uri?: string
  ignore?: string[]
}

/** Publishes a version of a model in the owner's name. @throws UsageError, InputError; what the chain refuses */
export async function publish(
  name: string,
  version: string,
  paths: readonly string[],
  options: PublishOptions,
  terminal: Terminal,
): Promise<void> {
  checkOwnerOptions(options)
  await loadEnvFile(options.settings)
  const manifestDigest = await digestOf(paths, options, terminal)
  const place = await openChain(options, timeoutMillisOf(options.timeout))
  const modelRegistry = place.contract('modelRegistry')
  const signingRoot =
    options.signingRoot === undefined ? zeroHash : wordFrom(options.signingRoot, '`--signing-root`')
  const { uri = '' } = options
  const publication = { name, version, manifestDigest, signingRoot, uri }
  const said = 'The model is published.'
  const named = ownerKnown(options)
  if (named && !options.dryRun) {
    const modelId = modelIdOf({ publisher: named, name, version, manifestDigest })
    if (await getModel(place.client, { modelId, modelRegistry })) {
      const ids = { publisher: named, modelId, manifestDigest }
      return showSpoken({ status: 'present' }, said, ids, options, terminal)
    }
  }
  const call: OwnerCall = {
    kind: 'publishModel',
    arguments: () => ({ publication }),
    scope: (publisher) => [
      ['asks for', 'publication of a model, for good'],
      ['chain', String(place.chainId)],
      ['model registry', modelRegistry],
      ['publisher', publisher],
      ['name', name],
      ['version', version],
      ['manifest digest', manifestDigest],
      ['URI', uri || 'none'],
    ],
  }
  const spoken = await speak(call, place, options, terminal)
  const { account: publisher } = spoken
  const modelId = modelIdOf({ publisher, name, version, manifestDigest })
  await showSpoken(spoken, said, { publisher, modelId, manifestDigest }, options, terminal)
}

async function digestOf(
  paths: readonly string[],
  { manifestDigest, ignore }: PublishOptions,
  terminal: Terminal,
): Promise<Hex> {
  if ((manifestDigest === undefined) === (paths.length === 0)) {
    throw new UsageError('Name either the files of the model, or their `--manifest-digest`.')
  }
  if (manifestDigest !== undefined) return wordFrom(manifestDigest, '`--manifest-digest`')
  return manifestDigestOf(await hashModel(paths, ignore, createProgress(terminal)))
}
