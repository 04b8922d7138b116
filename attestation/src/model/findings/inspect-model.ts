import type { ModelFile } from '../files/find-model-files.ts'
import { type Finding, finding } from './finding.ts'
import { inspectPointer } from './lfs-pointer.ts'
import { inspectNames } from './name-collisions.ts'
import { inspectOnnx } from './onnx.ts'
import { inspectSafetensors } from './safetensors.ts'
import { inspectSplitFiles } from './split-files.ts'
import { inspectWeightIndex, isWeightIndex } from './weight-index.ts'

/**
 * Says what is odd about the files of a model, which its digest does not say: parts that are missing, weights that were never
 * fetched or only in part, files outside of the model that it would load. Nothing of it changes a digest.
 *
 * @throws ModelFilesError for a file that changed since it was found, or can't be read.
 */
export async function inspectModel(
  files: readonly ModelFile[],
  linkedDirectories: readonly string[] = [],
): Promise<Finding[]> {
  const paths = new Set(files.map(({ path }) => path))
  const has = (path: string) => paths.has(path)
  const findings: Finding[] = linkedDirectories.map((path) =>
    finding('linked-directory', path, 'is a link to a directory, and was left out'),
  )
  for (const file of files) {
    const pointer = await inspectPointer(file)
    findings.push(...(pointer.length > 0 ? pointer : await inspectFormat(file, has)))
  }
  // What an index has named already is not said again.
  const named = new Set(findings.flatMap(({ kind, names }) => (kind === 'incomplete' ? names : [])))
  findings.push(
    ...inspectSplitFiles([...paths]).filter(({ names }) => !names.every((it) => named.has(it))),
    ...inspectNames([...paths]),
  )
  return findings
}

async function inspectFormat(file: ModelFile, has: (path: string) => boolean): Promise<Finding[]> {
  if (isWeightIndex(file.path)) return inspectWeightIndex(file, has)
  if (file.path.endsWith('.safetensors')) return inspectSafetensors(file)
  if (file.path.endsWith('.onnx')) return inspectOnnx(file, has)
  return []
}
