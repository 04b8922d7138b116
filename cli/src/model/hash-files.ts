import {
  cacheDirectory,
  type Finding,
  type HashedModel,
  hashModel,
  inspectModel,
  type ModelProgress,
  ModelFilesError,
  openHashCache,
} from '@assay/attestation/model'
import { join } from 'node:path'
import type { GlobalOptions } from '../commands/global-options.ts'
import { UsageError } from '../errors.ts'
import { bytesText, durationText } from '../output/bytes.ts'
import { createProgress } from '../output/progress.ts'
import type { Terminal } from '../output/terminal.ts'

/** Options of commands that hash a model's files. */
export type HashingOptions = GlobalOptions & {
  ignore?: string[]
  allowSymlinks?: boolean
  /** False by `--no-cache`. */
  cache?: boolean
  quiet?: boolean
  threads?: string
  unsigned?: string[]
  /** False by `--no-ignore-git-paths`. */
  ignoreGitPaths?: boolean
}

/** A model, with what is odd about it. */
export type InspectedModel = HashedModel & { findings: Finding[] }

/**
 * Hashes the files of a model, with a line on how far it is, and inspects them.
 *
 * @throws ModelFilesError; UsageError
 */
export async function hashFiles(
  paths: readonly string[],
  options: HashingOptions,
  terminal: Pick<Terminal, 'isWatched'>,
): Promise<InspectedModel> {
  const { ignore, allowSymlinks = false, cache = true, unsigned, ignoreGitPaths = true } = options
  const isWatched = terminal.isWatched && !options.quiet && !options.json
  const progress = createProgress({ isWatched })
  const threads = threadsOf(options.threads)
  const tell = tellerOf((text, share) => progress.show(text, share))
  try {
    const model = await hashModel(paths, {
      allowLinks: allowSymlinks,
      signed: { withGitPaths: !ignoreGitPaths, ...(unsigned && { ignore: unsigned }) },
      ...(ignore && { ignore }),
      ...(cache && { cache: openHashCache(join(cacheDirectory(), 'model-digests')) }),
      ...(threads !== undefined && { threads }),
      ...(isWatched && { onProgress: tell }),
    })
    return { ...model, findings: await inspectModel(model.files, model.linkedDirectories) }
  } finally {
    progress.end()
  }
}

/** Refuses a model that would load files which its digest does not bind. @throws ModelFilesError */
export function refuseEscapes({ findings }: InspectedModel): void {
  const escape = findings.find(({ kind }) => kind === 'escapes')
  if (!escape) return
  throw new ModelFilesError('escapes', escape.path, escape.problem, {
    metaMessages: escape.names.map((name) => `Names: ${name}`),
  })
}

function threadsOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  if (!/^[1-9][0-9]?$/.test(given)) {
    throw new UsageError('`--threads` must be a whole number from 1 to 99.')
  }
  return Number(given)
}

/** Rate and time left are of the whole run: a moment's would jump about. */
function tellerOf(show: (text: string, share: number | undefined) => void) {
  const start = performance.now()
  return ({ bytes, allBytes, files, allFiles }: ModelProgress): void => {
    const seconds = (performance.now() - start) / 1000
    const rate = bytes / seconds
    const left = rate > 0 ? `, ${durationText((allBytes - bytes) / rate)} left` : ''
    const done = `${bytesText(bytes)} of ${bytesText(allBytes)}, file ${files} of ${allFiles}`
    show(`${done}, ${bytesText(rate)}/s${left}`, allBytes === 0 ? 1 : bytes / allBytes)
  }
}
