import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { InferenceReceipt, Journal, RecordedInference, Recorder } from '@assay/sdk'
import type { HostileServer } from '../observables/server.ts'
import { settled } from '../observables/shapes.ts'
import { createFaults, type Fault, type Faults } from './faults.ts'
import { faulty } from './faulty-globals.ts'
import { faultySdk, type Sdk } from './faulty-sdk.ts'
import { common, lostOf } from './left-journals.ts'
import { ask, plainWay, recordable, recordedWay, script, type Way } from './questions.ts'

/** How long anything but the application's own calls may take, in ms. */
const maxMillis = 2_500
/** How long ending may take, in ms, on a busy machine too: it is `exportTimeoutMillis` twice, and a second to write. */
const maxEndMillis = 10_000

/** What came of a run. */
export type Result = {
  faults: Faults
  /** What the application and the server saw of the calls; undefined if they did not come to an end. */
  seen: unknown
  /** Whether `shutdown` came back. */
  ended: boolean
  /** Inferences that nobody was told of in any way. */
  untold: number
  /** Inferences that were acknowledged, and are not to be had any more. Only asked for if it ended. */
  lost: string[]
}

/** All that the application and the server see of the questions. */
async function observe(server: HostileServer, way: Way): Promise<unknown> {
  server.play(script)
  const outcome = await settled(ask(server.url, way))
  return { outcome, requests: await server.seen() }
}

/** What is seen without a recorder. */
export const plainRun = (server: HostileServer) => observe(server, plainWay)

/**
 * Asks by a recorder that has work left from earlier runs, and in which something fails.
 *
 * @param left - Of `leaveJournals`.
 */
export async function run(server: HostileServer, left: string, fault?: Fault): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-faults-'))
  const journals = join(directory, 'journals')
  await cp(left, journals, { recursive: true })
  const faults = createFaults(fault)
  const sdk = await faultySdk(faults)
  const handedOut = new Set<string>()
  const acknowledged = new Set<string>()
  const note = (it: RecordedInference | undefined) => it && acknowledged.add(it.inferenceId)
  try {
    const recorder = faultyRecorder(sdk, faults, directory, (it) => handedOut.add(it.inferenceId))
    const middleware = sdk.assayMiddleware(recorder)
    faults.arm()
    const captured: Promise<unknown>[] = []
    const way = recordedWay(recorder, middleware, ({ inferences }) => {
      // Who asks is told what went wrong, and looks at it later.
      const noted = inferences().then((all) => all.forEach(note))
      noted.catch(() => undefined)
      captured.push(noted)
    })
    const seen = await within(observe(server, way), 20_000)
    const own = await within(settled(recorder.record({ request: 'q', response: 'a' }).then(note)))
    await within(Promise.allSettled(captured))
    const ended = await finish(recorder, [...acknowledged])
    const { recorded, dropped, failed } = recorder.status()
    // What `record` throws tells, too.
    const told = recorded + dropped + failed + (isError(own) ? 1 : 0)
    const untold = Math.max(0, recordable + 1 - told)
    const lost = ended ? await lostOf(journals, acknowledged, handedOut) : []
    return { faults, seen, ended, untold, lost }
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 10 })
  }
}

function faultyRecorder(
  sdk: Sdk,
  faults: Faults,
  directory: string,
  onReceipt: (receipt: InferenceReceipt) => unknown,
): Recorder {
  const { object } = faulty(faults)
  const adapters = object(
    {
      submit: () => Promise.resolve({ transactionHash: undefined }),
      isFinal: () => Promise.resolve(true),
      onReceipt: (receipt: InferenceReceipt) => Promise.resolve(onReceipt(receipt)),
      onError: () => undefined,
      onDrop: () => undefined,
      shouldRecord: () => true,
      mask: (bytes: Uint8Array) => bytes,
      waitUntil: () => undefined,
    },
    'adapter',
  )
  const files = sdk.fileJournal({
    directory: join(directory, 'journals'),
    segmentBytes: 3_000,
    compact: true,
  })
  return sdk.createRecorder({
    ...common,
    journal: faultyJournal(files, (journal) => object(journal, 'journal')),
    submit: Object.assign(() => adapters.submit(), { isFinal: () => adapters.isFinal() }),
    contentStore: object(sdk.fileContentStore({ directory: join(directory, 'content') }), 'store'),
    recordInputs: { mask: (bytes) => adapters.mask(bytes) },
    recordOutputs: true,
    shouldRecord: () => adapters.shouldRecord(),
    waitUntil: () => adapters.waitUntil(),
    onReceipt: (receipt) => adapters.onReceipt(receipt),
    onError: () => adapters.onError(),
    onDrop: () => adapters.onDrop(),
  })
}

type OpenJournal = ReturnType<Journal>
type Place = Parameters<Journal>[0]

function faultyJournal(files: Journal, wrap: (journal: OpenJournal) => OpenJournal): Journal {
  const each = (open: Journal['free']) =>
    function* (place: Place) {
      for (const journal of open?.(place) ?? []) yield wrap(journal)
    }
  return Object.assign((place: Place) => wrap(files(place)), {
    directory: files.directory,
    abandoned: each(files.abandoned),
    free: each(files.free),
  })
}

/** Asks for what was recorded, and ends the recorder, as far as that works. @returns Whether it ended. */
async function finish(recorder: Recorder, inferences: readonly string[]): Promise<boolean> {
  for (const inference of inferences) {
    const receipt = await within(recorder.receiptOf(inference))
    if (receipt) await within(recorder.contentOf(receipt))
  }
  await within(recorder.flush())
  const ended = recorder.shutdown().then(() => true)
  return (await within(ended, maxEndMillis)) ?? false
}

/** What work gives; undefined if it fails, or takes too long. */
async function within<T>(work: Promise<T>, millis = maxMillis): Promise<T | undefined> {
  const late = new AbortController()
  const waiting = pause(millis, undefined, { signal: late.signal }).catch(() => undefined)
  return Promise.race([work, waiting])
    .catch(() => undefined)
    .finally(() => late.abort())
}

const isError = (outcome: unknown) => typeof outcome === 'object' && 'error' in (outcome ?? {})
