import type { ModelFile } from '../files/find-model-files.ts'
import { type Finding, finding } from './finding.ts'
import { findingsOfNames } from './named-files.ts'
import { withModelFile } from './open-model-file.ts'
import { ProtoFormatError, ProtoReader } from './proto-reader.ts'

/** Fields that are read of a model at most; large ones have some hundred thousand. */
const maxFields = 5_000_000
/** Graphs within graphs. */
const maxDepth = 32
/** Of a path that a tensor names, in bytes. */
const maxLocationBytes = 4096

/**
 * Which fields of a message lead on to tensors, and to which message (onnx.proto, IR version 3 and up).
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
const ways: Record<string, Record<number, string>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
}

/** What is odd about an ONNX model: files in which its tensors are said to be. @throws ModelFilesError */
export async function inspectOnnx(
  file: ModelFile,
  has: (path: string) => boolean,
): Promise<Finding[]> {
  const { path, stats } = file
  const locations = new Set<string>()
  try {
    await withModelFile(file, (handle) =>
      walk(new ProtoReader(handle, maxFields), 'model', [0, Number(stats.size)], locations, 0),
    )
  } catch (error) {
    if (!(error instanceof ProtoFormatError)) throw error
    return [
      ...findingsOfNames(path, locations, has),
      finding('malformed', path, `is no ONNX model: ${error.shortMessage}`),
    ]
  }
  return findingsOfNames(path, locations, has)
}

type Span = readonly [start: number, end: number]

/** What is known of a tensor, whose members may stand in several pieces. */
type Tensor = { isExternal: boolean; locations: string[] }

/**
 * Messages whose tensors are members that a message has once. Given twice, protobuf makes one of them: one piece may say that the data is
 * elsewhere, and another one where.
 */
const once: Record<string, readonly number[]> = { attribute: [5, 22], sparse: [1, 2] }

async function walk(
  reader: ProtoReader,
  message: string,
  [start, end]: Span,
  locations: Set<string>,
  depth: number,
  whole: Tensor = emptyTensor(),
): Promise<void> {
  if (depth > maxDepth) throw new ProtoFormatError('graphs too deep within each other')
  for await (const field of reader.fields(start, end)) {
    const next = ways[message]?.[field.number]
    if (next === undefined || 'value' in field) continue
    const span: Span = [field.start, field.end]
    const shared = once[message]?.includes(field.number) ? whole : emptyTensor()
    if (next !== 'tensor') await walk(reader, next, span, locations, depth + 1, shared)
    else {
      await walkTensor(reader, span, shared)
      if (shared.isExternal) for (const location of shared.locations) locations.add(location)
    }
  }
}

const emptyTensor = (): Tensor => ({ isExternal: false, locations: [] })

/** Members of `TensorProto`, and the value of the second that says that the first counts. */
const [externalData, dataLocation, external] = [13, 14, 1n]

async function walkTensor(reader: ProtoReader, [start, end]: Span, tensor: Tensor): Promise<void> {
  for await (const field of reader.fields(start, end)) {
    if ('value' in field) {
      // An enum has 32 bits: what is above them is cut off.
      const isSaid = field.number === dataLocation && BigInt.asIntN(32, field.value) === external
      tensor.isExternal ||= isSaid
    } else if (field.number === externalData) {
      const location = await locationIn(reader, [field.start, field.end])
      // Of several, one program takes the first, another one the last.
      if (location !== undefined) tensor.locations.push(location)
    }
  }
}

async function locationIn(reader: ProtoReader, [start, end]: Span): Promise<string | undefined> {
  let key: string | undefined
  let value: string | undefined
  for await (const field of reader.fields(start, end)) {
    if ('value' in field) continue
    if (field.end - field.start > maxLocationBytes) throw new ProtoFormatError('path too long')
    if (field.number === 1) key = await reader.text(field.start, field.end)
    if (field.number === 2) value = await reader.text(field.start, field.end)
  }
  return key === 'location' ? value : undefined
}
