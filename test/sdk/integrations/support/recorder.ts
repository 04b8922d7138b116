import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createRecorder,
  fileJournal,
  type Journal,
  memoryJournal,
  type Recorder,
  type RecorderOptions,
} from '@assay/sdk'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

const sessionKey = generatePrivateKey()
const owner = privateKeyToAccount(generatePrivateKey()).address
const stops: (() => Promise<unknown>)[] = []

/** A recorder with a journal on disk. What it settles is taken at once: these tests are about recording alone. */
export async function localRecorder(options: RecorderOptions = {}): Promise<Recorder> {
  const recorder = createRecorder({
    chainId: 31337,
    owner,
    sessionKey,
    inferenceLog: '0x0000000000000000000000000000000000000001',
    journal: fileJournal({ directory: join(await emptyDirectory(), 'journal') }),
    submit: () => Promise.resolve({ transactionHash: undefined }),
    scheduledDelayMillis: 5,
    exportTimeoutMillis: 5_000,
    ...options,
  })
  stops.push(() => recorder.shutdown())
  return recorder
}

/** A journal that takes everything and never writes it. */
export function hangingJournal(): Journal {
  const open = memoryJournal()
  return (place) => ({ ...open(place), sync: () => new Promise(() => {}) })
}

/** A directory that `stopRecorders` removes. */
export async function emptyDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'assay-test-'))
  stops.push(() => rm(path, { recursive: true, force: true }))
  return path
}

/** Ends all recorders of this file, and removes what they wrote. */
export async function stopRecorders(): Promise<void> {
  for (const stop of stops.splice(0).toReversed()) await stop()
}
