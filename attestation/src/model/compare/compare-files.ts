/** A file as it is compared: sizes are where both sides have them. */
export type ComparedFile = { path: string; sha256: string; size?: string }

/** How files differ from those that are expected; each list sorted by path. */
export type FileDifferences<File extends ComparedFile = ComparedFile> = {
  /** Expected, and not there. */
  missing: File[]
  /** There, and not expected. */
  extra: File[]
  /** Of another content. */
  differing: { path: string; expected: File; actual: File }[]
}

/** Compares files by path and digest. */
export function compareFiles<File extends ComparedFile>(
  expected: readonly File[],
  actual: readonly File[],
): FileDifferences<File> {
  const there = new Map(actual.map((file) => [file.path, file]))
  const differences: FileDifferences<File> = { missing: [], extra: [], differing: [] }
  for (const file of sorted(expected)) {
    const found = there.get(file.path)
    there.delete(file.path)
    if (!found) differences.missing.push(file)
    else if (found.sha256 !== file.sha256) {
      differences.differing.push({ path: file.path, expected: file, actual: found })
    }
  }
  differences.extra.push(...sorted([...there.values()]))
  return differences
}

/** Whether files are those that are expected, all of them and no others. */
export const isSameModel = ({ missing, extra, differing }: FileDifferences): boolean =>
  missing.length === 0 && extra.length === 0 && differing.length === 0

const sorted = <File extends ComparedFile>(files: readonly File[]): File[] =>
  [...files].sort((a, b) => (a.path < b.path ? -1 : 1))
