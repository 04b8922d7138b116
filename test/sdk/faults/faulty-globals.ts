import type { Faults } from './faults.ts'

/** What of the runtime the recorder calls, by the names under which it does. */
export const globalNames = [
  ...(['globalThis', 'process', 'crypto', 'JSON', 'Date', 'performance'] as const),
  ...(['TextDecoder', 'TextEncoder', 'URL'] as const),
] as const

/** Built-in modules of Node that the recorder calls. */
const modules = ['node:fs', 'node:crypto', 'node:async_hooks', 'node:os'] as const
/** Where the API of OpenTelemetry is registered. */
const openTelemetry = Symbol.for('opentelemetry.js.api.1')

type Class = new (...args: unknown[]) => object
type Method = (...args: unknown[]) => unknown
type Global = (typeof globalNames)[number]

/** The runtime as one instance of the SDK sees it: each call of one of its functions is a site. */
export function faultyGlobals(faults: Faults): Record<Global, unknown> {
  const { object } = faulty(faults)
  const builtins = Object.fromEntries(
    modules.map((name) => [name, object(process.getBuiltinModule(name), name)]),
  )
  const globals = {
    process: overlaid(process, {
      getBuiltinModule: (name: string) => builtins[name] ?? process.getBuiltinModule(name),
      // Thousands of instances would each wait for the end of this process.
      on: () => process,
    }),
    crypto: object(crypto, 'crypto'),
    JSON: object(JSON, 'JSON'),
    Date: object(Date, 'Date'),
    performance: object(performance, 'performance'),
    TextDecoder: object(TextDecoder, 'TextDecoder'),
    TextEncoder: object(TextEncoder, 'TextEncoder'),
    URL: object(URL, 'URL'),
  }
  const registered = (globalThis as Record<symbol, object | undefined>)[openTelemetry]
  return {
    ...globals,
    globalThis: overlaid(globalThis, {
      ...globals,
      ...(registered ? { [openTelemetry]: object(registered, 'telemetry') } : {}),
    }),
  }
}

/** Makes objects whose methods are sites. */
export function faulty(faults: Faults) {
  /** One for each, so that what is the same stays the same. */
  const made = new WeakMap<object, object>()

  /** @param name - What the names of the sites begin with. */
  function object<O extends object>(target: O, name: string): O {
    const known = made.get(target) ?? makeObject(target, name)
    made.set(target, known)
    return known as O
  }

  function makeObject(target: object, name: string): object {
    return new Proxy(target, {
      get(_, key) {
        const member: unknown = Reflect.get(target, key, target)
        const property = Reflect.getOwnPropertyDescriptor(target, key)
        // What can't be changed has to be shown as it is.
        const isFixed = property?.configurable === false && property.writable === false
        if (typeof key === 'symbol' || isFixed) return member
        const site = `${name}.${key}`
        if (typeof member === 'function' && !/^[A-Z]/.test(key)) {
          return (...args: unknown[]) => call(site, target, member as Method, args)
        }
        return isFaulty(member) ? object(member, site) : member
      },
      construct: (_, args) => {
        faults.before(`new ${name}`)
        const instance = new (target as Class)(...args)
        // An address is handed on.
        return instance instanceof URL ? instance : object(instance, name)
      },
    })
  }

  function call(site: string, target: object, method: Method, args: unknown[]): unknown {
    faults.before(site)
    const done = args.at(-1)
    const given =
      typeof done === 'function' && site.startsWith('node:fs.')
        ? [...args.slice(0, -1), faults.callback(site, done as Method)]
        : args
    const result = faults.after(site, method.apply(target, given))
    return isFaulty(result) && /^(?:telemetry|node:crypto)\./.test(site)
      ? object(result, site)
      : result
  }

  return { object }
}

function isFaulty(value: unknown): value is object {
  return (
    (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) ||
    // A class is made by `new`, or derived from.
    (typeof value === 'function' && /^[A-Z]/.test(value.name))
  )
}

/** An object some members of which are others; what is set on it stays there. */
function overlaid(target: object, members: Record<PropertyKey, unknown>): object {
  const others = new Map<PropertyKey, unknown>(
    Reflect.ownKeys(members).map((key) => [key, members[key as string]]),
  )
  return new Proxy(target, {
    get: (_, key): unknown =>
      others.has(key) ? others.get(key) : Reflect.get(target, key, target),
    set: (_, key, value) => {
      others.set(key, value)
      return true
    },
    has: (_, key) => others.has(key) || Reflect.has(target, key),
  })
}
