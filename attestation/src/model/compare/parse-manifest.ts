import { createManifest, type Manifest, type ManifestFile } from '@assay/sdk/formats'
import { isWithinExtent } from '../../json-extent.ts'
import { InvalidManifestError } from '../errors.ts'

/** Four parts a file, of a million files at most. */
const extent = { maxDepth: 3, maxParts: 4_000_010 }

/**
 * Reads a manifest that somebody gave. Nothing of it is opened: its paths are only compared with those that are found.
 *
 * @throws InvalidManifestError if it has not the form of `assay/manifest/v1`, names a path twice, or one that leads out.
 */
export function parseManifest(text: string): Manifest {
  const value = parseJson(text)
  if (
    !isRecord(value) ||
    value.schema !== 'assay/manifest/v1' ||
    !hasOnly(value, ['schema', 'files'])
  ) {
    throw new InvalidManifestError('has not the form of assay/manifest/v1')
  }
  const { files } = value
  if (!Array.isArray(files)) throw new InvalidManifestError('lists no files')
  const read = files.map((file: unknown, i): ManifestFile => {
    const { path, size, sha256 } = isRecord(file) ? file : {}
    if (typeof path !== 'string' || typeof size !== 'string' || typeof sha256 !== 'string') {
      throw new InvalidManifestError(`lacks path, size or sha256 at files[${i}]`)
    }
    if (!hasOnly(file as object, ['path', 'size', 'sha256'])) {
      throw new InvalidManifestError(`has a member that is not known at files[${i}]`)
    }
    return { path, size, sha256 }
  })
  try {
    return createManifest(read)
  } catch (cause) {
    throw new InvalidManifestError('has a file that no manifest can have', { cause })
  }
}

function parseJson(text: string): unknown {
  if (!isWithinExtent(text, extent)) throw new InvalidManifestError('has too many parts')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InvalidManifestError('is no JSON', { cause })
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const hasOnly = (value: object, names: readonly string[]) =>
  Object.keys(value).every((name) => names.includes(name))
