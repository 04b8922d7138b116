import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  direct,
  fileJournal,
  type InferenceReceipt,
  type Journal,
  type SignedBatch,
} from '@assay/sdk'
import { fileStore } from '@assay/sdk/stores'
import { bytesToHex, hexToBytes, stringToBytes } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHostileServer } from '../observables/server.ts'
import { type Session, startSession } from '../support/session.ts'
import { backends } from './support/backends.ts'
import { listenBefore } from './support/listening-proxy.ts'

/** What was recorded, and all that has to stay where it is. */
type Recorded = {
  batches: SignedBatch[]
  secrets: { what: string; bytes: Uint8Array }[]
  journal: Buffer
}

const texts = {
  request: 'a question that only the two of them know',
  response:
    '{"id":"answer-of-this-test","model":"model-of-this-test","choices":[{"message":{"content":"yes"}}]}',
}

let session: Session
let recorded: Recorded
beforeAll(async () => {
  session = await startSession()
  recorded = await record(session)
}, 60_000)
afterAll(() => session.stop())

/** Records real inferences by a recorder whose journal shows its seed and whose batches are kept aside as they are settled. */
async function record(from: Session): Promise<Recorded> {
  const { chain, sessionKey, sessionAccount: account } = from
  const path = await from.directory()
  const onDisk = fileJournal({ directory: path })
  const seeds: Uint8Array[] = []
  const journal: Journal = (place) => {
    const opened = onDisk(place)
    seeds.push(opened.seed)
    return opened
  }
  const batches: SignedBatch[] = []
  const { chainId, rpcUrl } = chain
  const settle = direct({ rpcUrl, chainId, account, timeoutMillis: 10_000 })
  const recording = await from.recorder({
    journal,
    submit(signed) {
      batches.push(signed)
      return settle(signed)
    },
  })
  const provider = await startHostileServer()
  provider.play(({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(texts.response)
  })
  const receipts: InferenceReceipt[] = []
  for (let i = 0; i < 20; i++) {
    const answer = await recording.fetch(`${provider.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'model-asked-for-by-this-test', q: `${texts.request} ${i}` }),
    })
    await answer.text()
    const receipt = await recording.receiptOf(answer)
    receipts.push(receipt ?? expect.unreachable('there is no receipt'))
  }
  await provider.stop()
  const segments = (await readdir(path, { recursive: true })).filter((it) => /\.journal$/.test(it))
  const files = await Promise.all(segments.map((it) => readFile(join(path, it))))
  expect(seeds).toHaveLength(1)
  return { batches, secrets: secretsOf(receipts, seeds, sessionKey), journal: Buffer.concat(files) }
}

function secretsOf(receipts: InferenceReceipt[], seeds: Uint8Array[], sessionKey: `0x${string}`) {
  const fields = receipts.flatMap((receipt) => receipt.fields.opened)
  const secrets = [
    ...seeds.map((bytes) => ({ what: 'seed', bytes })),
    { what: 'session key', bytes: hexToBytes(sessionKey) },
    ...Object.entries(texts).map(([what, text]) => ({ what, bytes: stringToBytes(text) })),
    ...fields.map(({ name, salt }) => ({ what: `salt of ${name}`, bytes: hexToBytes(salt) })),
    ...fields
      // A few bytes, such as those of a number, are found in anything.
      .filter(({ value }) => value.length >= 2 + 2 * 6)
      .map(({ name, value }) => ({ what: `value of ${name}`, bytes: hexToBytes(value) })),
  ]
  const names = new Set(secrets.map(({ what }) => what))
  for (const what of [
    'request.sha256',
    'response.sha256',
    'endpoint',
    'model.requested',
    'model.returned',
  ]) {
    expect(names).toContain(`salt of ${what}`)
    expect(names).toContain(`value of ${what}`)
  }
  return secrets
}

/** Forms in which bytes could travel. */
function formsOf(bytes: Uint8Array): Buffer[] {
  const buffer = Buffer.from(bytes)
  const hex = buffer.toString('hex')
  return [
    buffer,
    Buffer.from(hex),
    Buffer.from(hex.toUpperCase()),
    Buffer.from(buffer.toString('base64').replace(/=+$/, '')),
    Buffer.from(buffer.toString('base64url')),
    Buffer.from(encodeURIComponent(buffer.toString('latin1'))),
  ]
}

function leaksIn(place: Buffer): string[] {
  return recorded.secrets
    .filter(({ bytes }) => formsOf(bytes).some((form) => place.includes(form)))
    .map(({ what }) => what)
}

/** What must be there, so that an empty place can't pass for a discreet one. */
function expectCommitments(place: Buffer): void {
  const commitments = recorded.batches.flatMap(({ batch }) => commitmentsIn(batch.data))
  expect(commitments.length).toBe(20)
  for (const commitment of commitments) expect(place.includes(commitment)).toBe(true)
}

function commitmentsIn(data: Uint8Array): Buffer[] {
  const view = Buffer.from(data)
  const start = 9 + 32 * (view.readUInt16BE(1) + view.readUInt16BE(3))
  return Array.from({ length: view.readUInt32BE(5) }, (_, i) =>
    view.subarray(start + 42 * i + 10, start + 42 * i + 42),
  )
}

test('behavior: the search finds what is searched for where it is: in the journal', () => {
  const found = new Set(leaksIn(recorded.journal))
  for (const what of ['seed', 'value of request.sha256', 'value of endpoint']) {
    expect(found, bytesToHex(recorded.journal.subarray(0, 64))).toContain(what)
  }
})

const withServer = Object.entries(backends).filter(([name]) => name !== 'file')

test.each(withServer)('default: %s: of all that is sent, nothing is private', async (_, start) => {
  const backend = await start()
  const proxy = await listenBefore(backend.url ?? '')
  try {
    const store = backend.store(proxy.url)
    // Twice: what is there already is asked for in other ways.
    for (let i = 0; i < 2; i++) {
      for (const { batch } of recorded.batches) await store.put(batch.data, batch.dataDigest)
    }
    for (const { batch } of recorded.batches) await store.get(batch.dataDigest)
  } finally {
    await proxy.stop()
    await backend.stop()
  }
  expectCommitments(proxy.sent())
  expect(leaksIn(proxy.sent())).toEqual([])
})

test('default: file: of all that is written, nothing is private', async () => {
  const directory = await session.directory()
  const store = fileStore({ directory, publicUrl: 'https://data.example' })
  const uris: string[] = []
  for (const { batch } of recorded.batches) {
    uris.push((await store.put(batch.data, batch.dataDigest)).uri ?? '')
  }
  const names = await readdir(directory)
  const files = await Promise.all(names.map((name) => readFile(join(directory, name))))
  const all = Buffer.concat([...files, Buffer.from([...names, ...uris].join('\n'))])
  expectCommitments(all)
  expect(leaksIn(all)).toEqual([])
})
