import { IndexerProcessError } from './errors.ts'
import { type IndexerProcess, replacedChainExitCode, stuckExitCode } from './process.ts'

/**
 * Runs the indexer, and starts it anew: with what it knew when it no longer followed the chain, and with nothing of it when what it knew is
 * of another chain.
 *
 * @param reset - Takes away what it knew; given why.
 */
export function supervised(
  spawn: () => IndexerProcess,
  {
    knowsOther,
    reset,
  }: { knowsOther: (error: unknown) => boolean; reset: (why: unknown) => Promise<void> },
): IndexerProcess {
  let child = spawn()
  const stopping = new AbortController()
  const { signal } = stopping
  const run = async (): Promise<never> => {
    for (;;) {
      const error: unknown = await child.ended.catch((reason: unknown) => reason)
      if (signal.aborted || !(isStuck(error) || knowsOther(error))) throw error as Error
      if (!isStuck(error)) await reset(error)
      signal.throwIfAborted()
      child = spawn()
    }
  }
  const ended = run()
  // Whoever waits for it is told; an end that nobody waits for is no unhandled rejection.
  ended.catch(() => {})
  return {
    ended,
    async stop() {
      stopping.abort()
      await child.stop()
      await ended.catch(() => {})
    },
    kill: () => child.kill(),
    lastLines: () => child.lastLines(),
  }
}

/** Whether the indexer ended because it no longer followed the chain. */
function isStuck(error: unknown): boolean {
  return error instanceof IndexerProcessError && error.exitCode === stuckExitCode
}

/** Whether the indexer ended because the chain is not the one that it has indexed. */
export function isOtherChain(error: unknown): boolean {
  if (!(error instanceof IndexerProcessError)) return false
  return error.exitCode === replacedChainExitCode || said(error, 'cannot move backwards')
}

/** Whether the indexer ended because its tables were made by another version, or for other contracts. */
export function isOtherVersion(error: unknown): boolean {
  return (
    error instanceof IndexerProcessError &&
    (said(error, 'previously used by a different Ponder app') ||
      said(error, 'different minor version'))
  )
}

/**
 * Whether a line of the log says that some of the tables are there and no record of them: an embedded database that is killed while they are made
 * may keep some.
 */
export function saysUnmade(line: string): boolean {
  return line.includes('with that name already exists')
}

/** Whether the indexer ended because its tables were left half made. */
export function isUnmade(error: unknown): boolean {
  return error instanceof IndexerProcessError && error.log.some(saysUnmade)
}

/** Whether a line of the log says that the embedded database can't be opened: its making was broken off, or its disk failed. */
export function saysBroken(line: string): boolean {
  return line.includes('"database_diagnostic"') && line.includes('Aborted()')
}

/** Whether the indexer was ended because its embedded database can't be opened. */
export function isBroken(error: unknown): boolean {
  return error instanceof IndexerProcessError && error.log.some(saysBroken)
}

const said = ({ log }: IndexerProcessError, text: string) => log.some((line) => line.includes(text))
