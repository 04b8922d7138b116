import { createRelay, type Relay } from './create-relay.ts'
import { readSettings } from './settings.ts'

type Context = { waitUntil(promise: Promise<unknown>): void }

let relay: Relay | undefined

/**
 * For Cloudflare Workers and runtimes like it: settings are the environment's bindings, the key a secret. Each isolate adds up the
 * account's spending from the chain, and finds by it what other isolates spent.
 */
export default {
  fetch(
    request: Request,
    env: Record<string, string | undefined>,
    context?: Context,
  ): Promise<Response> {
    relay ??= createRelay(readSettings(env))
    const answer = relay.fetch(request)
    context?.waitUntil(answer)
    return answer
  },
}
