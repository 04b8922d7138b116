import { createHash } from 'node:crypto'
import type { ManifestFile } from '@assay/sdk/formats'
import { type Hex, hexToBytes, toHex } from 'viem'

/** What `model_signing` leaves out by default, at the top of a model. */
export const gitPaths: readonly string[] = ['.git', '.gitattributes', '.github', '.gitignore']

/** The signature that `model_signing` writes, where no other name is given to it. */
export const signatureName = 'model.sig'

export type SignedPathsOptions = {
  /** Paths that are left out, of files or directories. Default: `model.sig`. */
  ignore?: readonly string[]
  /** Counts `.git`, `.gitattributes`, `.github` and `.gitignore` at the top, too. */
  withGitPaths?: boolean
}

/**
 * The files that a signature of the OpenSSF's `model_signing` covers, in its order.
 *
 * @see https://github.com/sigstore/model-transparency
 */
export function signedFiles<File extends { path: string }>(
  files: readonly File[],
  { ignore = [signatureName], withGitPaths = false }: SignedPathsOptions = {},
): File[] {
  const ignored = [...ignore, ...(withGitPaths ? [] : gitPaths)]
  return files
    .filter(({ path }) => !ignored.some((it) => path === it || path.startsWith(`${it}/`)))
    .map((file) => ({ file, key: orderOf(file.path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ file }) => file)
}

/**
 * Root digest of the OpenSSF's model signing, v1: SHA-256 over the digests of the files in the order of their paths. It binds no
 * name: two models whose files have the same contents in the same order share it.
 *
 * @returns Undefined where no file is left to sign.
 */
export function signingRootOf(
  files: readonly ManifestFile[],
  options?: SignedPathsOptions,
): Hex | undefined {
  const signed = signedFiles(files, options)
  if (signed.length === 0) return undefined
  const hash = createHash('sha256')
  for (const { sha256 } of signed) hash.update(hexToBytes(`0x${sha256}`))
  return toHex(hash.digest())
}

/**
 * Python compares paths part by part, and texts by code points, as UTF-8 does: with the least byte between the parts it is the order
 * of the bytes. No path has that byte in it.
 */
const orderOf = (path: string) => Buffer.from(path.replaceAll('/', '\0'))
