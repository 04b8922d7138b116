import { connect, createServer } from 'node:net'
import { StartError } from './errors.ts'

/**
 * Makes sure that a port of 127.0.0.1 can be listened on. One that a run before has just left may need a moment.
 *
 * @param port - The port.
 * @param purpose - What it is for, such as "the chain".
 * @param option - The option that chooses another.
 * @throws {StartError} When another program has it.
 */
export async function assertPortFree(port: number, purpose: string, option: string): Promise<void> {
  const deadline = Date.now() + 1_500
  for (;;) {
    if (!(await answers(port)) && (await canListen(port))) return
    if (Date.now() > deadline) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new StartError(
    `Port ${String(port)}, which ${purpose} needs, is taken by another program.`,
    [`Stop that program, or choose another port: ${option} <port>`],
  )
}

/** A program that listens on every address doesn't hinder listening on one, on some systems. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 500 })
    const settle = (value: boolean) => {
      socket.destroy()
      resolve(value)
    }
    socket.once('connect', () => {
      settle(true)
    })
    socket.once('error', () => {
      settle(false)
    })
    socket.once('timeout', () => {
      settle(false)
    })
  })
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(false)
    })
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}
