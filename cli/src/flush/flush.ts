import { createRecorder, fileJournal, relay } from '@assay/sdk'
import { BaseError } from '@assay/sdk/errors'
import type { GlobalOptions } from '../commands/global-options.ts'
import { UsageError } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { timeoutMillisOf } from '../input/limits.ts'
import { within } from '../input/within.ts'
import { existingJournalDirectory } from '../journals/journal-directory.ts'
import { createProgress } from '../output/progress.ts'
import { plainJson } from '../output/plain.ts'
import { showError } from '../output/show-error.ts'
import type { Terminal } from '../output/terminal.ts'
import { relayOf } from '../owner/relay.ts'
import { openChain } from '../settings/chain.ts'
import { loadEnvFile } from '../settings/env-file.ts'
import { sessionAccount } from '../settings/session-key.ts'
import { ownerAddress } from '../owner/account.ts'
import { countPending, type Pending } from './count-pending.ts'
import type { FlushOptions } from './options.ts'

/** How long settling may take, unless said otherwise, in seconds. */
const defaultSeconds = '300'
/** How often it is told how far it has come, in ms. */
const lookEvery = 200

/**
 * Settles what the journals on this disk hold for the session key, those of ended processes included.
 *
 * @returns 0 if nothing is left, 1 if something is.
 * @throws UsageError, JournalError, what the chain says of the settings
 */
export async function flush(
  options: FlushOptions & GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  await loadEnvFile(options.settings)
  const timeoutMillis = timeoutMillisOf(options.timeout ?? defaultSeconds)
  const account = sessionAccount()
  if (!account) throw new UsageError('The session key is not given: ASSAY_SESSION_KEY.')
  const owner = ownerAddress({})
  const directory = existingJournalDirectory(options.journal)
  const place = await openChain(options, Math.min(timeoutMillis, 30_000))
  const where = {
    chainId: place.chainId,
    inferenceLog: place.contract('inferenceLog'),
    owner,
    sessionKey: account.address,
  }
  if (directory === undefined) return tell({ settled: 0n, left: none }, undefined)
  const before = await countPending(directory, where)
  if (before.free === 0n) return tell({ settled: 0n, left: before }, undefined)

  const url = relayOf(options)
  const { rpcUrl, chainId } = place
  const errors: unknown[] = []
  const recorder = createRecorder({
    ...where,
    rpcUrl,
    sessionKey: process.env.ASSAY_SESSION_KEY,
    journal: fileJournal({ directory }),
    exportTimeoutMillis: timeoutMillis,
    onError: (error) => errors.push(error),
    ...(url === undefined ? {} : { submit: relay(url, { rpcUrl, timeoutMillis }) }),
  })
  const progress = createProgress(terminal)
  const timer = setInterval(() => {
    const { settled } = recorder.status()
    const share = settled / Number(before.free)
    progress.show(`${settled} of ${before.free} inferences settled on chain ${chainId}`, share)
  }, lookEvery)
  try {
    await within(timeoutMillis, recorder.flush())
  } catch (error) {
    errors.push(error)
  } finally {
    clearInterval(timer)
    progress.end()
  }
  // What is under way is given up where the time is over: the next run finds it settled, or settles it.
  const settled = BigInt(recorder.status().settled)
  await within(5_000, recorder.shutdown()).catch(() => undefined)
  const left = await countPending(directory, where)
  return tell({ settled, left }, left.free > 0n ? errors.at(-1) : undefined)

  async function tell(
    { settled, left }: { settled: bigint; left: Pending },
    error: unknown,
  ): Promise<ExitCode> {
    const code = left.free + left.held + left.others > 0n ? exitCodes.refuted : exitCodes.verified
    const { free, held, others } = left
    if (options.json) {
      const shown = error instanceof BaseError ? error : undefined
      const failure = shown && { code: shown.name, message: shown.shortMessage }
      const counts = { settled: String(settled), left: String(free), held: String(held) }
      await terminal.write(
        `${plainJson({ ...counts, ofOtherKeys: String(others), error: failure ?? null })}\n`,
      )
      return code
    }
    const lines = [`${settled} inferences settled, ${free} left.`]
    if (held > 0n)
      lines.push(`${held} are in journals that a running process holds; it settles them itself.`)
    if (others > 0n) {
      lines.push(
        `${others} belong to another session key, owner, chain or contract: flush with its settings.`,
      )
    }
    await terminal.write(`${lines.join('\n')}\n`)
    if (error !== undefined) await showError(error, terminal, false)
    return code
  }
}

const none: Pending = { free: 0n, held: 0n, others: 0n }
