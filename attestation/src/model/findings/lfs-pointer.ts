import type { ModelFile } from '../files/find-model-files.ts'
import { type Finding, finding } from './finding.ts'
import { readAt, withModelFile } from './open-model-file.ts'

/** Pointers are shorter, says Git LFS. In bytes. */
const maxPointerBytes = 1024n
/** Of files that are kept there. */
const weights =
  /\.(?:safetensors|gguf|ggml|onnx(?:_data)?|bin|pt|pth|ckpt|h5|msgpack|npz|tflite|pb|model|data|mlmodel)$/
const firstLine = 'version https://git-lfs.github.com/spec/v1\n'

/** Finds files whose content was never fetched: Git LFS leaves a pointer in its place. @throws ModelFilesError */
export async function inspectPointer(file: ModelFile): Promise<Finding[]> {
  const { path, stats } = file
  if (stats.size > maxPointerBytes || stats.size < firstLine.length || !weights.test(path))
    return []
  const start = await withModelFile(file, (handle) => readAt(handle, 0, firstLine.length))
  return Buffer.from(start).toString('latin1') === firstLine
    ? [finding('incomplete', path, 'is a pointer of Git LFS: its content was not fetched')]
    : []
}
