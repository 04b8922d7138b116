import { isWithinExtent } from '../../json-extent.ts'
import type { ModelFile } from '../files/find-model-files.ts'
import { type Finding, finding } from './finding.ts'
import { findingsOfNames } from './named-files.ts'
import { readAt, withModelFile } from './open-model-file.ts'

/** In bytes; an index of a model of 10,000 tensors has about 1 MB. */
const maxIndexBytes = 2 ** 26
/** A part a tensor, and some of metadata. */
const extent = { maxDepth: 16, maxParts: 1_000_000 }

/** Whether a file says which of several files holds which tensor. */
export const isWeightIndex = (path: string) =>
  /\.(?:safetensors|bin)\.index(?:\.[\w-]+)?\.json$/.test(path)

/** What is odd about an index: files that it names. @throws ModelFilesError */
export async function inspectWeightIndex(
  file: ModelFile,
  has: (path: string) => boolean,
): Promise<Finding[]> {
  const { path, stats } = file
  if (stats.size > maxIndexBytes) return [finding('malformed', path, 'is too large for an index')]
  const bytes = await withModelFile(file, (handle) => readAt(handle, 0, Number(stats.size)))
  const names = namesIn(bytes)
  return names
    ? findingsOfNames(path, names, has)
    : [finding('malformed', path, 'is no index: it has no "weight_map" that names files')]
}

function namesIn(bytes: Uint8Array): string[] | undefined {
  if (!isWithinExtent(bytes, extent)) return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const { weight_map: map } = JSON.parse(text) as { weight_map?: unknown }
    if (map === null || typeof map !== 'object' || Array.isArray(map)) return undefined
    const names: unknown[] = Object.values(map)
    return names.every((name) => typeof name === 'string') ? names : undefined
  } catch {
    return undefined
  }
}
