import { encodeManifest } from '@assay/sdk/formats'
import { checkOutput, type OutputOptions } from '../output/deliver.ts'
import { plain, plainJson } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'
import { writeFile } from '../output/write-file.ts'
import { noteFindings } from './findings-text.ts'
import { hashFiles, type HashingOptions, refuseEscapes } from './hash-files.ts'

export type HashOptions = OutputOptions & HashingOptions & { list?: boolean }

/** Shows a model's digests, and writes the manifest where that is asked for. @throws ModelFilesError, OutputError */
export async function hash(
  paths: readonly string[],
  options: HashOptions,
  terminal: Terminal,
): Promise<void> {
  checkOutput(options)
  const model = await hashFiles(paths, options, terminal)
  refuseEscapes(model)
  const { manifest, manifestDigest, signingRoot, findings } = model
  const { output, force = false, quiet = false, list = false } = options
  if (output !== undefined) await writeFile(output, encodeManifest(manifest), { replace: force })
  const size = String(manifest.files.reduce((sum, file) => sum + BigInt(file.size), 0n))
  if (options.json) {
    const files = manifest.files.length
    const listed = list ? manifest.files : undefined
    const said = { manifestDigest, signingRoot, files, size, output, findings, listed }
    await terminal.write(`${plainJson(said)}\n`)
    return
  }
  if (!quiet) {
    await terminal.note(`${manifest.files.length} files, ${size} bytes`)
    await terminal.note(`OpenSSF signing root: ${signingRoot ?? 'none, all files are left out'}`)
  }
  await noteFindings(findings, terminal)
  if (!list) {
    await terminal.write(`${manifestDigest}\n`)
    return
  }
  if (!quiet) await terminal.note(`Manifest digest: ${manifestDigest}`)
  for (const { path, sha256 } of manifest.files) await terminal.write(`${sha256}  ${plain(path)}\n`)
}
