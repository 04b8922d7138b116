import { type Address, formatEther, type Hex } from 'viem'
import { plainJson } from '../output/plain.ts'
import { table } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { timeOf } from '../output/time.ts'
import { type Cost, costJson, costText } from '../owner/cost.ts'
import { relayOf } from '../owner/relay.ts'
import type { OpenChain } from '../settings/chain.ts'
import type { InitOptions } from './options.ts'

/** What became of `assay init`. */
export type InitResult = {
  place: OpenChain
  owner: Address
  sessionKey: Address
  /** Unix seconds. */
  expiresAt: number
  /** Of the settings. */
  path: string
  /** Where the settings of the key before are kept. */
  kept?: string | undefined
} & (
  | { status: 'present' }
  | { status: 'authorized'; transactionHash: Hex | undefined }
  | { status: 'requested' }
  | { status: 'simulated'; cost: Cost }
)

const headlines = {
  present: 'The session key is authorized already.',
  authorized: 'The session key is authorized.',
  simulated: 'The chain would take the authorization. Nothing was sent or written.',
}

/** Shows what became of `assay init`. The request itself was the output where one was asked for. */
export async function showInit(
  result: InitResult,
  terminal: Terminal,
  options: InitOptions,
): Promise<void> {
  const { status, place, owner, sessionKey, expiresAt, path, kept } = result
  if (status === 'requested') {
    return terminal.note(
      'Next: have it signed, then `assay init --request <file> --signature <hex>`, to which a relay or the session key pays.',
    )
  }
  const inferenceLog = place.contract('inferenceLog')
  const relay = relayOf(options)
  const balance = await place.client.getBalance({ address: sessionKey })
  if (options.json) {
    const { chainId } = place
    const said = {
      status,
      chainId,
      inferenceLog,
      owner,
      sessionKey,
      expiresAt,
      settings: path,
      kept,
    }
    const more =
      status === 'simulated'
        ? costJson(result.cost)
        : status === 'authorized'
          ? { transactionHash: result.transactionHash }
          : {}
    await terminal.write(`${plainJson({ ...said, balance: String(balance), ...more })}\n`)
    return
  }
  const { colors } = terminal
  const rows: [string, string][] = [
    ['owner', owner],
    ['session key', sessionKey],
    ['until', timeOf(BigInt(expiresAt))],
    ['settings', path],
  ]
  if (kept !== undefined) rows.push(['settings before', kept])
  if (status === 'simulated') rows.push(['cost', costText(result.cost)])
  if (status === 'authorized' && result.transactionHash)
    rows.push(['transaction', result.transactionHash])
  if (relay === undefined) rows.push(['it holds', `${formatEther(balance)} ether`])
  const lines = [colors.bold(headlines[status]), table(rows, terminal)]
  if (relay === undefined && balance === 0n)
    lines.push(
      'It pays for settling: send it some of the chain’s coin, or name a relay by --relay.',
    )
  if (status !== 'simulated') lines.push(`Next: node --env-file=${path} your-app.js`)
  await terminal.write(`${lines.join('\n')}\n`)
}
