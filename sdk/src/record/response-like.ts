/** What only the network can set on a response. */
const networkNames = ['url', 'redirected', 'type'] as const
const bodyMethods = ['arrayBuffer', 'blob', 'bytes', 'clone', 'formData', 'json', 'text'] as const

/** The responses in whose place others stand. */
const originals = new WeakMap<object, Response>()
const prototypes = new WeakMap<object, object>()

/**
 * A response that shows everything as another one does, but for its body. It is a true response of the same class, so that a
 * server can send it and a cache keep it.
 *
 * @param body - Stands for the body of the response.
 */
export function responseLike(response: Response, body: ReadableStream): Response {
  const { status, statusText, headers } = response
  const like: Response = new (nativeClassOf(response))(body, { status, statusText, headers })
  // A fetch of the application may have put something of its own onto it.
  for (const name of Object.keys(response)) {
    const property = Object.getOwnPropertyDescriptor(response, name)
    if (property) Object.defineProperty(like, name, property)
  }
  return dressed(like, response)
}

function dressed(like: Response, original: Response): Response {
  originals.set(like, original)
  Object.setPrototypeOf(like, prototypeFor(original))
  return like
}

/** The class of the runtime from which a response's class descends: only its constructor is sure to take a body. */
function nativeClassOf(response: Response): typeof Response {
  let prototype = Object.getPrototypeOf(response) as Response
  for (;;) {
    const next = Object.getPrototypeOf(prototype) as Response | null
    if (!next || next === Object.prototype) return prototype.constructor as typeof Response
    prototype = next
  }
}

/**
 * Whether a response broke or was aborted before anybody read from it, so that the original is as untouched as this. What reading
 * it says then is the runtime's own affair.
 */
function isGivenBack(like: Response, original: Response): boolean {
  return !like.bodyUsed && !like.body?.locked && original.body?.locked === false
}

function prototypeFor(original: Response): object {
  const base = Object.getPrototypeOf(original) as Response
  const known = prototypes.get(base)
  if (known) return known
  const prototype = Object.create(base) as object
  for (const name of networkNames) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      enumerable: true,
      get(this: Response) {
        return originals.get(this)?.[name]
      },
    })
  }
  Object.defineProperties(prototype, {
    headers: {
      configurable: true,
      enumerable: true,
      get(this: Response) {
        const original = originals.get(this)
        // Those from the network can't be changed, ours could.
        return original && original.type !== 'default'
          ? original.headers
          : Reflect.get<Response, 'headers'>(base, 'headers', this)
      },
    },
  })
  for (const name of bodyMethods) {
    // Not every runtime has each of them.
    const method = Reflect.get(base, name) as ((this: Response) => unknown) | undefined
    if (!method) continue
    Object.defineProperty(prototype, name, {
      ...{ configurable: true, enumerable: true, writable: true },
      value(this: Response) {
        const original = originals.get(this)
        if (!original) return method.call(this)
        if (isGivenBack(this, original)) return method.call(original)
        const result = method.call(this)
        return name === 'clone' ? dressed(result as Response, original) : result
      },
    })
  }
  prototypes.set(base, prototype)
  return prototype
}
