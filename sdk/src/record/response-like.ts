/** What only the network can set on a response. */
const networkNames = ['url', 'redirected', 'type'] as const
const bodyMethods = ['arrayBuffer', 'blob', 'bytes', 'clone', 'formData', 'json', 'text'] as const

/** Makes responses that stand in the place of those of one class. */
type Maker = (
  body: ReadableStream,
  init: ResponseInit,
  original: Response,
  onParsed: (parsed: object) => void,
) => Response

const makers = new WeakMap<object, Maker>()
/** The responses in whose place clones stand. */
const clones = new WeakMap<object, Response>()

/**
 * A response that shows everything as another one does, but for its body. It is a true response of the same class, so that a
 * server can send it and a cache keep it.
 *
 * @param body - Stands for the body of the response.
 * @param onParsed - Given the object that its `json` makes, before the caller has it.
 */
export function responseLike(
  response: Response,
  body: ReadableStream,
  onParsed: (parsed: object) => void,
): Response {
  const { status, statusText, headers } = response
  const like = makerFor(response)(body, { status, statusText, headers }, response, onParsed)
  // A fetch of the application may have put something of its own onto it.
  for (const name of Object.keys(response)) {
    const property = Object.getOwnPropertyDescriptor(response, name)
    if (property) Object.defineProperty(like, name, property)
  }
  return like
}

/** A class for each class of responses, since to give an object another one once it is made is slow. */
function makerFor(response: Response): Maker {
  const base = Object.getPrototypeOf(response) as Response
  const known = makers.get(base)
  if (known) return known
  const maker = createMaker(base)
  makers.set(base, maker)
  return maker
}

function createMaker(base: Response): Maker {
  class Like extends classFor(base) {
    readonly #original: Response
    readonly #onParsed: (parsed: object) => void

    constructor(...[body, init, original, onParsed]: Parameters<Maker>) {
      super(body, init)
      this.#original = original
      this.#onParsed = onParsed
    }

    static readonly noteParsed = (like: object, result: Promise<unknown>): void => {
      if (!(#onParsed in like)) return
      const onParsed = like.#onParsed
      result.then(
        (parsed) => {
          if (typeof parsed === 'object' && parsed !== null) onParsed(parsed)
        },
        // Told to who asked for it.
        () => undefined,
      )
    }

    static readonly originalOf = (like: object): Response | undefined =>
      #original in like ? like.#original : clones.get(like)
  }
  const { prototype, originalOf, noteParsed } = Like
  Object.setPrototypeOf(prototype, base)
  Reflect.deleteProperty(prototype, 'constructor')
  for (const name of networkNames) getter(prototype, name, (like) => originalOf(like)?.[name])
  getter(prototype, 'headers', (like) => {
    const original = originalOf(like)
    // Those from the network can't be changed, ours could.
    return original && original.type !== 'default'
      ? original.headers
      : Reflect.get<Response, 'headers'>(base, 'headers', like)
  })
  for (const name of bodyMethods) {
    // Not every runtime has each of them.
    const method = Reflect.get(base, name) as ((this: Response) => unknown) | undefined
    if (!method) continue
    Object.defineProperty(prototype, name, {
      ...{ configurable: true, enumerable: true, writable: true },
      value(this: Response) {
        const original = originalOf(this)
        if (!original) return method.call(this)
        if (isGivenBack(this, original)) return method.call(original)
        const result = method.call(this)
        if (name === 'json') noteParsed(this, result as Promise<unknown>)
        return name === 'clone' ? cloneOf(result as Response, prototype, original) : result
      },
    })
  }
  return (...parts) => new Like(...parts)
}

function getter(prototype: object, name: string, get: (like: Response) => unknown): void {
  Object.defineProperty(prototype, name, {
    ...{ configurable: true, enumerable: true },
    get(this: Response) {
      return get(this)
    },
  })
}

function cloneOf(clone: Response, prototype: object, original: Response): Response {
  clones.set(clone, original)
  Object.setPrototypeOf(clone, prototype)
  return clone
}

/**
 * Whether a response broke or was aborted before anybody read from it, so that the original is as untouched as this. What reading
 * it says then is the runtime's own affair.
 */
function isGivenBack(like: Response, original: Response): boolean {
  return !like.bodyUsed && !like.body?.locked && original.body?.locked === false
}

/**
 * The class to make responses by: that of the response, where its constructor takes what a response's does, since its members may
 * need what its constructor makes, as those of Hono's server do; else the runtime's own.
 */
function classFor(base: Response): typeof Response {
  const native = nativeClassOf(base)
  const own = base.constructor as typeof Response
  if (own === native) return native
  try {
    const probe = new own(null, { status: 299 })
    if (Object.getPrototypeOf(probe) === base && probe.status === 299) return own
  } catch {
    // It wants something else.
  }
  return native
}

/** The class of the runtime from which a response's class descends. */
function nativeClassOf(base: Response): typeof Response {
  for (let prototype = base; ;) {
    const next = Object.getPrototypeOf(prototype) as Response | null
    if (!next || next === Object.prototype) return prototype.constructor as typeof Response
    prototype = next
  }
}
