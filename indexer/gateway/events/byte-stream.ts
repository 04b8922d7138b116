/** The body of an answer that is written piece by piece, never faster than it is read. */
export type ByteStream = {
  body: ReadableStream<Uint8Array>
  /** Writes, and resolves when there is room for more; at once if it has ended. */
  write(text: string): Promise<void>
  /** Writes if there is room. */
  writeIfRoom(text: string): void
  readonly ended: boolean
  end: () => void
}

/** Bytes that wait for the reader at most, and one piece more. */
const maxWaiting = 32 * 1024

/**
 * @param stallMillis - Who reads nothing for so long is let go.
 * @param onEnd - Called once.
 */
export function createByteStream(stallMillis: number, onEnd: () => void): ByteStream {
  const encoder = new TextEncoder()
  let controller!: ReadableStreamDefaultController<Uint8Array>
  let ended = false
  let room: (() => void) | undefined

  function end(): void {
    if (ended) return
    ended = true
    room?.()
    try {
      controller.close()
    } catch {
      // The reader went away.
    }
    onEnd()
  }

  const body = new ReadableStream<Uint8Array>(
    {
      start: (it) => void (controller = it),
      pull: () => room?.(),
      cancel: end,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: maxWaiting }),
  )
  const hasRoom = () => (controller.desiredSize ?? 0) > 0

  return {
    body,
    async write(text) {
      if (ended) return
      controller.enqueue(encoder.encode(text))
      if (hasRoom()) return
      const stalled = setTimeout(end, stallMillis)
      await new Promise<void>((resolve) => (room = resolve))
      room = undefined
      clearTimeout(stalled)
    },
    writeIfRoom(text) {
      if (!ended && hasRoom()) controller.enqueue(encoder.encode(text))
    },
    get ended() {
      return ended
    },
    end,
  }
}
