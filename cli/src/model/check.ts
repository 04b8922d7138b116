import { compareFiles, type FileDifferences, isSameModel } from '@assay/attestation/model'
import type { ManifestFile } from '@assay/sdk/formats'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { plainJson } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'
import { countsOf, writeDifferences } from './differences-text.ts'
import { type ExpectedModel, expectedModel, type ExpectedOptions } from './expected-model.ts'
import { noteFindings } from './findings-text.ts'
import { hashFiles, type HashingOptions, type InspectedModel } from './hash-files.ts'

export type CheckOptions = ExpectedOptions & HashingOptions

/**
 * Says whether files are a model, and which of them are not.
 *
 * @throws ModelFilesError, InputError, InvalidManifestError, UsageError; what the chain refuses
 */
export async function check(
  model: string,
  paths: readonly string[],
  options: CheckOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const expected = await expectedModel(model, options)
  if (!expected) {
    const reason = 'No such model is published.'
    if (options.json) await terminal.write(`${plainJson({ status: 'unknown', reason })}\n`)
    else await terminal.write(`${terminal.colors.yellow('unknown')} ${reason}\n`)
    return exitCodes.unknown
  }
  const actual = await hashFiles(paths, options, terminal)
  const isSame = actual.manifestDigest === expected.manifestDigest
  const differences =
    expected.manifest && compareFiles(expected.manifest.files, actual.manifest.files)
  if (options.json) await terminal.write(`${plainJson(reportOf(expected, actual, differences))}\n`)
  else await tell(expected, actual, differences, terminal)
  return isSame ? exitCodes.verified : exitCodes.refuted
}

function reportOf(
  { manifestDigest, modelId, published }: ExpectedModel,
  actual: InspectedModel,
  differences: FileDifferences<ManifestFile> | undefined,
) {
  return {
    status: actual.manifestDigest === manifestDigest ? 'verified' : 'refuted',
    modelId,
    publisher: published?.publisher,
    retiredAt: published?.retiredAt,
    expected: manifestDigest,
    actual: actual.manifestDigest,
    signingRoot: { published: published?.signingRoot, actual: actual.signingRoot },
    files: actual.manifest.files.length,
    ...differences,
    findings: actual.findings,
  }
}

async function tell(
  { manifestDigest, published }: ExpectedModel,
  actual: InspectedModel,
  differences: FileDifferences<ManifestFile> | undefined,
  terminal: Terminal,
): Promise<void> {
  const { green, red } = terminal.colors
  if (actual.manifestDigest === manifestDigest) {
    const { length } = actual.manifest.files
    await terminal.write(`${green('verified')} These ${length} files are the model.\n`)
  } else if (differences && !isSameModel(differences)) {
    await writeDifferences(differences, terminal)
    await terminal.write(
      `${red('refuted')} These are not the model's files: ${countsOf(differences)}.\n`,
    )
  } else {
    await terminal.write(`${red('refuted')} These are not the model's files.\n`)
    await terminal.note(`  Expected: ${manifestDigest}`)
    await terminal.note(`  Found:    ${actual.manifestDigest}`)
    await terminal.note('  With its --manifest, those that are not could be named.')
  }
  if (published?.retiredAt !== undefined) {
    await terminal.note(
      `The model is retired since ${new Date(published.retiredAt * 1000).toISOString()}.`,
    )
  }
  await noteFindings(actual.findings, terminal)
}
