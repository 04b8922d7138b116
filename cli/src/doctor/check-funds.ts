import { formatEther } from 'viem'
import type { OpenChain } from '../settings/chain.ts'
import { sessionAccount } from '../settings/session-key.ts'
import type { Finding } from './finding.ts'

/** What a settlement of a full batch of 1,000 inferences uses inline. */
const gasOfBatch = 2_200_000n
/** Below so many batches it is time to send something. */
const fewBatches = 20n

/** Whether the session key can pay for its settlements. */
export async function checkFunds({ client }: OpenChain): Promise<Finding | undefined> {
  const address = sessionAccount()?.address
  if (!address) return undefined
  const balance = await client.getBalance({ address })
  const gasPrice = await client.getGasPrice()
  const batches = gasPrice === 0n ? fewBatches : balance / (gasOfBatch * gasPrice)
  const check = 'funds'
  const enough = `enough for about ${batches} batches of 1,000 inferences`
  const text = `${address} holds ${formatEther(balance)} ether, ${enough}`
  const fix = `Send some of the chain's coin to ${address}, or name a relay that pays: ASSAY_RELAY_URL.`
  if (batches === 0n) return { check, status: balance === 0n ? 'fail' : 'warn', text, fix }
  return batches < fewBatches ? { check, status: 'warn', text, fix } : { check, status: 'ok', text }
}
