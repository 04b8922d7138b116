import { RelayError } from './errors.ts'

/**
 * The text of a request's JSON body. No more than the limit is ever held, whatever a header says of the length.
 *
 * @param maxBytes - Of the body.
 * @throws RelayError `not-json`, `too-large`, `malformed` if it is not UTF-8.
 */
export async function readJsonText(request: Request, maxBytes: number): Promise<string> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new RelayError('not-json', 'The content type is not application/json.')
  }
  const tooLarge = () => new RelayError('too-large', `The body has more than ${maxBytes} bytes.`)
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  try {
    let length = 0
    for await (const chunk of request.body ?? []) {
      length += chunk.length
      if (length > maxBytes) throw tooLarge()
      text += decoder.decode(chunk, { stream: true })
    }
    return text + decoder.decode()
  } catch (error) {
    if (error instanceof RelayError) throw error
    throw new RelayError('malformed', 'The body is no whole text in UTF-8.', { cause: error })
  }
}
