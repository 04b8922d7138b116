import { concatBytes } from './bytes.ts'
import type { Refuse } from './shape.ts'

/** A text, whole or in pieces, all of them strings or all bytes: a string, the chunks of a file, the body of a response. */
export type TextSource =
  | string
  | Iterable<string>
  | Iterable<Uint8Array>
  | AsyncIterable<string>
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>

/** How much of a string is taken at once. */
const pieceLength = 2 ** 16
const newline = 0x0a

/**
 * The lines of a text, some at a time, in memory for no more than a line and a piece of the source.
 *
 * @param maxLength - Of a line, in UTF-16 code units.
 * @throws what `refuse` makes: for bytes that are no UTF-8, and for a line that is longer.
 */
export async function* linesOf(
  source: TextSource,
  maxLength: number,
  refuse: Refuse,
): AsyncGenerator<string[]> {
  let begun: string[] = []
  let length = 0
  for await (const text of textOf(source, maxLength, refuse)) {
    begun.push(text)
    length += text.length
    if (text.includes('\n')) {
      const lines = begun.join('').split('\n')
      const rest = lines.pop() ?? ''
      yield lines
      begun = [rest]
      length = rest.length
    }
    if (length > maxLength) throw refuse('', `has a line of more than ${maxLength} characters`)
  }
  if (length > 0) yield [begun.join('')]
}

async function* textOf(
  source: TextSource,
  maxLength: number,
  refuse: Refuse,
): AsyncGenerator<string> {
  if (typeof source === 'string') {
    for (let i = 0; i < source.length; i += pieceLength) yield source.slice(i, i + pieceLength)
    return
  }
  // A mark at the beginning is no part of JSON (RFC 8259, section 8.1), so it is kept, and refused.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const decode = (bytes: readonly Uint8Array[]) => {
    try {
      return decoder.decode(bytes.length === 1 ? bytes[0] : concatBytes(...bytes))
    } catch (cause) {
      throw refuse('', 'is not UTF-8', { cause })
    }
  }
  // Whole lines are decoded: no character spans two of them, and a decoder that has nothing to remember is four times as fast.
  let begun: Uint8Array[] = []
  let length = 0
  for await (const piece of source as AsyncIterable<string | Uint8Array>) {
    if (typeof piece === 'string') {
      yield piece
      continue
    }
    const end = piece.lastIndexOf(newline) + 1
    if (end > 0) {
      yield decode([...begun, piece.subarray(0, end)])
      begun = []
      length = 0
    }
    begun.push(piece.slice(end))
    length += piece.length - end
    // A UTF-16 code unit takes up to three bytes.
    if (length > 3 * maxLength) {
      throw refuse('', `has a line of more than ${maxLength} characters`)
    }
  }
  yield decode(begun)
}
