import { inspect } from 'node:util'
import { sha256 } from './server.ts'

/** All that can be told apart of an error. */
export function shapeOfError(error: unknown): unknown {
  if (!(error instanceof Error)) return { thrown: inspect(error) }
  const { name, message, cause } = error
  const { code, status } = error as { code?: unknown; status?: unknown }
  return {
    class: error.constructor.name,
    name,
    // The port of a connection is another each time.
    message: message.replaceAll(/:\d{4,5}\b/g, ':port'),
    ...(code === undefined ? {} : { code }),
    ...(status === undefined ? {} : { status }),
    ...(cause === undefined ? {} : { cause: shapeOfError(cause) }),
  }
}

/** What a promise came to, as a value that can be compared. */
export function settled<T>(promise: T | Promise<T>): Promise<unknown> {
  return Promise.resolve(promise).then(
    (value) => ({ value: shapeOfValue(value) }),
    (error: unknown) => ({ error: shapeOfError(error) }),
  )
}

/** What a call gave or threw. */
export function attempt<T>(call: () => T | Promise<T>): Promise<unknown> {
  return settled(new Promise<T>((resolve) => resolve(call())))
}

function shapeOfValue(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return { buffer: shapeOfBytes(new Uint8Array(value)) }
  if (value instanceof Uint8Array) return shapeOfBytes(value)
  if (value instanceof Blob) return { blob: value.size, type: value.type }
  if (value instanceof FormData) return { form: [...value.entries()] }
  if (value instanceof Response) return shapeOfResponse(value)
  if (Array.isArray(value)) return value.map(shapeOfValue)
  if (Object.getPrototypeOf(value ?? '') !== Object.prototype) return value
  return Object.fromEntries(
    Object.entries(value as object).map(([name, it]) => [name, shapeOfValue(it)]),
  )
}

function shapeOfBytes(bytes: Uint8Array) {
  return { class: bytes.constructor.name, length: bytes.length, sha256: sha256(bytes) }
}

/** All that can be seen of a response without reading it. */
export function shapeOfResponse(response: Response) {
  const { status, statusText, ok, url, redirected, type, bodyUsed, body } = response
  const headers = [...response.headers].filter(([name]) => name !== 'date')
  return {
    ...{ status, statusText, ok, url, redirected, type, bodyUsed, headers },
    instance: response instanceof Response,
    class: response.constructor === Response,
    tag: Object.prototype.toString.call(response),
    keys: Object.keys(response),
    inspected: inspect(response).replace(/date: '.*'/, ''),
    sameBody: response.body === body,
    sameHeaders: response.headers === response.headers,
    body: body && { class: body.constructor.name, locked: body.locked, inspected: inspect(body) },
  }
}

/** What comes of changing the headers. To be called last. */
export const changeHeaders = (response: Response) =>
  attempt(() => response.headers.set('x-changed', 'yes'))
