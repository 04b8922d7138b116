import {
  type CheckedSignature,
  checkModelSignature,
  compareFiles,
  type FileDifferences,
  gitPaths,
  isSameModel,
  maxBundleLength,
  ModelSignatureError,
  signedFiles,
  type SignatureTrust,
} from '@assay/attestation/model'
import { relative, sep } from 'node:path'
import { UsageError } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { maxDocumentBytes, timeoutMillisOf } from '../input/limits.ts'
import { readFileText } from '../input/read-text.ts'
import { plainJson, plainShort } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'
import { countsOf, writeDifferences } from './differences-text.ts'
import { noteFindings } from './findings-text.ts'
import { hashFiles, type HashingOptions } from './hash-files.ts'

export type VerifySignatureOptions = HashingOptions & {
  bundle: string
  key?: string
  certificates?: string
  trustedRoot?: string
  identity?: string
  issuer?: string
  timeout?: string
}

/**
 * Says whether files are the model that somebody has signed with the OpenSSF's `model_signing`.
 *
 * @throws ModelFilesError, InvalidSignatureInputError, InputError, UsageError
 */
export async function verifySignature(
  path: string,
  options: VerifySignatureOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const millis = timeoutMillisOf(options.timeout)
  const trust = await trustOf(options, (file) => readFileText(file, maxDocumentBytes, millis))
  const bundle = await readFileText(options.bundle, maxBundleLength, millis)
  let checked: CheckedSignature
  try {
    checked = checkModelSignature(bundle, trust)
  } catch (error) {
    if (!(error instanceof ModelSignatureError)) throw error
    return refuse(error, options, terminal)
  }
  return compare(path, checked, options, terminal)
}

async function compare(
  path: string,
  { model, signer }: CheckedSignature,
  options: VerifySignatureOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { ignore = [], unsigned = [], ignoreGitPaths = true } = options
  const git = ignoreGitPaths ? gitPaths : []
  const left = [...model.ignored, ...unsigned, ...git, ...pathBelow(path, options.bundle)]
  // Links are followed where the signer did; those who say so themselves follow them anyhow.
  const allowSymlinks = options.allowSymlinks ?? model.allowLinks
  const hashing = { ...options, allowSymlinks, ignore: [...ignore, ...left] }
  const { manifest, findings } = await hashFiles([path], hashing, terminal)
  const signed = signedFiles(manifest.files, { ignore: left, withGitPaths: !ignoreGitPaths })
  const differences: FileDifferences = compareFiles(model.files, signed)
  const isSame = isSameModel(differences)
  if (options.json) {
    const status = isSame ? 'verified' : 'refuted'
    const { signingRoot, name, ignored } = model
    const said = { status, signer, signingRoot: `0x${signingRoot}`, name, ignored }
    const files = model.files.length
    await terminal.write(`${plainJson({ ...said, files, ...differences, findings })}\n`)
    return isSame ? exitCodes.verified : exitCodes.refuted
  }
  const { green, red } = terminal.colors
  const who = signer === undefined ? 'this key' : plainShort(signer)
  if (isSame) {
    await terminal.write(
      `${green('verified')} These ${model.files.length} files are signed by ${who}.\n`,
    )
    if (!options.quiet) await terminal.note(`OpenSSF signing root: 0x${model.signingRoot}`)
  } else {
    await writeDifferences(differences, terminal)
    await terminal.write(`${red('refuted')} ${who} signed other files: ${countsOf(differences)}.\n`)
  }
  await noteFindings(findings, terminal)
  return isSame ? exitCodes.verified : exitCodes.refuted
}

async function refuse(
  { code, shortMessage, metaMessages }: ModelSignatureError,
  { json }: VerifySignatureOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  // How it was made is nothing that we know; it may hold.
  const status = code === 'unsupported' ? 'unknown' : 'refuted'
  if (json) {
    const said = { status, code, message: shortMessage, details: metaMessages }
    await terminal.write(`${plainJson(said)}\n`)
  } else {
    const { red, yellow } = terminal.colors
    const word = status === 'unknown' ? yellow(status) : red(status)
    await terminal.write(`${word} ${plainShort(shortMessage)} (${code})\n`)
    for (const line of metaMessages) await terminal.note(`  ${plainShort(line)}`)
  }
  return status === 'unknown' ? exitCodes.unknown : exitCodes.refuted
}

async function trustOf(
  { key, certificates, trustedRoot, identity, issuer }: VerifySignatureOptions,
  read: (file: string) => Promise<string>,
): Promise<SignatureTrust> {
  if ([key, certificates, trustedRoot].filter((it) => it !== undefined).length !== 1) {
    throw new UsageError(
      'Name what to check the signature by: --key, --certificates, or --trusted-root.',
    )
  }
  if ((trustedRoot === undefined) !== (identity === undefined && issuer === undefined)) {
    throw new UsageError(
      '`--identity` and `--issuer` go with `--trusted-root`, and both are needed.',
    )
  }
  if (key !== undefined) return { by: 'key', publicKey: await read(key) }
  if (certificates !== undefined)
    return { by: 'certificates', certificates: await read(certificates) }
  if (trustedRoot === undefined || !identity || !issuer) {
    throw new UsageError('Name who has to have signed: both `--identity` and `--issuer`.')
  }
  return { by: 'sigstore', trustedRoot: await read(trustedRoot), identity, issuer }
}

/** The signature itself, if it lies in the model. */
function pathBelow(directory: string, file: string): string[] {
  const path = relative(directory, file).split(sep).join('/')
  return path === '' || path.startsWith('../') || path === '..' ? [] : [path]
}
