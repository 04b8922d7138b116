import { InvalidConfigError } from '@assay/sdk/errors'

export type ProviderApiOptions = {
  /** Base URL of the provider's API with its version, as its clients are given it, such as `https://api.example.com/v1`. */
  baseUrl: string
  /** Sent as `authorization: Bearer …`. The recorder itself never reads the headers of calls. Default: none. */
  apiKey?: string | undefined
  /** What is sent with. Default: `globalThis.fetch`. */
  fetch?: typeof fetch | undefined
}

/** Asks a provider. */
export type ProviderApi = {
  /** Whether an address is below the base URL. */
  isBelow(url: string): boolean
  /** @returns The text of the answer; undefined if it is none that went well. @throws Error if it is too large, or none comes. */
  get(
    path: string,
    query: Readonly<Record<string, string | undefined>>,
    signal: AbortSignal,
  ): Promise<string | undefined>
}

/** Largest answer that is read, in bytes. */
const maxAnswer = 262_144

/** @throws InvalidConfigError */
export function providerApi(options: ProviderApiOptions): ProviderApi {
  const { apiKey, fetch: send = globalThis.fetch } = options
  if (!URL.canParse(options.baseUrl)) throw new InvalidConfigError('baseUrl', 'must be a URL')
  const base = new URL(options.baseUrl)
  base.pathname = base.pathname.replace(/\/*$/, '/')

  return {
    isBelow: (url) => url.startsWith(base.origin + base.pathname),
    async get(path, query, signal) {
      const url = new URL(path, base)
      for (const [name, value] of Object.entries(query)) {
        if (value !== undefined) url.searchParams.set(name, value)
      }
      const response = await send(url, {
        signal,
        // Whoever it leads on to would be given the key.
        redirect: 'error',
        headers: {
          accept: 'application/json',
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        },
      })
      if (response.ok) return boundedText(response)
      await response.body?.cancel()
      return undefined
    },
  }
}

async function boundedText({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of body ?? []) {
    size += piece.length
    if (size > maxAnswer) throw new RangeError(`The answer is larger than ${maxAnswer} bytes.`)
    pieces.push(piece)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces))
}
