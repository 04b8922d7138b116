import type * as NodeFs from 'node:fs'
import type * as NodePath from 'node:path'
import type { Hex } from 'viem'
import { builtin } from '../crypto/node.ts'
import { BatchStoreError } from '../errors/store.ts'
import {
  defaultMaxBytes,
  type ReadableBatchStore,
  type StoreCallOptions,
  type StoreGetOptions,
} from './batch-store.ts'
import { digestName, hasDigest, nameOfData } from './digest-name.ts'
import { sweepDrafts, writeDurably } from './file-writing.ts'
import { baseUrlOf, below, publicUri } from './place.ts'

export type FileStoreOptions = {
  /** Where the files are: `<directory>/<digest>`. Made if it is not there. */
  directory: string
  /** Where a server serves the directory: `<publicUrl>/<digest>`. Default: none, so that no URI tells the names of your folders. */
  publicUrl?: string | undefined
}

/**
 * A store in a directory, to be served by `batchDataHandler` or any server of files, or carried elsewhere. Files are written beside,
 * flushed to the disk and renamed, so that no reader and no power cut meets half of one. They may be read by all (0644, less the umask):
 * what is in them is public by its purpose, and a server that is another user has to read it. Several processes may share it.
 *
 * @throws InvalidConfigError
 */
export function fileStore({ directory, publicUrl }: FileStoreOptions): ReadableBatchStore {
  const open = publicUrl === undefined ? undefined : baseUrlOf('publicUrl', publicUrl)
  let swept: Promise<void> | undefined

  function system() {
    const fs = builtin('node:fs') as typeof NodeFs | undefined
    const path = builtin('node:path') as typeof NodePath | undefined
    if (!fs || !path) throw new BatchStoreError('refused', directory, 'needs a file system')
    return { fs, path }
  }

  async function read(name: string, maxBytes: number, signal: AbortSignal | undefined) {
    const { fs, path } = system()
    const place = path.join(directory, name)
    try {
      const { size } = await fs.promises.stat(place)
      if (size > maxBytes) {
        throw new BatchStoreError('refused', directory, `holds more than ${maxBytes} bytes there`)
      }
      return new Uint8Array(await fs.promises.readFile(place, signal ? { signal } : {}))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      signal?.throwIfAborted()
      throw error instanceof BatchStoreError ? error : failed('read', error)
    }
  }

  function failed(what: string, cause: unknown): BatchStoreError {
    return new BatchStoreError('unavailable', directory, `cannot be ${what}`, { cause })
  }

  /** Whether the file is there and right. One that is not is replaced; so is one that can't be read. */
  async function holds(name: string, length: number, signal: AbortSignal | undefined) {
    const bytes = await read(name, length, signal).catch((error: unknown) => {
      signal?.throwIfAborted()
      if (error instanceof BatchStoreError) return undefined
      throw error
    })
    return bytes !== undefined && hasDigest(bytes, name)
  }

  return {
    async put(data: Uint8Array, dataDigest: Hex, { signal }: StoreCallOptions = {}) {
      const name = nameOfData(data, dataDigest)
      signal?.throwIfAborted()
      // A copy: the caller's own could change before it is written.
      const bytes = data.slice()
      const { fs, path } = system()
      if (!(await holds(name, data.length, signal))) {
        try {
          await fs.promises.mkdir(directory, { recursive: true, mode: 0o755 })
          await (swept ??= sweepDrafts(fs, path, directory).catch(() => undefined))
          await writeDurably(fs, path, path.join(directory, name), bytes, signal)
        } catch (error) {
          signal?.throwIfAborted()
          throw failed('written', error)
        }
        if (!(await holds(name, data.length, signal))) {
          throw new BatchStoreError('altered', directory, 'gives back other bytes than it took')
        }
      }
      return { uri: open && publicUri(below(open, name)) }
    },

    async get(dataDigest: Hex, { signal, maxBytes = defaultMaxBytes }: StoreGetOptions = {}) {
      const name = digestName(dataDigest)
      signal?.throwIfAborted()
      const bytes = await read(name, maxBytes, signal)
      if (bytes && !hasDigest(bytes, name)) {
        throw new BatchStoreError('altered', directory, `holds other bytes under ${dataDigest}`)
      }
      return bytes
    },
  }
}
