/** A field of a protobuf message that holds bytes. */
export function field(number: number, content: Uint8Array | string): Uint8Array {
  const bytes = Buffer.from(content)
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
}

/** A `TensorProto` that says in which file its data is. */
export function tensor(location: string, { isExternal = true } = {}): Uint8Array {
  const entry = Buffer.concat([field(1, 'location'), field(2, location)])
  const offset = Buffer.concat([field(1, 'offset'), field(2, '0')])
  return Buffer.concat([
    // Name, and raw data that is passed over.
    field(8, 'weight'),
    field(9, Buffer.alloc(200_000, 0xff)),
    field(13, entry),
    field(13, offset),
    varint(14 << 3),
    varint(isExternal ? 1 : 0),
  ])
}

/** A `ModelProto` whose graph has these initializers. */
export const onnxModel = (tensors: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([
    varint(1 << 3),
    varint(8),
    field(7, Buffer.concat(tensors.map((it) => field(5, it)))),
  ])

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let left = value
  for (; left > 0x7f; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80)
  return Buffer.from([...bytes, left])
}
