import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { ModelFilesError } from '../errors.ts'
import type { ModelFile } from '../files/find-model-files.ts'
import { fileStatsOf, isSameFile } from '../files/file-stats.ts'
import { unreadable } from '../files/look-at.ts'

/** Reads in a file of a model, which has to be the one that was found. @throws ModelFilesError */
export async function withModelFile<Result>(
  { file, stats }: ModelFile,
  read: (handle: FileHandle) => Promise<Result>,
): Promise<Result> {
  // A pipe that stands in its place meanwhile would be waited for.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      throw unreadable(file, cause)
    },
  )
  try {
    if (!isSameFile(fileStatsOf(await handle.stat({ bigint: true })), stats)) {
      throw new ModelFilesError('changed', file, 'was changed while it was read')
    }
    return await read(handle)
  } finally {
    await handle.close()
  }
}

/** Bytes from a place on; fewer only where the file ends. */
export async function readAt(
  handle: FileHandle,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}
