import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createRecorder, fileJournal, type RecorderOptions } from '@assay/sdk'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

const sessionKey = generatePrivateKey()

/** What all recorders here have in common. */
export const common: RecorderOptions = {
  chainId: 31337,
  owner: privateKeyToAccount(sessionKey).address,
  sessionKey,
  inferenceLog: '0x0000000000000000000000000000000000000001',
  scheduledDelayMillis: 5,
  exportTimeoutMillis: 400,
  onError: () => undefined,
}

/** Two journals in one directory, in which recorders that have ended left something to settle. */
export async function leaveJournals(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-left-'))
  for (const name of ['one', 'two']) {
    const recorder = createRecorder({
      ...common,
      journal: fileJournal({ directory: join(directory, name) }),
      submit: () => Promise.reject(new RangeError('later')),
    })
    for (let i = 0; i < 3; i++) await recorder.record({ request: `${name} ${i}`, response: 'a' })
    await recorder.shutdown()
  }
  await cp(join(directory, 'two'), join(directory, 'one'), { recursive: true })
  return join(directory, 'one')
}

/**
 * What is not to be had of some inferences, once a sound recorder works on the journals that another one has left.
 *
 * @param had - Those whose receipts are handed out. Looked at each time: a recorder that shares a journal with one that gave up
 *   goes on with its work, and hands out to its listener.
 */
export async function lostOf(
  directory: string,
  inferences: ReadonlySet<string>,
  had: ReadonlySet<string>,
): Promise<string[]> {
  const found = new Set<string>()
  const missing = () => [...inferences].filter((id) => !found.has(id) && !had.has(id))
  for (let attempt = 0; attempt < 20 && missing().length > 0; attempt++) {
    // By then all work of the other one is over: what it still holds, it holds for good.
    if (attempt === 10) await removeLocks(directory)
    const recorder = createRecorder({
      ...common,
      journal: fileJournal({ directory }),
      submit: () => Promise.resolve({ transactionHash: undefined }),
    })
    await recorder.flush().catch(() => undefined)
    for (const id of missing()) {
      if (await recorder.receiptOf(id).catch(() => undefined)) found.add(id)
    }
    await recorder.shutdown()
    if (missing().length > 0) await pause(50)
  }
  return missing()
}

async function removeLocks(directory: string): Promise<void> {
  for (const folder of await readdir(directory)) {
    for (const name of await readdir(join(directory, folder))) {
      if (name.startsWith('lock.')) await rm(join(directory, folder, name), { force: true })
    }
  }
}
