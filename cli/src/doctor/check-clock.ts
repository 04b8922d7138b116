import type { OpenChain } from '../settings/chain.ts'
import type { Finding } from './finding.ts'

/** What says to be served later than so many seconds after its settlement is refuted. */
const tolerance = 300
/** A local chain makes blocks only when it has something to put into them. */
const localChain = 31_337

/** How this machine's clock stands against the chain's. */
export async function checkClock({ client, chainId }: OpenChain): Promise<Finding> {
  const check = 'clock'
  const { timestamp } = await client.getBlock()
  const ahead = Math.round(Date.now() / 1000 - Number(timestamp))
  if (ahead < -60) {
    const text = `this machine is ${-ahead} seconds behind the newest block`
    return {
      check,
      status: 'warn',
      text,
      fix: 'Set the clock; inferences would say too early a time.',
    }
  }
  const text = `the newest block is ${Math.max(0, ahead)} seconds old`
  if (ahead <= tolerance || chainId === localChain) return { check, status: 'ok', text }
  const fix =
    'Either the clock of this machine runs ahead, which refutes receipts (docs/recording.md#clocks), or the endpoint has fallen behind.'
  return { check, status: 'warn', text, fix }
}
