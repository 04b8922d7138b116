import { type Finding, finding } from './finding.ts'
import { namedPath } from './named-path.ts'

/** What is odd about the files that a file of the model names. */
export function findingsOfNames(
  path: string,
  names: Iterable<string>,
  has: (path: string) => boolean,
): Finding[] {
  const [missing, outside] = [new Set<string>(), new Set<string>()]
  for (const name of names) {
    const named = namedPath(path, name)
    if (named === undefined) outside.add(name)
    else if (!has(named)) missing.add(named)
  }
  const findings: Finding[] = []
  if (outside.size > 0) {
    const problem = 'names files outside of the model, which its digest does not bind'
    findings.push(finding('escapes', path, problem, [...outside]))
  }
  if (missing.size > 0) {
    const problem = 'names files that are not there'
    findings.push(finding('incomplete', path, problem, [...missing].sort()))
  }
  return findings
}
