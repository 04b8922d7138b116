import type * as NodeFs from 'node:fs'
import type * as NodePath from 'node:path'

const ending = '.draft'
/** After this time nobody is still writing a draft, in ms. */
const draftLife = 3_600_000

/** Writes a file so that it is there whole or not at all, also after a loss of power. */
export async function writeDurably(
  fs: typeof NodeFs,
  path: typeof NodePath,
  place: string,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const draft = `${place}.${crypto.randomUUID()}${ending}`
  try {
    const file = await fs.promises.open(draft, 'wx', 0o644)
    try {
      await file.writeFile(bytes, signal ? { signal } : {})
      await file.sync()
    } finally {
      await file.close()
    }
    await fs.promises.rename(draft, place)
  } catch (error) {
    await fs.promises.rm(draft, { force: true })
    throw error
  }
  await syncFolder(fs, path.dirname(place))
}

/** A new file's name outlives a loss of power only once its folder is written too (fsync(2)). */
async function syncFolder(fs: typeof NodeFs, folder: string): Promise<void> {
  // Windows opens no folders; its file system keeps names by itself.
  if (process.platform === 'win32') return
  const opened = await fs.promises.open(folder, 'r')
  try {
    await opened.sync()
  } finally {
    await opened.close()
  }
}

/** Removes what processes left that ended while they wrote. */
export async function sweepDrafts(
  fs: typeof NodeFs,
  path: typeof NodePath,
  directory: string,
): Promise<void> {
  for (const name of await fs.promises.readdir(directory)) {
    if (!name.endsWith(ending)) continue
    const draft = path.join(directory, name)
    // Another process may have removed it just now.
    const stat = await fs.promises.stat(draft).catch(() => undefined)
    if (stat && Date.now() - stat.mtimeMs > draftLife) await fs.promises.rm(draft, { force: true })
  }
}
