import type { BigIntStats } from 'node:fs'

/** What tells one content of a file from another without reading it. Times in ns since 1970. */
export type FileStats = {
  dev: bigint
  ino: bigint
  size: bigint
  mtimeNs: bigint
  ctimeNs: bigint
}

/** The part of what the system says of a file that has to stay as it is. */
export function fileStatsOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileStats {
  return { dev, ino, size, mtimeNs, ctimeNs }
}

/** Whether a file has not been touched in between. The change time can't be set by whoever writes, as the modification time can. */
export const isSameFile = (a: FileStats, b: FileStats): boolean =>
  a.dev === b.dev &&
  a.ino === b.ino &&
  a.size === b.size &&
  a.mtimeNs === b.mtimeNs &&
  a.ctimeNs === b.ctimeNs
