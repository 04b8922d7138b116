import { getModel, modelIdOf } from '@assay/sdk'
import { type Hex, zeroHash } from 'viem'
import { UsageError } from '../errors.ts'
import { timeoutMillisOf } from '../input/limits.ts'
import { wordFrom } from '../input/words.ts'
import type { Terminal } from '../output/terminal.ts'
import { ownerKnown } from '../owner/account.ts'
import type { OwnerCall } from '../owner/owner-call.ts'
import type { OwnerOptions } from '../owner/options.ts'
import { showSpoken } from '../owner/show-spoken.ts'
import { checkOwnerOptions, speak } from '../owner/speak.ts'
import { openChain } from '../settings/chain.ts'
import { loadEnvFile } from '../settings/env-file.ts'
import { noteFindings } from './findings-text.ts'
import { hashFiles, type HashingOptions, refuseEscapes } from './hash-files.ts'

export type PublishOptions = OwnerOptions &
  HashingOptions & {
    manifestDigest?: string
    signingRoot?: string
    uri?: string
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
  const { manifestDigest, signingRoot } = await digestsOf(paths, options, terminal)
  const place = await openChain(options, timeoutMillisOf(options.timeout))
  const modelRegistry = place.contract('modelRegistry')
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
      ['signing root', signingRoot === zeroHash ? 'none' : signingRoot],
      ['URI', uri || 'none'],
    ],
  }
  const spoken = await speak(call, place, options, terminal)
  const { account: publisher } = spoken
  const modelId = modelIdOf({ publisher, name, version, manifestDigest })
  await showSpoken(spoken, said, { publisher, modelId, manifestDigest }, options, terminal)
}

type Digests = { manifestDigest: Hex; signingRoot: Hex }

async function digestsOf(
  paths: readonly string[],
  options: PublishOptions,
  terminal: Terminal,
): Promise<Digests> {
  const { manifestDigest, signingRoot } = options
  if ((manifestDigest === undefined) === (paths.length === 0)) {
    throw new UsageError('Name either the files of the model, or their `--manifest-digest`.')
  }
  const root = signingRoot === undefined ? undefined : wordFrom(signingRoot, '`--signing-root`')
  if (manifestDigest !== undefined) {
    const digest = wordFrom(manifestDigest, '`--manifest-digest`')
    return { manifestDigest: digest, signingRoot: root ?? zeroHash }
  }
  const model = await hashFiles(paths, options, terminal)
  refuseEscapes(model)
  if (!options.json) await noteFindings(model.findings, terminal)
  const { signingRoot: found = zeroHash } = model
  if (root !== undefined && root !== found) {
    throw new UsageError('`--signing-root` is not what these files give.', {
      metaMessages: [
        `Given: ${root}`,
        `Found: ${found}`,
        'Name by --unsigned what the signature leaves out; what is published stays for good.',
      ],
    })
  }
  return { manifestDigest: model.manifestDigest, signingRoot: found }
}
