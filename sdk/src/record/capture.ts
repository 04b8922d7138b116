import type * as NodeAsyncHooks from 'node:async_hooks'
import { builtin } from '../crypto/node.ts'
import { CaptureUnavailableError } from '../errors/recording.ts'

/** Ties what happens inside of a function, across its awaits, to that function. */
export type Scopes<T> = {
  /** Notes something in the scopes that surround the caller. */
  note: (item: T) => void
  /**
   * Runs a function in a scope of its own; `items` grows while it, and what it started, runs.
   *
   * @param onItem - Called with each. Must not throw.
   * @throws CaptureUnavailableError where the runtime has no AsyncLocalStorage.
   */
  run: <R>(run: () => R, onItem?: (item: T) => void) => { value: R; items: readonly T[] }
}

type Scope<T> = { add: (item: T) => void; outer: Scope<T> | undefined }

function asyncHooks(): typeof NodeAsyncHooks | undefined {
  const hooks = builtin('node:async_hooks') as Partial<typeof NodeAsyncHooks> | undefined
  return hooks?.AsyncLocalStorage && hooks
}

/** Whether the runtime can follow a call across its awaits. */
export function canScope(): boolean {
  return asyncHooks() !== undefined
}

export function createScopes<T>(): Scopes<T> {
  // Made when it is first needed: who captures nothing pays nothing.
  let storage: NodeAsyncHooks.AsyncLocalStorage<Scope<T>> | undefined
  return {
    note(item) {
      for (let scope = storage?.getStore(); scope; scope = scope.outer) scope.add(item)
    },
    run(run, onItem) {
      const hooks = asyncHooks()
      if (!hooks) throw new CaptureUnavailableError()
      storage ??= new hooks.AsyncLocalStorage<Scope<T>>()
      const items: T[] = []
      const add = (item: T) => {
        items.push(item)
        onItem?.(item)
      }
      return { value: storage.run({ add, outer: storage.getStore() }, run), items }
    },
  }
}
