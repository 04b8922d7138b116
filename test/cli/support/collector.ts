import { type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Journal, RecorderOptions } from '@assay/sdk'
import { mkdir } from 'node:fs/promises'
import { type Collector, createCollector } from '../../../cli/src/collect/create-collector.ts'
import type { GuardOptions } from '../../../cli/src/collect/guard.ts'
import { type CollectorLimits, defaultLimits } from '../../../cli/src/collect/limits.ts'
import type { Session } from '../../sdk/support/session.ts'
import { startAssay } from './assay.ts'

/** Members that some answer has. */
export type AnswerBody = {
  inferenceId: string
  sequence: string
  repeated: boolean
  state: string
  code: string
  detail: string
  type: string
  recorded: number
  waiting: number
  inferences: AnswerBody[]
}

/** What was answered. */
export type Answer = {
  status: number
  type: string | null
  headers: Headers
  json: AnswerBody
}

/** Sends a request to a fetch-handler, or over HTTP. */
export type Ask = (path: string, init?: RequestInit) => Promise<Answer>

export type Asking = {
  ask: Ask
  /** Hands in a record, or several, or any text as one. */
  post: (record: unknown, headers?: Record<string, string>) => Promise<Answer>
}

export function askingBy(send: (path: string, init?: RequestInit) => Promise<Response>): Asking {
  const ask: Ask = async (path, init) => {
    const response = await send(path, init)
    const text = await response.text()
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      headers: response.headers,
      json: JSON.parse(text || 'null') as AnswerBody,
    }
  }
  return {
    ask,
    post(record, headers = {}) {
      const several = Array.isArray(record)
      const body = several
        ? record.map((it) => JSON.stringify(it)).join('\n')
        : typeof record === 'string'
          ? record
          : JSON.stringify(record)
      const type = several ? 'application/x-ndjson' : 'application/json'
      return ask('/v1/inferences', {
        method: 'POST',
        body,
        headers: { 'content-type': type, ...headers },
      })
    },
  }
}

export type InProcess = Asking & { collector: Collector; directory: string; errors: unknown[] }

export type InProcessOptions = {
  directory?: string
  limits?: Partial<CollectorLimits>
  guard?: Partial<GuardOptions>
  recorder?: Partial<RecorderOptions>
  journal?: Journal
}

/** A collector in this process, asked without a port. */
export async function createInProcess(
  at: Session,
  options: InProcessOptions = {},
): Promise<InProcess> {
  const { chain, owner, sessionKey, sessionAccount } = at
  const directory = options.directory ?? (await at.directory())
  await mkdir(directory, { recursive: true })
  const { inferenceLog } = chain.addresses
  const { chainId, rpcUrl } = chain
  const errors: unknown[] = []
  const tell = (error: unknown) => void errors.push(error)
  const collector = await createCollector({
    place: { chainId, inferenceLog, owner, sessionKey: sessionAccount.address },
    directory,
    journal: options.journal,
    limits: { ...defaultLimits, ...options.limits },
    guard: {
      allowedHosts: [],
      allowedOrigins: [],
      hasToken: undefined,
      ...options.guard,
    },
    recorder: {
      ...{ chainId, inferenceLog, owner, sessionKey, rpcUrl },
      scheduledDelayMillis: 50,
      onError: tell,
      ...options.recorder,
    },
    onUnread: tell,
    onFailure: tell,
  })
  const send = (path: string, init?: RequestInit) =>
    collector.fetch(new Request(`http://127.0.0.1:8547${path}`, init))
  return { ...askingBy(send), collector, directory, errors }
}

export type Spawned = Asking & {
  url: string
  child: ChildProcess
  /** What it told so far, a JSON object a line. */
  events: Record<string, unknown>[]
  /** What it said on standard error. */
  said(): string
  /** Sends a signal, and gives the exit code and the signal by which it ended. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: string | null }>
}

/** The settings of a session, as the environment has them. */
export const environmentOf = ({ chain, owner, sessionKey }: Session, directory: string) => ({
  ASSAY_RPC_URL: chain.rpcUrl,
  ASSAY_CHAIN_ID: String(chain.chainId),
  ASSAY_INFERENCE_LOG: chain.addresses.inferenceLog,
  ASSAY_OWNER: owner,
  ASSAY_SESSION_KEY: sessionKey,
  ASSAY_JOURNAL: directory,
})

/** `assay collect` as a process of its own, once it listens. */
export async function spawnCollector(
  env: Record<string, string>,
  args: readonly string[] = [],
): Promise<Spawned> {
  const all = ['collect', '--port', '0', '--delay', '0.05', '--json', ...args]
  const child = startAssay(all, { env })
  const closed = once(child, 'close')
  const events: Record<string, unknown>[] = []
  let said = ''
  child.stderr.on('data', (piece) => (said += String(piece)))
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as Record<string, unknown>
      events.push(event)
      if (event.event === 'listening') resolve(event.url as string)
    })
    child.once('close', () => reject(new Error(`It ended: ${JSON.stringify(events)} ${said}`)))
  })
  return {
    ...askingBy((path, init) => fetch(url + path, init)),
    ...{ url, child, events },
    said: () => said,
    async end(signal) {
      child.kill(signal)
      const [code, by] = (await closed) as [number | null, string | null]
      return { code, signal: by }
    },
  }
}
