import { closeSync, constants, createReadStream, fstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { InputError } from '../errors.ts'

/** Bytes as they come. To leave the loop over them gives up the rest. */
export type Chunks = AsyncIterable<Uint8Array>

const reasons: Record<string, string> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  ENOTDIR: 'does not exist',
  ENAMETOOLONG: 'does not exist',
  ELOOP: 'is a loop of links',
  ENXIO: 'is no file that can be read',
  EISDIR: 'is a directory, not a file',
}

/**
 * The bytes of a file. A pipe (`<(…)`, a FIFO) is read as it comes.
 *
 * @param timeoutMillis - How long a pipe may give nothing.
 * @throws InputError, also in the midst of it.
 */
export async function* fileChunks(path: string, timeoutMillis: number): AsyncGenerator<Uint8Array> {
  yield* streamChunks(openFile(path), path, timeoutMillis)
}

/** Standard input, however long whoever writes to it takes. @throws InputError */
export function stdinChunks(): AsyncGenerator<Uint8Array> {
  return streamChunks(process.stdin, 'standard input', Infinity)
}

/**
 * All bytes of something.
 *
 * @param source - As it may be shown.
 * @throws InputError if they are more than `maxBytes`.
 */
export async function gather(
  chunks: Chunks,
  source: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const gathered: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > maxBytes) throw tooLarge(source, maxBytes)
    gathered.push(chunk)
  }
  return Buffer.concat(gathered)
}

/** @param source - As it may be shown. */
export function tooLarge(source: string, maxBytes: number): InputError {
  return new InputError(source, `is larger than ${Math.floor(maxBytes / 2 ** 20)} MiB`)
}

function openFile(path: string): Readable {
  let descriptor: number | undefined
  try {
    // Else to open a FIFO into which nobody writes would never end, and could not be given up.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const isPipe = fstatSync(descriptor).isFIFO()
    return isPipe
      ? new Socket({ fd: descriptor, readable: true, writable: false })
      : createReadStream(path, { fd: descriptor })
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor)
    throw unreadable(path, error)
  }
}

async function* streamChunks(
  stream: Readable,
  source: string,
  timeoutMillis: number,
): AsyncGenerator<Uint8Array> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  try {
    for (;;) {
      const next = await within(chunks.next(), timeoutMillis)
      if (next === 'late') {
        throw new InputError(source, `gave nothing for ${timeoutMillis / 1000} seconds`)
      }
      if (next.done) return
      yield next.value
    }
  } catch (error) {
    throw unreadable(source, error)
  } finally {
    // What is destroyed may tell of it.
    stream.on('error', () => undefined)
    stream.destroy()
  }
}

async function within<T>(awaited: Promise<T>, millis: number): Promise<T | 'late'> {
  if (millis === Infinity) return awaited
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), millis)
  })
  return Promise.race([awaited, late]).finally(() => clearTimeout(timer))
}

function unreadable(source: string, cause: unknown): InputError {
  if (cause instanceof InputError) return cause
  const { code = String(cause) } = cause as NodeJS.ErrnoException
  return new InputError(source, reasons[code] ?? `cannot be read (${code})`, { cause })
}
