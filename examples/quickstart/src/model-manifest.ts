import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createManifest, type Manifest } from '@assay/sdk'

/** The manifest of a model: every file of its runtime folder. */
export async function manifestOf(files: URL): Promise<Manifest> {
  const names = await readdir(files)
  return createManifest(
    await Promise.all(
      names.map(async (path) => {
        const bytes = await readFile(new URL(path, files))
        const sha256 = createHash('sha256').update(bytes).digest('hex')
        return { path, size: String(bytes.length), sha256 }
      }),
    ),
  )
}
