import { CollectorRefusalError } from './problems.ts'

export type BodyLimits = {
  /** Of one body, in bytes. */
  maxBytes: number
  /** Of all bodies in hand together, in bytes. */
  maxHeldBytes: number
}

/** Reads bodies, and holds no more of them than it may. */
export type BodyReader = {
  /**
   * What is done with a body. Its bytes count as held until that is over.
   *
   * @throws CollectorRefusalError `too-large`, `wrong-type`, `malformed`, `queue-full`; what the work throws
   */
  withText<T>(request: Request, work: (text: string) => Promise<T>): Promise<T>
}

export function createBodyReader({ maxBytes, maxHeldBytes }: BodyLimits): BodyReader {
  let held = 0

  return {
    async withText(request, work) {
      if (/\S/.test(request.headers.get('content-encoding') ?? '')) {
        throw new CollectorRefusalError('wrong-type', 'The content has a coding, such as gzip.')
      }
      const tooLarge = () =>
        new CollectorRefusalError('too-large', `The body has more than ${maxBytes} bytes.`)
      if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge()
      const decoder = new TextDecoder('utf-8', { fatal: true })
      let length = 0
      let text = ''
      const decode = (piece?: Uint8Array) => {
        try {
          text += piece ? decoder.decode(piece, { stream: true }) : decoder.decode()
        } catch {
          throw new CollectorRefusalError('malformed', 'The body is no text in UTF-8.')
        }
      }
      try {
        for await (const piece of piecesOf(request)) {
          length += piece.length
          held += piece.length
          if (length > maxBytes) throw tooLarge()
          if (held > maxHeldBytes) {
            throw new CollectorRefusalError('queue-full', 'Too many bytes are in hand.')
          }
          decode(piece)
        }
        decode()
        return await work(text)
      } finally {
        held -= length
      }
    },
  }
}

async function* piecesOf(request: Request): AsyncGenerator<Uint8Array> {
  try {
    yield* request.body ?? []
  } catch {
    // It was cut off; most often nobody reads this.
    throw new CollectorRefusalError('took-too-long', 'The body did not come in whole.')
  }
}
