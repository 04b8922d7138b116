import { isZero } from '../judging/bytes.ts'
import { MalformedError } from '../judging/errors.ts'
import { readerOf } from '../judging/reader.ts'

/** Of the header, and of the body of version 4. */
const [headerBytes, bodyBytes] = [48, 584]

/**
 * A quote without the zeros behind its declared end: drivers that have a buffer of a fixed size give it with them. Whatever else follows a
 * quote stays, and is refused with it.
 */
export function cutPadding(quote: Uint8Array): Uint8Array {
  const end = endOf(quote)
  return end !== undefined && isZero(quote.subarray(end)) ? quote.subarray(0, end) : quote
}

/** Where a quote ends by its own word; nothing if it has no such word. */
function endOf(quote: Uint8Array): number | undefined {
  const reader = readerOf(quote)
  try {
    const version = reader.uint16()
    if (version !== 4 && version !== 5) return undefined
    reader.take(headerBytes - 2)
    // Version 5 names the type of its body before the size.
    if (version === 5) reader.uint16()
    reader.take(version === 5 ? reader.uint32() : bodyBytes)
    reader.take(reader.uint32())
    return reader.offset()
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}
