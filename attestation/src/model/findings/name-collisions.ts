import { type Finding, finding } from './finding.ts'

/** Names of files that are one and the same on a system that ignores case, or writes accents in another way. */
export function inspectNames(paths: readonly string[]): Finding[] {
  const alike = new Map<string, string[]>()
  for (const path of paths) {
    const key = path.normalize('NFC').toLowerCase().normalize('NFC')
    const others = alike.get(key)
    if (others) others.push(path)
    else alike.set(key, [path])
  }
  return [...alike.values()]
    .filter((names) => names.length > 1)
    .map(([first = '', ...others]) =>
      finding(
        'collision',
        first,
        'is one file with others where case or accents count for nothing',
        others,
      ),
    )
}
