import {
  createRecorder,
  type InferenceRecord,
  memoryJournal,
  type Journal,
  type RecorderOptions,
} from '@assay/sdk'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { expect } from 'vitest'
import { pause, sha256, type HostileServer, type Script, type SeenRequest } from './server.ts'
import { settled } from './shapes.ts'

/** What was recorded, by the names of the fields; digests in hex. */
export type Inference = Record<string, string>

export type Fetch = typeof fetch

export type Run = (tools: { fetch: Fetch; url: string }) => Promise<unknown>

/** A recorder without a chain, and what it has put into its journal. */
export function startRecorder(options: RecorderOptions = {}) {
  const records: InferenceRecord[] = []
  const journal: Journal = (place) => {
    const open = (options.journal ?? memoryJournal())(place)
    return {
      ...open,
      addInference(record) {
        records.push(record)
        return open.addInference(record)
      },
    }
  }
  const sessionKey = generatePrivateKey()
  const recorder = createRecorder({
    chainId: 31337,
    owner: privateKeyToAccount(sessionKey).address,
    sessionKey,
    inferenceLog: '0x0000000000000000000000000000000000000001',
    submit: () => Promise.resolve({ transactionHash: undefined }),
    scheduledDelayMillis: 10,
    ...options,
    journal,
  })
  return { recorder, inferences: () => records.map((it) => shapeOfRecord(it)) }
}

function shapeOfRecord(record: InferenceRecord): Inference {
  const shown = record.fields.map(({ name, value }): [string, string] => [
    name,
    Buffer.from(value).toString(name.endsWith('.sha256') ? 'hex' : 'utf8'),
  ])
  return Object.fromEntries(shown.filter(([, value]) => value !== ''))
}

/** Runs something and gathers all that it, the process and the server saw of it. */
export async function observe(server: HostileServer, script: Script, run: () => Promise<unknown>) {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(String(reason))
  process.on('unhandledRejection', note)
  try {
    server.play(script)
    const outcome = await settled(run())
    const requests = await server.seen()
    await pause(5)
    return { outcome, requests, unhandled }
  } finally {
    process.off('unhandledRejection', note)
  }
}

/**
 * Runs something with `fetch` and with `recorder.fetch` against the same server, and expects both to have seen the same.
 *
 * @returns What was recorded, and what both saw.
 */
export async function bothWays(
  server: HostileServer,
  script: Script,
  run: Run,
  options: RecorderOptions = {},
) {
  const errors: unknown[] = []
  const { recorder, inferences } = startRecorder({
    onError: (error) => errors.push(error),
    ...options,
  })
  const { url } = server
  const plain = await observe(server, script, () => run({ fetch: globalThis.fetch, url }))
  const recorded = await observe(server, script, () => run({ fetch: recorder.fetch, url }))
  await recorder.flush()
  await recorder.shutdown()
  expect(recorded).toEqual(plain)
  return { inferences: inferences(), errors, ...plain }
}

/** Expects one inference with these digests. Left out: the digest is not known. */
export function expectInference(
  inferences: Inference[],
  { outcome, response, requests }: Expected,
): void {
  expect(inferences).toHaveLength(1)
  const request = requests?.at(-1)?.body.sha256
  expect(inferences[0]).toMatchObject({
    outcome,
    'response.sha256': sha256(response),
    ...(request === undefined ? {} : { 'request.sha256': request }),
  })
}

type Expected = { outcome: string; response: string | Uint8Array; requests?: SeenRequest[] }
