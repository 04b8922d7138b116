import canonicalize from 'canonicalize'
import { type Hex, toHex } from 'viem'
import { sha256 } from '../crypto/sha256.ts'
import { InvalidInputError } from '../errors/input.ts'
import { utf8 } from './bytes.ts'

/** A file of a model. */
export type ManifestFile = {
  /** Relative, with `/` between the parts, without `.` or `..`. */
  path: string
  /** In bytes, as decimal digits. */
  size: string
  /** Lower-case hex without `0x`, as sha256sum prints it. */
  sha256: string
}

/** The files that a model consists of. */
export type Manifest = { schema: 'assay/manifest/v1'; files: ManifestFile[] }

/**
 * Makes a manifest: the files sorted by path (UTF-16 code units, as RFC 8785 sorts names).
 *
 * @throws InvalidInputError if there is no file, a path is named twice or has another form than `ManifestFile` says.
 */
export function createManifest(files: readonly ManifestFile[]): Manifest {
  if (files.length === 0) throw new InvalidInputError('manifest', 'files', 'must name a file')
  const sorted = files.map(({ path, size, sha256 }) => ({ path, size, sha256 }))
  sorted.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  for (const [i, file] of sorted.entries()) {
    const parts = file.path.split('/')
    if (parts.some((part) => part === '' || part === '.' || part === '..')) {
      throw new InvalidInputError('manifest', `files[${i}].path`, 'must be relative and plain')
    }
    // It has no UTF-8, and so no canonical JSON (RFC 8785, section 3.2.2.2).
    if (/\p{Surrogate}/u.test(file.path)) {
      throw new InvalidInputError('manifest', `files[${i}].path`, 'has half a character')
    }
    if (sorted[i + 1]?.path === file.path) {
      throw new InvalidInputError('manifest', `files[${i}].path`, `names ${file.path} twice`)
    }
    if (!/^(0|[1-9][0-9]*)$/.test(file.size)) {
      throw new InvalidInputError('manifest', `files[${i}].size`, 'must be decimal digits')
    }
    if (!/^[0-9a-f]{64}$/.test(file.sha256)) {
      throw new InvalidInputError(
        'manifest',
        `files[${i}].sha256`,
        'must be 64 lower-case hex digits',
      )
    }
  }
  return { schema: 'assay/manifest/v1', files: sorted }
}

/** Bytes of a manifest: its canonical JSON (RFC 8785) in UTF-8. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return utf8(canonicalize(manifest) as string)
}

/** Manifest digest: SHA-256 of its canonical JSON. */
export function manifestDigestOf(manifest: Manifest): Hex {
  return toHex(sha256(encodeManifest(manifest)))
}
