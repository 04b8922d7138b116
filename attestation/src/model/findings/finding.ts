/**
 * What is odd about a model, though its digest is what it is: files that it names are not there; a file names one outside of the
 * model, which no digest binds; a file is not what its name says; names that some systems can't tell apart; a link to a directory,
 * which was left out.
 */
export type FindingKind = 'incomplete' | 'escapes' | 'malformed' | 'collision' | 'linked-directory'

export type Finding = {
  kind: FindingKind
  /** The file that it is about, as the manifest names it. */
  path: string
  /** What is odd, in a sentence that goes on after the path. */
  problem: string
  /** Files that this is about beside it, the first of them. */
  names: string[]
  /** How many those are altogether. */
  count: number
}

/** Names that are listed of each finding, at most. */
export const maxNames = 20

/** A finding, of whose names the first are listed. */
export function finding(
  kind: FindingKind,
  path: string,
  problem: string,
  names: readonly string[] = [],
  count = names.length,
): Finding {
  return { kind, path, problem, names: names.slice(0, maxNames), count }
}
