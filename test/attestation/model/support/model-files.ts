import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const sha256Of = (bytes: Uint8Array | string) =>
  createHash('sha256').update(bytes).digest('hex')

/** A place for models, and what takes it away again. */
export async function modelPlace() {
  const directory = await mkdtemp(join(tmpdir(), 'assay-models-'))
  let count = 0
  return {
    directory,
    /** A directory with files, each of the content that is given. */
    async model(files: Record<string, string | Uint8Array>): Promise<string> {
      const root = join(directory, `model-${(count += 1)}`)
      await mkdir(root)
      await write(root, files)
      return root
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

export async function write(root: string, files: Record<string, string | Uint8Array>) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
  }
}
