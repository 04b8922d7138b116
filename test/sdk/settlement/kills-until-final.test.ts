/** Processes that die between signing and finality, on a chain that takes blocks back: each inference is settled once in the end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileJournal, verifyReceipt } from '@assay/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cleanEnv } from '../../support/run-script.ts'
import { settledInline } from '../support/on-chain.ts'
import { type Session, startSession } from '../support/session.ts'
import type { SettlingSettings } from '../support/settling-process.ts'

const long = process.env.ASSAY_TEST_LONG === '1'
const kills = long ? 100 : 8
const confirmations = 5
const blockMillis = 100

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

/** What a process wrote, line by line. */
function linesOf(child: ChildProcess): string[] {
  const lines: string[] = []
  let rest = ''
  child.stdout?.on('data', (piece: Buffer) => {
    const parts = (rest + piece.toString()).split('\n')
    rest = parts.pop() as string
    lines.push(...parts)
  })
  return lines
}

type Death = { acknowledged: string[]; blocksTakenBack: number }

/** Runs the program and kills it at a random moment after it signed a batch; now and then the chain takes back what is not final. */
async function runAndKill(settings: SettlingSettings): Promise<Death> {
  const { client } = session.chain
  const program = join(import.meta.dirname, '../support/settling-process.ts')
  const child = spawn(process.execPath, [program, JSON.stringify(settings)], {
    env: cleanEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const lines = linesOf(child)
  const signings = 1 + Math.floor(Math.random() * 3)
  while (lines.filter((line) => line.startsWith('signed')).length < signings) {
    if (child.exitCode !== null) throw new Error(`It ended by itself:\n${lines.join('\n')}`)
    await wait(2)
  }
  const id = await client.snapshot()
  const height = await client.getBlockNumber()
  await wait(Math.random() * (confirmations + 1) * blockMillis)
  child.kill('SIGKILL')
  await closed
  const blocks = Number((await client.getBlockNumber()) - height)
  // What has so many blocks on it counts as final, and is never taken back.
  const takesBack = blocks > 0 && blocks < confirmations - 1 && Math.random() < 0.5
  if (takesBack) await client.revert({ id })
  const acknowledged = lines.flatMap((line) => /^recorded (0x\w+)$/.exec(line)?.[1] ?? [])
  return { acknowledged, blocksTakenBack: takesBack ? blocks : 0 }
}

test(
  `behavior: killed at ${kills} random moments between signing and finality: all is settled once, and verifies`,
  { timeout: long ? 3_600_000 : 120_000 },
  async () => {
    const { chain, owner, sessionKey, policy } = session
    const directory = await session.directory()
    const place = {
      ...{ chainId: chain.chainId, rpcUrl: chain.rpcUrl, owner, sessionKey },
      inferenceLog: chain.addresses.inferenceLog,
    }
    await chain.client.setAutomine(false)
    await chain.client.setIntervalMining({ interval: blockMillis / 1_000 })
    const deaths: Death[] = []
    for (let i = 0; i < kills; i++) {
      deaths.push(await runAndKill({ ...place, directory, confirmations, name: `run ${i}` }))
    }

    const recorder = await session.recorder({
      journal: fileJournal({ directory }),
      finality: { confirmations },
      finalityPollMillis: 50,
    })
    const last = await recorder.record({ request: 'the last', response: 'one' })
    await recorder.flush()
    const acknowledged = [...deaths.flatMap((it) => it.acknowledged), last!.inferenceId]
    const key = session.sessionAccount.address
    // What a later reorganization took back is missed within a poll, until it has its confirmations.
    await wait(2 * confirmations * blockMillis)
    await recorder.flush()
    await wait(2 * confirmations * blockMillis)
    const settled = await settledInline(chain, key)
    expect(new Set(settled).size).toBe(settled.length)
    expect(settled).toEqual(expect.arrayContaining(acknowledged))
    for (const id of settled) {
      const receipt = await recorder.receiptOf(id)
      const report = await verifyReceipt(receipt, { policy, client: chain.client })
      if (report.status !== 'verified') expect({ report, receipt }).toBeUndefined()
    }
    expect(recorder.status()).toMatchObject({ pending: 0, dropped: 0 })
    const result = {
      ...{ kills, acknowledged: acknowledged.length, settled: settled.length, lost: 0, twice: 0 },
      reorganizations: deaths.filter((it) => it.blocksTakenBack > 0).length,
      blocksTakenBack: deaths.reduce((sum, it) => sum + it.blocksTakenBack, 0),
    }
    console.log(JSON.stringify(result))
    if (!long) return
    const command = 'pnpm test:long kills-until-final'
    await writeFile(
      new URL('../../../bench/results/settling-kills.json', import.meta.url),
      `${JSON.stringify({ command, node: process.version, ...result }, null, 2)}\n`,
    )
  },
)
