/** Runs in the browser: verifies what the server hands out, with chains that are played back and with live ones. */
import { verifyReceipt, type VerificationPolicy } from '@assay/sdk/verify'
import { createClient, http } from 'viem'
import { replay } from '../hostile/chain/replay.ts'
import type { Tape } from '../hostile/chain/tape.ts'
import { type PlainOutcome, plainOutcomeOf } from './outcome.ts'

/** One input, and what it is to be judged by. */
export type Task = {
  input: unknown
  policy: VerificationPolicy | undefined
  /** Of which chain the client is: a URL asks the live one, a chain id the recorded one, undefined none. */
  client: string | undefined
}
export type Work = { tasks: Task[]; tapes: Record<string, Tape> }

/** Verifies everything of some work. */
export async function doWork({ tasks, tapes }: Work): Promise<PlainOutcome[]> {
  const outcomes: PlainOutcome[] = []
  for (const { input, policy, client } of tasks) {
    const options = { policy, client: client === undefined ? undefined : clientOf(client, tapes) }
    outcomes.push(await plainOutcomeOf(() => verifyReceipt(input, options)))
  }
  return outcomes
}

function clientOf(client: string, tapes: Work['tapes']) {
  if (client.startsWith('http')) return createClient({ transport: http(client) })
  const tape = tapes[client]
  return tape && replay(tape).client
}

Object.assign(globalThis, {
  // By fetch, as what a page is called with passes through encodings that lone surrogates don't survive.
  assayWork: async (path: string) => doWork((await (await fetch(path)).json()) as Work),
})
