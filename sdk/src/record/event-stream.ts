/** Reads a server-sent event stream, block by block. */
export type EventStreamReader = {
  push(bytes: Uint8Array): void
  /** To be called once, after the last byte. */
  end(): void
}

/** An event longer than this is skipped, so that a stream without line ends takes no memory. In UTF-16 code units. */
const maxEventLength = 8 * 2 ** 20

/** Short texts are gone with the next quick collection of garbage; long ones would pile up. In bytes. */
const sliceSize = 8 * 2 ** 10

/**
 * A reader by the rules of the HTML standard, section 9.2.6, for what an event carries: its type, its id and the time to wait
 * before a retry are left out.
 *
 * @param onData - Given the data of each event.
 */
export function createEventStreamReader(onData: (data: string) => void): EventStreamReader {
  const decode = createDecoder()
  /** The beginning of a line whose end has not come yet, in pieces: searched once only. */
  let line: string[] = []
  let lineLength = 0
  let data: string | undefined
  let skips = false
  let endsInReturn = false

  function read(text: string): void {
    let from = 0
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      const rest = text.slice(from, to)
      if (line.length === 0) takeLine(rest)
      else {
        takeLine(line.join('') + rest)
        line = []
        lineLength = 0
      }
      from = to + 1
    }
    if (from < text.length) hold(text.slice(from))
  }

  function hold(part: string): void {
    lineLength += part.length
    if (lineLength > maxEventLength) skips = true
    // A comment stands in for the line that is too long.
    if (skips) line = [':']
    else line.push(part)
  }

  function takeLine(whole: string): void {
    if (whole === '') {
      const event = data
      data = undefined
      if (event !== undefined && !skips) onData(event)
      skips = false
    } else if (whole.startsWith('data:')) {
      const value = whole.slice(whole.charCodeAt(5) === space ? 6 : 5)
      data = data === undefined ? value : `${data}\n${value}`
    } else if (whole === 'data') {
      data = data === undefined ? '' : `${data}\n`
    }
    if (data !== undefined && data.length > maxEventLength) {
      skips = true
      data = ''
    }
  }

  /** A line ends with CR, LF or both; from here on with LF. A CR at a block's end may be half of a pair. */
  function unify(text: string): string {
    const whole = endsInReturn ? `\r${text}` : text
    if (!whole.includes('\r')) return whole
    endsInReturn = whole.endsWith('\r')
    return (endsInReturn ? whole.slice(0, -1) : whole).replaceAll(/\r\n?/g, '\n')
  }

  return {
    push(bytes) {
      for (let from = 0; from < bytes.length; from += sliceSize) {
        const slice = bytes.subarray(from, from + sliceSize)
        read(unify(decode(slice)))
      }
    },
    end() {
      if (endsInReturn) read('\n')
    },
  }
}

const space = 0x20

/**
 * Decodes UTF-8 that comes in slices. Most end with a whole character, and decoding them one by one is several times as fast as
 * decoding a stream. What is left of a character at the very end is nothing that could end an event.
 */
function createDecoder(): (slice: Uint8Array) => string {
  const wholes = new TextDecoder('utf-8', { ignoreBOM: true })
  const cuts = new TextDecoder('utf-8', { ignoreBOM: true })
  let isCut = false
  let isFirst = true

  function decode(slice: Uint8Array): string {
    const endsWhole = (slice.at(-1) ?? 0) < 0x80
    if (endsWhole && !isCut) return wholes.decode(slice)
    isCut = !endsWhole
    return cuts.decode(slice, { stream: isCut })
  }
  return (slice) => {
    const text = decode(slice)
    if (!isFirst || text === '') return text
    isFirst = false
    return text.startsWith('\ufeff') ? text.slice(1) : text
  }
}
