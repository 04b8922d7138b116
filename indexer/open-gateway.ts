import { IndexerPortTakenError, IndexerSettingsError } from './errors.ts'
import { createGateway, type Gateway } from './gateway/create-gateway.ts'
import type { GatewaySettings } from './gateway/settings.ts'
import { isLogged, type LogLevel, parseLogLine } from './process.ts'
import { readTokens, whoseToken } from './uploads/tokens.ts'
import { variables } from './variables.ts'

/** So long requests that are open may take at the end, in milliseconds. */
export const closeMillis = 400

/**
 * Opens the public's way in, while nobody is there to answer yet.
 *
 * @throws IndexerSettingsError for tokens that are none.
 * @throws IndexerPortTakenError
 */
export async function openGateway(options: {
  port: number
  hostname: string
  settings: Partial<GatewaySettings>
  /** Who may put batch data, as `<name>=<token>,…`. Default: nobody. */
  batchTokens?: string
  onLog?: (line: string) => void
  logLevel?: LogLevel
  portHint?: string
}): Promise<Gateway> {
  const { port, portHint, onLog, logLevel, batchTokens } = options
  const tokens = batchTokens ? readTokens(batchTokens) : []
  if ('problem' in tokens) throw new IndexerSettingsError(variables.batchTokens, tokens.problem)
  const nameOf = whoseToken(tokens)
  try {
    return await createGateway({
      ...options,
      mayPut: tokens.length > 0 ? (request) => nameOf(request) !== undefined : undefined,
      onLog: (line) => {
        if (isLogged(parseLogLine(line)?.level, logLevel)) onLog?.(line)
      },
    })
  } catch (cause) {
    throw new IndexerPortTakenError(port, { cause, ...(portHint ? { hint: portHint } : {}) })
  }
}

/** Where an address and a port are asked. */
export function urlOf(hostname: string, port: number): string {
  return `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
}
