import type { Hex } from 'viem'

/** Something that was seen, on the chain or in a journal. */
export type Happening =
  | ({ event: 'opened'; logId: Hex; sessionKey: Hex } & OnChain)
  | ({
      event: 'settled'
      logId: Hex
      root: Hex
      first: bigint
      count: number
      mode: 'inline' | 'external'
      /** False: the owner did in the key's place. */
      signedByKey: boolean
    } & OnChain)
  | ({ event: 'skipped'; logId: Hex; first: bigint; count: number } & OnChain)
  | {
      event: 'journal'
      logId: Hex
      folder: string
      recorded: bigint
      settled: bigint
      pending: bigint
    }

type OnChain = { blockNumber: bigint; transactionHash: Hex }

/** A happening in a line, for reading. */
export function lineOf(it: Happening): string {
  const log = `${it.logId.slice(0, 10)}…`
  switch (it.event) {
    case 'opened':
      return `opened   ${log} by the session key ${it.sessionKey} · block ${it.blockNumber}`
    case 'settled': {
      const by = it.signedByKey ? '' : ', by the owner'
      return `settled  ${log} ${range(it)}, ${it.mode}${by} · block ${it.blockNumber} · ${it.transactionHash}`
    }
    case 'skipped':
      return `skipped  ${log} ${range(it)} · block ${it.blockNumber} · ${it.transactionHash}`
    case 'journal':
      return `journal  ${log} ${it.recorded} recorded, ${it.settled} settled, ${it.pending} pending`
  }
}

function range({ first, count }: { first: bigint; count: number }): string {
  return count === 1 ? `${first}` : `${first} to ${first + BigInt(count) - 1n}`
}
