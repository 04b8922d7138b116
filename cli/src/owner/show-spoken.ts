import { plainJson } from '../output/plain.ts'
import { table } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { costJson, costText } from './cost.ts'
import type { OwnerOptions } from './options.ts'
import type { Spoken } from './spoken.ts'

/**
 * Shows what came of the owner's word.
 *
 * @param what - Of what, such as `The model is published.`
 * @param named - What it is about, by the names of JSON's members.
 */
export async function showSpoken(
  spoken: Spoken | { status: 'present' },
  what: string,
  named: Record<string, string>,
  options: OwnerOptions,
  terminal: Terminal,
): Promise<void> {
  const { status } = spoken
  // The request was the output.
  if (status === 'requested') {
    return terminal.note(
      'Next: have it signed, then give this command again with --request <file> --signature <hex>.',
    )
  }
  const transactionHash = status === 'done' ? spoken.transactionHash : undefined
  if (options.json) {
    const cost = status === 'simulated' ? costJson(spoken.cost) : {}
    await terminal.write(`${plainJson({ status, ...named, transactionHash, ...cost })}\n`)
    return
  }
  const rows = Object.entries(named)
  if (transactionHash !== undefined) rows.push(['transaction', transactionHash])
  if (status === 'simulated') rows.push(['cost', costText(spoken.cost)])
  const headline = {
    done: what,
    present: `${what} It was so before; nothing was sent.`,
    simulated: 'The chain would take it. Nothing was sent.',
  }[status]
  await terminal.write(`${terminal.colors.bold(headline)}\n${table(rows, terminal)}\n`)
}
