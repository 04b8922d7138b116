import { encodeManifest, manifestDigestOf } from '@assay/sdk/formats'
import { checkOutput, type OutputOptions } from '../output/deliver.ts'
import { plainJson } from '../output/plain.ts'
import { createProgress } from '../output/progress.ts'
import type { Terminal } from '../output/terminal.ts'
import { writeFile } from '../output/write-file.ts'
import { hashModel } from './hash-files.ts'

export type HashOptions = OutputOptions & { ignore?: string[] }

/** Shows a model's manifest digest, and writes the manifest where that is asked for. @throws InputError, OutputError */
export async function hash(
  paths: readonly string[],
  options: HashOptions,
  terminal: Terminal,
): Promise<void> {
  checkOutput(options)
  const manifest = await hashModel(paths, options.ignore, createProgress(terminal))
  const manifestDigest = manifestDigestOf(manifest)
  const { output, force = false } = options
  if (output !== undefined) await writeFile(output, encodeManifest(manifest), { replace: force })
  const size = String(manifest.files.reduce((sum, file) => sum + BigInt(file.size), 0n))
  if (options.json) {
    const said = { manifestDigest, files: manifest.files.length, size, output }
    await terminal.write(`${plainJson(said)}\n`)
    return
  }
  await terminal.note(`${manifest.files.length} files, ${size} bytes`)
  await terminal.write(`${manifestDigest}\n`)
}
