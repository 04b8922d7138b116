import { isWithinExtent } from '../../json-extent.ts'
import type { ModelFile } from '../files/find-model-files.ts'
import { type Finding, finding } from './finding.ts'
import { readAt, withModelFile } from './open-model-file.ts'

/** Of the header, in bytes: what the format allows. */
const maxHeaderBytes = 100_000_000n
/** Some 200,000 tensors; a shape is the deepest. */
const extent = { maxDepth: 3, maxParts: 2_000_000 }

/**
 * Compares the size of a safetensors file with what its header says: a download that was cut off shows here.
 *
 * @throws ModelFilesError
 */
export async function inspectSafetensors(file: ModelFile): Promise<Finding[]> {
  const { path, stats } = file
  const malformed = [finding('malformed', path, 'has no header of safetensors')]
  if (stats.size < 8n) return malformed
  const header = await withModelFile(file, async (handle) => {
    const length = new DataView((await readAt(handle, 0, 8)).buffer).getBigUint64(0, true)
    if (length > maxHeaderBytes) return undefined
    if (length > stats.size - 8n) return { length, bytes: undefined }
    return { length, bytes: await readAt(handle, 8, Number(length)) }
  })
  if (header && !header.bytes) {
    return [finding('incomplete', path, 'is cut off within its header')]
  }
  const end = header?.bytes && endOfTensors(header.bytes)
  if (!header || end === undefined) return malformed
  const expected = 8n + header.length + BigInt(end)
  if (expected === stats.size) return []
  const problem =
    stats.size < expected
      ? `is cut off: it has ${stats.size} bytes of ${expected}`
      : `has ${stats.size - expected} bytes more than its header says`
  return [finding(stats.size < expected ? 'incomplete' : 'malformed', path, problem)]
}

/** In bytes from the end of the header on. */
function endOfTensors(header: Uint8Array): number | undefined {
  if (!isWithinExtent(header, extent)) return undefined
  try {
    const tensors = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header)) as Record<
      string,
      { data_offsets?: unknown } | null
    >
    let last = 0
    for (const [name, tensor] of Object.entries(tensors)) {
      if (name === '__metadata__') continue
      const offsets = tensor?.data_offsets
      const end: unknown = Array.isArray(offsets) ? offsets[1] : undefined
      if (!Number.isSafeInteger(end)) return undefined
      last = Math.max(last, end as number)
    }
    return last
  } catch {
    return undefined
  }
}
