import { type Finding, finding, maxNames } from './finding.ts'

/** `model-00001-of-00003.gguf`: how llama.cpp and others name the parts of a file that was split. */
const partName = /^(.*)-(\d{5,6})-of-(\d{5,6})(\.[^/]+)$/

/** What is odd about files that were split: parts that are missing. */
export function inspectSplitFiles(paths: readonly string[]): Finding[] {
  const groups = new Map<string, Set<string>>()
  for (const path of paths) {
    const [, stem = '', number = '', count = '', ending = ''] = partName.exec(path) ?? []
    if (!number || Number(count) === 0) continue
    const key = JSON.stringify([stem, count, ending])
    groups.set(key, (groups.get(key) ?? new Set()).add(path))
  }
  return [...groups].flatMap(([key, there]) => {
    const [stem, count, ending] = JSON.parse(key) as [string, string, string]
    const parts = Number(count)
    const missing = partsOf(stem, count, ending, (part) => !there.has(part))
    const [first = ''] = there
    const problem = `is a part of ${parts}, of which some are missing`
    return missing.length === 0
      ? []
      : [
          finding(
            'incomplete',
            first,
            problem,
            missing,
            Math.max(missing.length, parts - there.size),
          ),
        ]
  })
}

/** The first parts that a test accepts: who names a file may claim a million of them. */
function partsOf(
  stem: string,
  count: string,
  ending: string,
  accepts: (part: string) => boolean,
): string[] {
  const parts: string[] = []
  for (let i = 1; i <= Number(count) && parts.length < maxNames; i++) {
    const part = `${stem}-${String(i).padStart(count.length, '0')}-of-${count}${ending}`
    if (accepts(part)) parts.push(part)
  }
  return parts
}
