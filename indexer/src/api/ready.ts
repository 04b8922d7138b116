import http, { type RequestListener } from 'node:http'
import type { ChainHead } from './chain-head.ts'
import { readProgress } from './progress.ts'

/** Whether what is asked for now is what the chain says now. */
export type Readiness = {
  ready: boolean
  /** Last block indexed. */
  block: bigint | undefined
  /** The chain's last block, by the endpoint; undefined: it gives no usable answer. */
  head: bigint | undefined
}

/** Tells whether the data is within `blocks` of the chain's head, and the endpoint answers. */
export async function readiness(
  readHead: () => Promise<ChainHead>,
  blocks: number,
): Promise<Readiness> {
  const [{ latest: head }, progress] = await Promise.all([
    readHead(),
    readProgress().catch(() => undefined),
  ])
  const block = progress?.block
  const ready = head !== undefined && block !== undefined && block + BigInt(blocks) >= head
  return { ready, block, head }
}

/**
 * Answers `/ready` before Ponder does. Ponder's own is 200 before the last blocks are in and while the endpoint is down, and its routes
 * come before ours; so this takes the request from the server that Ponder is about to make.
 */
export function answerReady(read: () => Promise<Readiness>): void {
  const { createServer } = http
  http.createServer = ((...args: Parameters<typeof createServer>) => {
    const listener = args.pop() as unknown as RequestListener
    const answering: RequestListener = (request, response) => {
      if (request.method !== 'GET' || request.url?.split('?', 1)[0] !== '/ready') {
        listener(request, response)
        return
      }
      void read().then(({ ready, block, head }) => {
        const text = (number: bigint | undefined) => (number === undefined ? null : String(number))
        response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ ready, block: text(block), head: text(head) }))
      })
    }
    return createServer(...([...args, answering] as unknown as Parameters<typeof createServer>))
  }) as typeof createServer
}
