/** A call by plain `fetch`, and the pieces of an answer to it. */
export const path = '/v1/chat/completions'
export const post = { method: 'POST', body: '{"model":"m"}' }
export const body = (response: Response) => response.body as ReadableStream<Uint8Array>
export const sse = { 'content-type': 'text/event-stream' }
export const pieces = ['data: {"id":"1"}\n\n', 'data: {"id":"2"}\n\n', 'data: [DONE]\n\n']
