import onnxProto from 'onnx-proto'
import type { Matrix } from './matrix.ts'

const { onnx } = onnxProto
const { AttributeType } = onnx.AttributeProto
const { DataType } = onnx.TensorProto

/** Element types that the example's graphs use. */
export type ElementType = 'float32' | 'int64'

type Attribute = number | readonly number[]

/** Collects nodes, weights and interfaces, and encodes them as one self-contained ONNX file. */
export class OnnxGraph {
  readonly #name: string
  readonly #nodes: InstanceType<typeof onnx.NodeProto>[] = []
  readonly #weights: InstanceType<typeof onnx.TensorProto>[] = []
  readonly #inputs: InstanceType<typeof onnx.ValueInfoProto>[] = []
  readonly #outputs: InstanceType<typeof onnx.ValueInfoProto>[] = []

  constructor(name: string) {
    this.#name = name
  }

  /** Adds a graph input. A string in the shape names a free dimension. */
  input(name: string, type: ElementType, shape: readonly (number | string)[]): string {
    this.#inputs.push(valueInfo(name, type, shape))
    return name
  }

  /** Declares the value `name`, made by some node, as a graph output. */
  output(name: string, type: ElementType, shape: readonly (number | string)[]): void {
    this.#outputs.push(valueInfo(name, type, shape))
  }

  /** Stores trained numbers, rounded to float32. */
  weight(name: string, values: Matrix | readonly number[], dims: readonly number[]): string {
    const data = Buffer.alloc(values.length * 4)
    values.forEach((value, index) => data.writeFloatLE(value, index * 4))
    this.#weights.push(
      onnx.TensorProto.create({ name, dims: [...dims], dataType: DataType.FLOAT, rawData: data }),
    )
    return name
  }

  /** Stores a constant list of integers, such as the columns that a Gather picks. */
  integers(name: string, values: readonly number[]): string {
    const data = Buffer.alloc(values.length * 8)
    values.forEach((value, index) => data.writeBigInt64LE(BigInt(value), index * 8))
    this.#weights.push(
      onnx.TensorProto.create({
        name,
        dims: [values.length],
        dataType: DataType.INT64,
        rawData: data,
      }),
    )
    return name
  }

  /** Adds a node and returns the names of its outputs, which also name the node. */
  node(
    opType: string,
    input: readonly string[],
    output: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    this.#nodes.push(
      onnx.NodeProto.create({
        name: `make_${output[0]}`,
        opType,
        input: [...input],
        output: [...output],
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      }),
    )
  }

  /** The bytes of the `.onnx` file; equal graphs give equal bytes. */
  encode(): Uint8Array {
    const model = onnx.ModelProto.create({
      irVersion: 8,
      producerName: 'assay-quickstart',
      opsetImport: [onnx.OperatorSetIdProto.create({ domain: '', version: 15 })],
      graph: onnx.GraphProto.create({
        name: this.#name,
        node: this.#nodes,
        initializer: this.#weights,
        input: this.#inputs,
        output: this.#outputs,
      }),
    })
    return onnx.ModelProto.encode(model).finish()
  }
}

function attribute(name: string, value: Attribute) {
  return typeof value === 'number'
    ? onnx.AttributeProto.create({ name, type: AttributeType.INT, i: value })
    : onnx.AttributeProto.create({ name, type: AttributeType.INTS, ints: [...value] })
}

function valueInfo(name: string, type: ElementType, shape: readonly (number | string)[]) {
  const dim = shape.map((size) =>
    typeof size === 'number' ? { dimValue: size } : { dimParam: size },
  )
  const elemType = type === 'float32' ? DataType.FLOAT : DataType.INT64
  return onnx.ValueInfoProto.create({
    name,
    type: { tensorType: { elemType, shape: { dim } } },
  })
}
