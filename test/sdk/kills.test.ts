import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRecorder, fileJournal, verifyReceipt } from '@assay/sdk'
import { bytesToHex, sha256, toHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ProcessSettings } from './support/recording-process.ts'
import { type Session, startSession } from './support/session.ts'

const long = process.env.ASSAY_TEST_LONG === '1'
const kills = long ? 200 : 10
const segmentBytes = 50_000

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

type Acknowledged = { n: number; inferenceId: string; sequence: number }

/** Runs the program, kills it at a random moment after its first line, and gives what it had acknowledged. */
async function runAndKill(settings: ProcessSettings): Promise<Acknowledged[]> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'support/recording-process.ts'), JSON.stringify(settings)],
    { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let output = ''
  child.stdout.on('data', (piece: Buffer) => (output += piece.toString()))
  const closed = once(child, 'close')
  await Promise.race([once(child.stdout, 'data'), closed])
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 400))
  child.kill('SIGKILL')
  await closed
  const lines = output.split('\n').slice(0, -1)
  return lines.map((line) => {
    const [n, inferenceId, sequence] = line.split(' ') as [string, string, string]
    return { n: Number(n), inferenceId, sequence: Number(sequence) }
  })
}

test(
  `killed at ${kills} random moments: nothing acknowledged is lost, nothing stands twice, every receipt verifies`,
  { timeout: long ? 3_600_000 : 120_000 },
  async () => {
    const directory = await session.directory()
    const { chain, owner, sessionKey, policy } = session
    const options = {
      chainId: chain.chainId,
      rpcUrl: chain.rpcUrl,
      inferenceLog: chain.addresses.inferenceLog,
      owner,
      sessionKey,
    }
    const acknowledged: Acknowledged[] = []
    for (let i = 0; i < kills; i++) {
      const settings = { ...options, directory, segmentBytes, from: 1_000_000 * (i + 1) }
      acknowledged.push(...(await runAndKill(settings)))
    }

    const errors: unknown[] = []
    const recorder = createRecorder({
      ...options,
      journal: fileJournal({ directory, segmentBytes }),
      onError: (error) => errors.push(error),
    })
    await recorder.flush()
    expect(recorder.status()).toMatchObject({ pending: 0, dropped: 0 })
    await recorder.shutdown()
    expect(errors).toEqual([])

    // One process at a time: all took up the same journal.
    const place = { ...options, sessionKey: session.sessionAccount.address }
    const journal = fileJournal({ directory, segmentBytes })(place)
    const { next, settled } = journal.state
    expect(settled).toBe(next)
    const requests = new Map<string, string>()
    for await (const group of journal.inferences(0n, Number(next))) {
      for (const record of group) {
        const request = bytesToHex(record.fields[0]?.value as Uint8Array)
        expect(requests.has(request)).toBe(false)
        requests.set(request, bytesToHex(record.inferenceId))
      }
    }
    await journal.close()
    for (const { n, inferenceId } of acknowledged) {
      expect(requests.get(sha256(toHex(`request ${n}`)))).toBe(inferenceId)
    }

    const reader = createRecorder({ ...options, journal: fileJournal({ directory, segmentBytes }) })
    let verified = 0
    for (const { inferenceId } of acknowledged) {
      // The short run looks at some of each process's.
      if (!long && Math.random() > 0.1) continue
      const receipt = await reader.receiptOf(inferenceId)
      const report = await verifyReceipt(receipt, { policy, client: chain.client })
      // Shown whole if one is not: it can't be had a second time.
      if (report.status !== 'verified') expect({ report, receipt }).toBeUndefined()
      verified++
    }
    await reader.shutdown()
    const result = { kills, acknowledged: acknowledged.length, kept: Number(next), verified }
    expect(acknowledged.length).toBeGreaterThan(kills)
    if (long) {
      await writeFile(
        new URL('../../bench/results/recorder-kills.json', import.meta.url),
        `${JSON.stringify({ command: 'pnpm test:long sdk/kills', node: process.version, ...result, lost: 0, twice: 0 }, null, 2)}\n`,
      )
    }
  },
)
