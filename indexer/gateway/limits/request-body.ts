import { Refusal } from '../refusal.ts'

/**
 * The body of a request, as far as it may go. No more is ever held, whatever a header says of its length.
 *
 * @throws Refusal `body-too-large`, `slow-request`, `malformed` if it broke off.
 */
export async function readBody(
  request: Request,
  { maxBytes, millis }: { maxBytes: number; millis: number },
): Promise<Uint8Array> {
  const tooLarge = () =>
    new Refusal(413, 'body-too-large', `The body has more than ${maxBytes} bytes.`, {
      advice: 'Ask for less at once; give long values as variables of several requests.',
    })
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge()
  const reader = (request.body as ReadableStream<Uint8Array> | null)?.getReader()
  if (!reader) return new Uint8Array()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const advice = 'Send it faster.'
      reject(new Refusal(408, 'slow-request', `The body took more than ${millis} ms.`, { advice }))
    }, millis)
  })
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late])
      if (done) return Buffer.concat(chunks, length)
      length += value.length
      if (length > maxBytes) throw tooLarge()
      chunks.push(value)
    }
  } catch (cause) {
    void reader.cancel().catch(() => undefined)
    if (cause instanceof Refusal) throw cause
    throw new Refusal(400, 'malformed', 'The body broke off.', { advice: 'Send it again.', cause })
  } finally {
    clearTimeout(timer)
  }
}
