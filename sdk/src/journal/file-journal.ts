import type * as NodeFs from 'node:fs'
import type * as NodePath from 'node:path'
import { type Hex, hexToBytes, toHex } from 'viem'
import { builtin } from '../crypto/node.ts'
import { JournalError } from '../errors/journal.ts'
import { decodeLine, encodeLine, type JournalHeader, reviveRecord } from './codec.ts'
import type { Journal, JournalPlace, JournalRecord, OpenJournal } from './journal.ts'
import { takeLock } from './lock.ts'

export type FileJournalOptions = {
  /** Where the journals are kept, one folder each. Default: ASSAY_JOURNAL, else `.assay/journal`. */
  directory?: string | undefined
}

/**
 * A journal on disk. Each process that opens the directory holds a journal of its own in it: one of the same inference log that
 * no living process holds, or a new one, with its own instance. Readable by the user alone (0600), since it holds the openings
 * and the seed of the salts.
 *
 * @throws JournalError when opened, if the directory can't be used.
 */
export function fileJournal(options: FileJournalOptions = {}): Journal {
  const open: Journal = (place) => {
    const fs = builtin('node:fs') as typeof NodeFs | undefined
    const path = builtin('node:path') as typeof NodePath | undefined
    const directory = options.directory ?? process.env.ASSAY_JOURNAL ?? '.assay/journal'
    if (!fs || !path) throw new JournalError(directory, 'needs a file system; use memoryJournal()')
    try {
      fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
      for (const name of fs.readdirSync(directory).sort()) {
        const folder = path.join(directory, name)
        if (!fs.existsSync(path.join(folder, fileName))) continue
        const journal = openIfFree(fs, path, folder, place)
        if (journal) return journal
      }
      return create(fs, path, directory, place)
    } catch (error) {
      if (error instanceof JournalError) throw error
      throw new JournalError(directory, 'cannot be opened', { cause: error })
    }
  }
  return Object.assign(open, { directory: options.directory })
}

const fileName = 'journal.jsonl'

function create(
  fs: typeof NodeFs,
  path: typeof NodePath,
  directory: string,
  place: JournalPlace,
): OpenJournal {
  const header: JournalHeader = {
    format: 'assay/journal/v1',
    chainId: place.chainId,
    inferenceLog: lower(place.inferenceLog),
    owner: lower(place.owner),
    sessionKey: lower(place.sessionKey),
    instance: toHex(crypto.getRandomValues(new Uint8Array(32))),
    seed: toHex(crypto.getRandomValues(new Uint8Array(32))),
  }
  const folder = path.join(directory, header.instance.slice(2, 18))
  fs.mkdirSync(folder, { mode: 0o700 })
  const unlock = takeLock(fs, path.join(folder, 'lock'))
  if (!unlock) throw new JournalError(folder, 'is held by another process')
  const file = path.join(folder, fileName)
  const descriptor = fs.openSync(file, 'wx', 0o600)
  fs.writeSync(descriptor, encodeLine(header))
  fs.fsyncSync(descriptor)
  return hold(fs, file, descriptor, header, unlock)
}

function openIfFree(
  fs: typeof NodeFs,
  path: typeof NodePath,
  folder: string,
  place: JournalPlace,
): OpenJournal | undefined {
  const unlock = takeLock(fs, path.join(folder, 'lock'))
  if (!unlock) return undefined
  const file = path.join(folder, fileName)
  const header = readHeader(fs, file)
  const same =
    header?.format === 'assay/journal/v1' &&
    header.chainId === place.chainId &&
    header.inferenceLog === lower(place.inferenceLog) &&
    header.owner === lower(place.owner) &&
    header.sessionKey === lower(place.sessionKey)
  const length = same ? soundLength(fs, file) : undefined
  if (!header || length === undefined) {
    unlock()
    return undefined
  }
  const descriptor = fs.openSync(file, 'r+')
  // What a power cut left half-written was never acknowledged; it is taken away before anything follows it.
  fs.ftruncateSync(descriptor, length)
  return hold(fs, file, descriptor, header, unlock)
}

function hold(
  fs: typeof NodeFs,
  file: string,
  descriptor: number,
  header: JournalHeader,
  unlock: () => void,
): OpenJournal {
  let pending: string[] = []
  let writing: Promise<void> | undefined
  let position = fs.fstatSync(descriptor).size
  let closed = false

  async function writePending(): Promise<void> {
    const lines = pending
    pending = []
    const bytes = Buffer.from(lines.join(''))
    try {
      await writeAll(fs, descriptor, bytes, position)
      await new Promise<void>((resolve, reject) => {
        fs.fdatasync(descriptor, (error) => (error ? reject(error) : resolve()))
      })
      position += bytes.length
    } catch (error) {
      // Tried again with the next sync, at the same place, so that nothing stands twice.
      pending = [...lines, ...pending]
      throw new JournalError(file, 'cannot be written', { cause: error })
    }
  }

  async function sync(): Promise<void> {
    // One write at a time; all that gathers meanwhile goes with the next.
    while (writing) await writing.catch(() => undefined)
    if (pending.length === 0) return
    writing = writePending().finally(() => (writing = undefined))
    return writing
  }

  return {
    instance: header.instance,
    seed: hexToBytes(header.seed),
    append: (record) => void pending.push(encodeLine(record)),
    sync,
    read: () => readRecords(fs, file),
    async close() {
      if (closed) return
      closed = true
      try {
        await sync()
      } finally {
        fs.closeSync(descriptor)
        unlock()
      }
    },
  }
}

function writeAll(
  fs: typeof NodeFs,
  descriptor: number,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = (done: number) => {
      if (done === bytes.length) return resolve()
      fs.write(descriptor, bytes, done, bytes.length - done, position + done, (error, written) =>
        error ? reject(error) : step(done + written),
      )
    }
    step(0)
  })
}

function readHeader(fs: typeof NodeFs, file: string): JournalHeader | undefined {
  const descriptor = fs.openSync(file, 'r')
  try {
    const buffer = Buffer.alloc(4096)
    const text = buffer.toString('utf8', 0, fs.readSync(descriptor, buffer, 0, buffer.length, 0))
    const end = text.indexOf('\n')
    return end < 0 ? undefined : (decodeLine(text.slice(0, end)) as JournalHeader | undefined)
  } finally {
    fs.closeSync(descriptor)
  }
}

/**
 * Length in bytes up to the end of the last whole line; undefined if a damaged line is followed by sound ones, which no cut
 * explains: such a journal is left as it is, for a person to look at.
 */
function soundLength(fs: typeof NodeFs, file: string): number | undefined {
  const bytes = fs.readFileSync(file)
  let sound = 0
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start)
    if (end < 0) break
    if (decodeLine(bytes.toString('utf8', start, end)) === undefined) {
      return bytes.indexOf(0x0a, end + 1) < 0 ? sound : undefined
    }
    start = sound = end + 1
  }
  return sound
}

async function* readRecords(fs: typeof NodeFs, file: string): AsyncGenerator<JournalRecord> {
  let rest = ''
  let isHeader = true
  for await (const chunk of fs.createReadStream(file, 'utf8')) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (isHeader) {
        isHeader = false
        continue
      }
      const value = decodeLine(line)
      if (value === undefined) throw new JournalError(file, 'has a damaged line')
      yield reviveRecord(value)
    }
  }
}

function lower(hex: Hex): Hex {
  return hex.toLowerCase() as Hex
}
