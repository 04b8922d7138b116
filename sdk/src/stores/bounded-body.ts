/** Some bytes of a body. */
export type BoundedBody = {
  /** At most as many as asked for. */
  bytes: Uint8Array
  /** Whether there were more, which were not read. */
  tooLarge: boolean
}

/**
 * Reads a body up to a number of bytes, and lets go of the rest. However small the pieces are, it takes at most twice the room of what
 * came.
 */
export async function readBounded(
  body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | null,
  maxBytes: number,
): Promise<BoundedBody> {
  let bytes = new Uint8Array(Math.min(maxBytes, 2 ** 16))
  let length = 0
  for await (const piece of piecesOf(body)) {
    if (length + piece.length > maxBytes)
      return { bytes: bytes.subarray(0, length), tooLarge: true }
    if (length + piece.length > bytes.length) {
      const larger = new Uint8Array(
        Math.min(maxBytes, Math.max(2 * bytes.length, length + piece.length)),
      )
      larger.set(bytes)
      bytes = larger
    }
    bytes.set(piece, length)
    length += piece.length
  }
  return { bytes: bytes.subarray(0, length), tooLarge: false }
}

/** Not every browser iterates over a stream. Its end is its reader's too: what is left of the stream is cancelled. */
async function* piecesOf(
  body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | null,
): AsyncGenerator<Uint8Array> {
  if (!body) return
  if (!('getReader' in body)) {
    yield* body
    return
  }
  const reader = body.getReader()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      ended = done
      if (done) return
      yield value
    }
  } finally {
    // Not waited for: the other side may never take note.
    if (!ended) reader.cancel().catch(() => undefined)
  }
}
