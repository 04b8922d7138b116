import { spawnSync } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { hashModel } from '@assay/attestation/model'

/** Medians over the rounds; each round runs all of them, one after the other, since others use the machine too. */
export type ModelHashSpeed = {
  gbPerSecond: number
  /** Of one process over the same files: one core. */
  sha256sumGbPerSecond: number
  opensslGbPerSecond: number
  /** Most memory of this process in use while hashing, in MB. */
  rssMb: number
}

export type ModelHashOptions = {
  /** Default: 16. */
  files?: number
  /** Of each file. Default: 64 MiB. */
  bytes?: number
  /** Default: 7. */
  rounds?: number
}

/** How fast the files of a model are hashed, from memory, beside what else hashes files. */
export async function measureModelHash({
  files = 16,
  bytes = 64 * 2 ** 20,
  rounds = 7,
}: ModelHashOptions = {}): Promise<ModelHashSpeed> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-model-hash-'))
  try {
    const model = join(directory, 'model')
    await mkdir(model)
    const paths = Array.from({ length: files }, (_, i) => join(model, `part-${i}`))
    for (const path of paths) await fill(path, bytes)
    const gigabytes = (files * bytes) / 1e9
    const speeds = { ours: [] as number[], sha256sum: [] as number[], openssl: [] as number[] }
    let rss = 0
    for (let round = 0; round < rounds; round++) {
      const start = performance.now()
      const onProgress = () => (rss = Math.max(rss, process.memoryUsage.rss()))
      await hashModel([model], { onProgress })
      speeds.ours.push((1000 * gigabytes) / (performance.now() - start))
      speeds.sha256sum.push(gigabytes / secondsOf('sha256sum', paths))
      speeds.openssl.push(gigabytes / secondsOf('openssl', ['dgst', '-sha256', ...paths]))
    }
    return {
      gbPerSecond: median(speeds.ours),
      sha256sumGbPerSecond: median(speeds.sha256sum),
      opensslGbPerSecond: median(speeds.openssl),
      rssMb: Math.round(rss / 1e6),
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Memory while one file of a size that no disk here has is hashed, in MB: after a hundredth of it, and the most. */
export async function measureSparse(bytes: number) {
  const directory = await mkdtemp(join(tmpdir(), 'assay-model-hash-'))
  try {
    const path = join(directory, 'sparse.bin')
    await writeFile(path, '')
    await truncate(path, bytes)
    let early = 0
    let most = 0
    await hashModel([directory], {
      onProgress({ bytes: hashed }) {
        const now = Math.round(process.memoryUsage.rss() / 1e6)
        most = Math.max(most, now)
        if (hashed <= bytes / 100) early = Math.max(early, now)
      },
    })
    return { gb: bytes / 1e9, earlyRssMb: early, rssMb: most }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function fill(path: string, bytes: number): Promise<void> {
  const stream = createWriteStream(path)
  const piece = randomBytes(2 ** 20)
  for (let left = bytes; left > 0; left -= piece.length) {
    if (!stream.write(piece.subarray(0, Math.min(left, piece.length)))) await once(stream, 'drain')
  }
  stream.end()
  await once(stream, 'close')
}

/** Infinite where the program is not there: there is nothing to compare with then. */
function secondsOf(command: string, args: readonly string[]): number {
  const start = performance.now()
  const { status } = spawnSync(command, args, { stdio: 'ignore' })
  return status === 0 ? (performance.now() - start) / 1000 : Infinity
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Number((sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(2))
}
