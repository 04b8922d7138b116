import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cleanEnv } from '../../support/run-script.ts'
import { type Fetch, startRecorder } from './both-ways.ts'
import { mega, rise } from './memory.ts'

let server: ChildProcess
let url: string
beforeAll(async () => {
  server = spawn(process.execPath, [join(import.meta.dirname, 'large-server.ts')], {
    env: cleanEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(server.stdout!, 'data')) as [Buffer]
  url = `${line.toString().trim()}/v1/chat/completions`
})
afterAll(async () => {
  const closed = once(server, 'close')
  server.kill()
  await closed
})

const large = 100 * mega
/** Enough for what is allocated once. */
const small = 5 * mega
const pieceSize = 64 * 2 ** 10
/** How much more may be held than without a recorder, in MB. */
const room = 20

/** A body that is made as it is asked for. */
function bodyOf(size: number, type?: 'bytes') {
  const hash = createHash('sha256')
  const pulled = { bytes: 0 }
  const source = {
    pull(controller: ReadableStreamDefaultController | ReadableByteStreamController) {
      const piece = new Uint8Array(pieceSize).fill(pulled.bytes / pieceSize)
      pulled.bytes += piece.length
      hash.update(piece)
      controller.enqueue(piece)
      if (pulled.bytes < size) return
      controller.close()
      if ('byobRequest' in controller) controller.byobRequest?.respond(0)
    },
  }
  const stream = type
    ? new ReadableStream({ ...source, type })
    : new ReadableStream(source, { highWaterMark: 0 })
  return { stream, pulled, digest: () => hash.digest('hex') }
}

const send = (fetching: Fetch, body: BodyInit, query = '') =>
  fetching(url + query, { method: 'POST', body, duplex: 'half' } as RequestInit)

async function upload(fetching: Fetch, size: number, type?: 'bytes'): Promise<string> {
  const { stream, digest } = bodyOf(size, type)
  const answer = (await (await send(fetching, stream)).json()) as { length: number; sha256: string }
  const sent = digest()
  expect(answer).toEqual({ id: 'large', length: size, sha256: sent })
  return sent
}

async function download(fetching: Fetch, size: number): Promise<string> {
  const response = await send(fetching, '{"model":"m"}', `?send=${size}`)
  const hash = createHash('sha256')
  let length = 0
  for await (const piece of response.body!) {
    length += piece.length
    hash.update(piece)
  }
  expect(length).toBe(size)
  return hash.digest('hex')
}

describe('100 MB, by a server in a process of its own', () => {
  test.each([
    ['sent as a stream', 'request.sha256', upload],
    [
      'sent as a stream of bytes',
      'request.sha256',
      (fetching: Fetch, size: number) => upload(fetching, size, 'bytes'),
    ],
    ['received', 'response.sha256', download],
  ] as const)(
    'default: %s: held in flat memory, and digested',
    { timeout: 120_000 },
    async (_, field, pass) => {
      const { recorder, inferences } = startRecorder()
      await pass(globalThis.fetch, small)
      await pass(recorder.fetch, small)
      const plain = await rise(() => pass(globalThis.fetch, large))
      let digest = ''
      const recorded = await rise(async () => {
        digest = await pass(recorder.fetch, large)
      })
      await recorder.flush()
      expect(inferences()).toHaveLength(2)
      expect(inferences()[1]).toMatchObject({ outcome: 'complete', [field]: digest })
      expect(recorded - plain).toBeLessThan(room)
      await recorder.shutdown()
    },
  )

  test(
    'behavior: a server that does not read holds the body back as much',
    { timeout: 60_000 },
    async () => {
      const { recorder } = startRecorder()
      const pulledBy = async (fetching: Fetch) => {
        const { stream, pulled } = bodyOf(large)
        const sending = send(fetching, stream, '?hold')
        let before = -1
        while (before !== pulled.bytes) {
          before = pulled.bytes
          await new Promise((resolve) => setTimeout(resolve, 200))
        }
        await fetch(url)
        await (await sending).text()
        return before / mega
      }
      // As much as fits between two processes, whose sockets grow as they like: up to 30 MB, where whoever reads ahead takes all.
      expect(await pulledBy(globalThis.fetch)).toBeLessThan(50)
      expect(await pulledBy(recorder.fetch)).toBeLessThan(50)
      await recorder.shutdown()
    },
  )
})
