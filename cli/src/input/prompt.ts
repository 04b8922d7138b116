import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { UsageError } from '../errors.ts'

/** Whether there is somebody to be asked. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY

/** Asks for something secret: what is typed is not shown. @throws UsageError if nothing is given */
export async function askHidden(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  try {
    const answer = await ask(nowhere, () => process.stderr.write(`${question} (not shown): `))
    if (answer === '') throw new UsageError('Nothing was given.')
    return answer
  } finally {
    process.stderr.write('\n')
  }
}

/** Asks whether to go on. Anything but yes is no. */
export async function confirm(question: string): Promise<boolean> {
  const answer = await ask(process.stderr, () => process.stderr.write(`${question} [y/N] `))
  return /^y(es)?$/i.test(answer.trim())
}

/** @param show - Shows the question, once the terminal has stopped to show what is typed by itself. */
function ask(output: NodeJS.WritableStream, show: () => void): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  return new Promise((resolve, reject) => {
    const end = (done: () => void) => {
      lines.removeAllListeners()
      lines.close()
      done()
    }
    const abort = () => end(() => reject(new UsageError('Nothing was done.')))
    lines.once('SIGINT', abort)
    lines.once('close', abort)
    lines.once('line', (answer) => end(() => resolve(answer)))
    show()
  })
}
