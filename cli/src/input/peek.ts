import type { Chunks } from './chunks.ts'

/**
 * The first bytes of something, at most so many, and all of it, to be read afterwards. What is not read is given up by `return`
 * of the latter.
 */
export async function peek(
  chunks: Chunks,
  count: number,
): Promise<{ head: Uint8Array; all: AsyncGenerator<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]()
  const taken: Uint8Array[] = []
  let length = 0
  while (length < count) {
    const next = await iterator.next()
    if (next.done) break
    taken.push(next.value)
    length += next.value.length
  }
  async function* all() {
    try {
      yield* taken
      yield* { [Symbol.asyncIterator]: () => iterator }
    } finally {
      await iterator.return?.()
    }
  }
  return { head: Buffer.concat(taken).subarray(0, count), all: all() }
}
