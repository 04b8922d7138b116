/** How a stream came to its end: it was over, it failed, or its reader wanted no more. */
export type Ending = 'ended' | 'failed' | 'cancelled'

/** Sees what passes through a stream. Neither may throw. */
export type Tap = {
  /** Called with each piece, before its reader gets it. */
  onPiece: (piece: unknown) => void
  /** Called once. */
  onEnd: (ending: Ending) => void
}

export type TappedStream = {
  /** Hands on the same pieces at the same pace: nothing is read ahead of its reader. One that stops early stops the upstream too. */
  stream: ReadableStream
  /**
   * Locks the upstream, and lets the stream end or break with it even while nobody reads. Without this call that begins with the
   * first read.
   */
  open(): void
}

/**
 * @param isBytes - Whether the upstream is a byte stream: only then may its pieces go through one again, which takes their memory.
 */
export function tapStream(
  upstream: ReadableStream,
  { onPiece, onEnd }: Tap,
  isBytes: boolean,
): TappedStream {
  let controller: ReadableByteStreamController | ReadableStreamDefaultController
  let reader: ReadableStreamDefaultReader | undefined
  let isOver = false
  let hasRead = false
  let isReading = false
  let isClosed = false

  function end(ending: Ending): boolean {
    if (isOver) return false
    isOver = true
    onEnd(ending)
    return true
  }
  function close(): void {
    if (!end('ended')) return
    controller.close()
    // A reader that waits with its own buffer is told by this that nothing more comes.
    if ('byobRequest' in controller) controller.byobRequest?.respond(0)
  }
  function fail(error: unknown): void {
    if (!end('failed')) return
    controller.error(error)
    // Nobody has read from the upstream: it can be given back as it came.
    if (!hasRead) reader?.releaseLock()
  }
  function take({ done, value }: ReadableStreamReadResult<unknown>): void {
    isReading = false
    if (done) return close()
    onPiece(value)
    controller.enqueue(value as ArrayBufferView<ArrayBuffer>)
    if (isClosed) close()
  }
  function noteClosed(): void {
    isClosed = true
    // With the last piece a stream is closed before the piece is there.
    if (!isReading) close()
  }
  function open(): ReadableStreamDefaultReader {
    const opened = upstream.getReader()
    opened.closed.then(noteClosed, fail)
    return opened
  }

  const source = {
    start(given: ReadableByteStreamController | ReadableStreamDefaultController) {
      controller = given
    },
    pull() {
      hasRead = true
      isReading = true
      return (reader ??= open()).read().then(take, fail)
    },
    cancel(reason: unknown) {
      end('cancelled')
      return (reader ?? upstream).cancel(reason)
    },
  }
  const stream = isBytes
    ? new ReadableStream({ ...source, type: 'bytes' })
    : new ReadableStream(source, { highWaterMark: 0 })
  return { stream, open: () => void (reader ??= open()) }
}

/** Whether a stream hands out bytes that belong to nobody else. */
export function isByteStream(stream: ReadableStream): boolean {
  try {
    stream.getReader({ mode: 'byob' }).releaseLock()
    return true
  } catch {
    // A stream of any values has no such reader.
    return false
  }
}
