import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { ifMissing } from './ledger.ts'

/** A file on its way to a reader. */
export type FileStream = { length: number; body: ReadableStream<Uint8Array> }

export type FileStreamsOptions = {
  directory: string
  /** Longer files are not given. */
  maxBytes: number
  /** Files on their way at once. */
  maxReading: number
  /** A reader that takes nothing for so long is let go. */
  stallMillis: number
}

const pieceBytes = 256 * 1024

/**
 * Gives files as they are, piece by piece and as fast as they are taken: nothing is hashed, since who reads compares the digest anyway.
 *
 * @returns What opens a file; undefined: it is not there; `busy`: as many as may be are on their way.
 */
export function fileStreams(options: FileStreamsOptions) {
  const { directory, maxBytes, maxReading, stallMillis } = options
  let reading = 0

  return async (digest: Hex): Promise<FileStream | 'busy' | undefined> => {
    if (reading >= maxReading) return 'busy'
    reading++
    const file = await open(join(directory, digest.slice(2))).catch((error: unknown) => {
      reading--
      return ifMissing(undefined)(error)
    })
    if (!file) return undefined
    let left = 0
    let closed = false
    let stalled: ReturnType<typeof setTimeout> | undefined
    const close = async () => {
      clearTimeout(stalled)
      if (closed) return
      closed = true
      reading--
      await file.close()
    }
    try {
      left = (await file.stat()).size
    } catch (error) {
      await close()
      throw error
    }
    if (left > maxBytes) {
      await close()
      return undefined
    }
    const body = new ReadableStream<Uint8Array>(
      {
        start(controller) {
          stalled = setTimeout(() => {
            void close()
            controller.error(new DOMException('Nobody reads.', 'TimeoutError'))
          }, stallMillis)
        },
        async pull(controller) {
          stalled?.refresh()
          const { bytesRead, buffer } = await file.read({
            buffer: new Uint8Array(Math.min(pieceBytes, left || 1)),
          })
          left -= bytesRead
          if (bytesRead > 0) controller.enqueue(buffer.subarray(0, bytesRead))
          if (left > 0 && bytesRead > 0) return
          await close()
          controller.close()
        },
        cancel: close,
      },
      { highWaterMark: 0 },
    )
    return { length: left, body }
  }
}
