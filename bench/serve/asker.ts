/**
 * Asks an indexer from a process of its own, so that neither waits for the other: by a clock (`rate`, a second at most), or by so many who ask without a pause
 * (`askers`). Each answer is checked.
 */
import { Agent, request } from 'node:http'
import type { Fact } from './facts.ts'
import { createQuestions, type Question, type Seen, type Subject } from './questions.ts'

/** What the process is told. */
export type AskerOrder =
  | { kind: 'facts'; facts: Fact[] }
  | ({ kind: 'begin'; url: string; seconds: number; addresses: string[] } & Subject & Pace)
export type Pace = { rate: number } | { askers: number }

/** What it tells. */
export type Asked = {
  answers: number
  /** Milliseconds from when each was due to the end of its answer: the longer those before take, the later it is asked. */
  sinceDue: number[]
  /** From when each was asked. */
  sinceAsked: number[]
  /** Without an answer, or with one that says so: GraphQL tells of errors with status 200. */
  failed: string[]
  wrong: string[]
}

/** Of what went wrong, so much is told. */
const maxTold = 20
/** Of very many facts, the later ones take the places of earlier ones. */
const maxFacts = 20_000
const timeoutMillis = 30_000
/** Asked by a clock, so many wait for their answers at most. What is due meanwhile is asked later, and its time counts from when it was due. */
const maxOpen = 100

const facts: Fact[] = []
let added = 0

process.on('message', (order: AskerOrder) => {
  if (order.kind === 'facts') {
    for (const fact of order.facts) facts[added++ % maxFacts] = fact
  } else {
    void run(order).then((asked) => process.send!(asked))
  }
})

async function run(order: Extract<AskerOrder, { kind: 'begin' }>): Promise<Asked> {
  const { url, seconds, addresses } = order
  const agents = addresses.map(
    (localAddress) => new Agent({ keepAlive: true, localAddress, maxSockets: 64 }),
  )
  const next = createQuestions(order, () => facts[Math.floor(Math.random() * facts.length)]!)
  const seen: Seen = { sequence: 0n, inferences: 0n }
  const asked: Asked = { answers: 0, sinceDue: [], sinceAsked: [], failed: [], wrong: [] }
  let turn = 0

  async function ask(due: number): Promise<void> {
    const question = next(seen)
    const agent = agents[turn++ % agents.length]!
    const began = performance.now()
    try {
      const { status, text } = await answerTo(question, url, agent)
      const ended = performance.now()
      asked.sinceDue.push(ended - due)
      asked.sinceAsked.push(ended - began)
      if (status !== 200) {
        note(asked.failed, `${question.name}: ${status} ${text.slice(0, 200)}`)
        return
      }
      const answer = JSON.parse(text) as { errors?: { message: string }[] }
      if (answer.errors) {
        note(asked.failed, `${question.name}: ${answer.errors[0]?.message}`)
        return
      }
      asked.answers++
      const problem = question.check(answer)
      if (problem) note(asked.wrong, `${question.name}: ${problem}`)
    } catch (error) {
      note(asked.failed, `${question.name}: ${error instanceof Error ? error.message : 'failed'}`)
    }
  }

  const end = performance.now() + seconds * 1_000
  if ('rate' in order) {
    const pause = 1_000 / order.rate
    const open = new Set<Promise<void>>()
    for (let due = performance.now(); due < end; due += pause) {
      const wait = due - performance.now()
      if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait))
      const asking = ask(due).finally(() => open.delete(asking))
      open.add(asking)
      if (open.size === maxOpen) await Promise.race(open)
    }
    await Promise.all(open)
  } else {
    await Promise.all(
      Array.from({ length: order.askers }, async () => {
        while (performance.now() < end) await ask(performance.now())
      }),
    )
  }
  for (const agent of agents) agent.destroy()
  return asked
}

function note(list: string[], what: string): void {
  // Counted by its place, told by its words.
  list.push(list.length < maxTold ? `${new Date().toISOString()} ${what}` : '')
}

function answerTo(question: Question, url: string, agent: Agent) {
  const { method, path, body } = question
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const headers = body ? { 'content-type': 'application/json' } : {}
    const sent = request(`${url}${path}`, { method, agent, headers, timeout: timeoutMillis })
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
    sent.on('error', reject)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString() }),
      )
    })
    sent.end(body)
  })
}
