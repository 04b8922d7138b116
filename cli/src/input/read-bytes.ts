import { closeSync, constants, createReadStream, fstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { InputError } from '../errors.ts'

export type ReadLimits = {
  /** More is not read. */
  maxBytes: number
  /** How long nothing may come, in ms. */
  timeoutMillis: number
}

const reasons: Record<string, string> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  ENOTDIR: 'does not exist',
  ENAMETOOLONG: 'does not exist',
  ELOOP: 'is a loop of links',
  ENXIO: 'is no file that can be read',
}

/**
 * Reads a file. A pipe (`<(…)`, a FIFO) is read as it comes, and a device up to the limit.
 *
 * @throws InputError
 */
export async function readFileBytes(path: string, limits: ReadLimits): Promise<Uint8Array> {
  let stream: Readable
  try {
    stream = openFile(path, limits)
  } catch (error) {
    if (error instanceof InputError) throw error
    const { code = '' } = error as NodeJS.ErrnoException
    throw new InputError(path, reasons[code] ?? `cannot be read (${code})`, { cause: error })
  }
  return readStream(stream, path, limits)
}

function openFile(path: string, { maxBytes }: ReadLimits): Readable {
  // Else to open a FIFO into which nobody writes would never end, and could not be given up.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  let taken = false
  try {
    const found = fstatSync(descriptor)
    if (found.isDirectory()) throw new InputError(path, 'is a directory, not a file')
    // Seen before it is read; also a sparse file's size.
    if (found.size > maxBytes) throw tooLarge(path, maxBytes)
    taken = true
    return found.isFIFO()
      ? new Socket({ fd: descriptor, readable: true, writable: false })
      : createReadStream(path, { fd: descriptor })
  } finally {
    if (!taken) closeSync(descriptor)
  }
}

/** Reads standard input to its end, however long whoever writes to it takes. @throws InputError */
export function readStdin({ maxBytes }: Pick<ReadLimits, 'maxBytes'>): Promise<Uint8Array> {
  return readStream(process.stdin, 'standard input', { maxBytes, timeoutMillis: Infinity })
}

function readStream(
  stream: Readable,
  source: string,
  { maxBytes, timeoutMillis }: ReadLimits,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let timer: NodeJS.Timeout | undefined
    const finish = (error?: InputError) => {
      clearTimeout(timer)
      stream.removeAllListeners('data')
      // What is destroyed may tell of it.
      stream.on('error', () => undefined)
      stream.destroy()
      if (error) reject(error)
      else resolve(Buffer.concat(chunks))
    }
    const wait = () => {
      clearTimeout(timer)
      if (timeoutMillis === Infinity) return
      timer = setTimeout(
        () => finish(new InputError(source, `gave nothing for ${timeoutMillis / 1000} seconds`)),
        timeoutMillis,
      )
    }
    wait()
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > maxBytes) return finish(tooLarge(source, maxBytes))
      chunks.push(chunk)
      wait()
    })
    stream.once('end', () => finish())
    stream.once('error', (cause: NodeJS.ErrnoException) => {
      const { code = '' } = cause
      const problem = code === 'EISDIR' ? 'is a directory, not a file' : `cannot be read (${code})`
      finish(new InputError(source, problem, { cause }))
    })
  })
}

/** @param source - As it may be shown. */
export function tooLarge(source: string, maxBytes: number): InputError {
  return new InputError(source, `is larger than ${Math.floor(maxBytes / 2 ** 20)} MiB`)
}
