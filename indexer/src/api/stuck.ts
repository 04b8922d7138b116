import { stuckExitCode } from '../../process.ts'
import type { ChainHead } from './chain-head.ts'
import { endWith } from './ending.ts'
import { isLive, readProgress } from './progress.ts'

/**
 * Ends the process when it no longer follows the chain, so that whoever runs it starts it anew: Ponder takes no block twice, not even one
 * that it could not read, so that after an answer that no retry mends it would wait for the next block, however long that is away.
 *
 * @param seconds - How long it may be behind an endpoint that answers, without having got any further.
 */
export function endWhenStuck(
  chainId: number,
  readHead: () => Promise<ChainHead>,
  seconds: number,
): void {
  let last: { block: bigint | undefined; since: number } = { block: undefined, since: Date.now() }
  const look = async () => {
    const [{ latest }, progress, live] = await Promise.all([
      readHead(),
      readProgress().catch(() => undefined),
      isLive().catch(() => false),
    ])
    const block = progress?.get(chainId)?.block
    const waits = live && latest !== undefined && block !== undefined && block < latest
    if (!waits || block !== last.block) last = { block, since: Date.now() }
    if (Date.now() - last.since < seconds * 1_000) return
    clearInterval(timer)
    const where = `block ${block} of chain ${chainId} for ${seconds} s, of ${latest}`
    endWith(stuckExitCode, `No further than ${where}: started anew`)
  }
  const timer = setInterval(() => void look(), Math.min(5_000, seconds * 250)).unref()
}
