import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ChatSignature } from '@assay/attestation/evidence'
import type { PrivateKeyAccount } from 'viem/accounts'

/** A provider that signs its answers, as NEAR AI Cloud does. */
export type SigningProvider = {
  baseURL: string
  /** What it does with a question for the signature of an answer; the next ones are changed by setting it. */
  behaviour: {
    /** Name before the digests; undefined: as a gateway. */
    model?: string | undefined
    /** Questions that find nothing yet. */
    late: number
    change?: ((signature: ChatSignature) => unknown) | undefined
  }
  /** Headers of the questions for signatures. */
  asked: { authorization: string | undefined; url: string }[]
  stop: () => void
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex')

export async function startSigningProvider(account: PrivateKeyAccount): Promise<SigningProvider> {
  const behaviour: SigningProvider['behaviour'] = { late: 0 }
  const asked: SigningProvider['asked'] = []
  const texts = new Map<string, string>()

  async function signatureOf(id: string): Promise<unknown> {
    const { model, change } = behaviour
    const text = `${model === undefined ? '' : `${model}:`}${texts.get(id)}`
    const signature: ChatSignature = {
      text,
      signature: await account.signMessage({ message: text }),
      signing_address: account.address,
      signing_algo: 'ecdsa',
    }
    return change ? change(signature) : signature
  }

  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      response.setHeader('content-type', 'application/json')
      const { url = '', headers } = request
      const [, id] = /^\/v1\/signature\/([^?]+)/.exec(url) ?? []
      if (id === undefined) {
        const name = `chat-${texts.size + 1}`
        const message = { role: 'assistant', content: `Answer ${texts.size + 1}` }
        const answer = JSON.stringify({ id: name, model: 'm', choices: [{ index: 0, message }] })
        texts.set(name, `${digest(body)}:${digest(answer)}`)
        response.end(answer)
        return
      }
      asked.push({ authorization: headers.authorization, url })
      if (behaviour.late-- > 0) response.writeHead(404).end('{}')
      else void signatureOf(id).then((signature) => response.end(JSON.stringify(signature)))
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    behaviour,
    asked,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
