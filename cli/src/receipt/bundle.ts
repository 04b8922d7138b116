import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createBundle, type InferenceReceipt } from '@assay/sdk/formats'
import { InputError } from '../errors.ts'
import { checkOutput, deliver, type OutputOptions } from '../output/deliver.ts'
import { createProgress, type Progress } from '../output/progress.ts'
import type { Terminal } from '../output/terminal.ts'
import { readReceiptFile } from './read-receipt.ts'

/** Where a receipt is, and what it comes after in a bundle. */
type Place = { path: string; log: string; first: bigint; root: string; sequence: bigint }

/**
 * Packs receipts into one file, those of a batch beside each other, so that the batch stands there once. Each is read twice, and none
 * is kept in memory.
 *
 * @param paths - Of files, and of directories, which stand for the files in them that end in `.json`.
 * @throws InputError, InvalidReceiptError, OutputError
 */
export async function bundle(
  paths: readonly string[],
  options: OutputOptions,
  terminal: Terminal,
): Promise<void> {
  checkOutput(options)
  const progress = createProgress(terminal)
  try {
    const files = paths.flatMap(filesOf)
    const places: Place[] = []
    for (const path of files) {
      places.push(placeOf(path, await readReceiptFile(path)))
      progress.show(`${places.length} receipts are read`, places.length / files.length / 2)
    }
    places.sort(inOrder)
    await deliver(createBundle(receiptsAt(places, progress)), options, terminal)
  } finally {
    progress.end()
  }
}

async function* receiptsAt(
  places: readonly Place[],
  progress: Progress,
): AsyncGenerator<InferenceReceipt> {
  for (const [i, { path }] of places.entries()) {
    yield await readReceiptFile(path)
    progress.show(`${i + 1} receipts are written`, 0.5 + (i + 1) / places.length / 2)
  }
}

function filesOf(path: string): string[] {
  try {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path]
    const names = readdirSync(path).filter((name) => name.endsWith('.json'))
    if (names.length === 0) throw new InputError(path, 'is a directory without files in `.json`')
    return names.sort().map((name) => join(path, name))
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    throw new InputError(path, 'cannot be read', { cause })
  }
}

function placeOf(path: string, { log, inference, batch }: InferenceReceipt): Place {
  const { chainId, inferenceLog, owner, sessionKey, instance } = log
  const { first, root } = batch
  return {
    path,
    log: [chainId, inferenceLog, owner, sessionKey, instance].join(' '),
    first: BigInt(first),
    root,
    sequence: BigInt(inference.sequence),
  }
}

/** By inference log, batch and place. */
function inOrder(a: Place, b: Place): number {
  if (a.log !== b.log) return a.log < b.log ? -1 : 1
  if (a.first !== b.first) return a.first < b.first ? -1 : 1
  if (a.root !== b.root) return a.root < b.root ? -1 : 1
  if (a.sequence === b.sequence) return 0
  return a.sequence < b.sequence ? -1 : 1
}
