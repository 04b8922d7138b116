/** Ties values to objects, without a trace on them and without keeping them alive. */
export type Stamps<T> = {
  get(object: object): T | undefined
  set(object: object, value: T): void
}

/** A constructor that gives back what it is given, so that a class derived from it adds its private field to that. */
const Given = function (object: object) {
  return object
} as unknown as new (object: object) => object

/**
 * Stamps of one kind: a private field, which nothing but this can see. A WeakMap would do, but each of its entries is work for
 * every collection of garbage. It stands in for objects that take no field.
 */
export function createStamps<T>(): Stamps<T> {
  const others = new WeakMap<object, T>()

  class Stamp extends Given {
    #value: T

    constructor(object: object, value: T) {
      super(object)
      this.#value = value
    }

    static readonly get = (object: object): T | undefined =>
      #value in object ? object.#value : others.get(object)

    static readonly set = (object: object, value: T): void => {
      if (#value in object) {
        object.#value = value
        return
      }
      try {
        new Stamp(object, value)
      } catch {
        // One that can't be extended may refuse it.
        others.set(object, value)
      }
    }
  }
  return { get: Stamp.get, set: Stamp.set }
}
