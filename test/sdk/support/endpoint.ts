import { createClient, custom } from 'viem'

/** Parameters of a JSON-RPC request. */
export type Params = readonly unknown[]

/**
 * An endpoint before the real one, which may answer otherwise.
 *
 * @param behind - Asks the real one.
 * @param alter - Gives the answer: by `pass`, which asks for it, or its own.
 */
export function endpointBefore(
  behind: { request(args: never): Promise<unknown> },
  name: string,
  alter: (method: string, params: Params, pass: (params?: Params) => Promise<unknown>) => unknown,
) {
  return createClient({
    transport: custom(
      {
        async request({ method, params = [] }: { method: string; params?: Params }) {
          return alter(method, params, (other = params) =>
            behind.request({ method, params: other } as never),
          )
        },
      },
      { name, retryCount: 0 },
    ),
  })
}
