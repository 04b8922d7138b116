import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { OwnerEvents } from './events/handler.ts'
import type { GatewayLimits } from './limits/limits.ts'
import type { RequestRate } from './limits/request-rate.ts'
import type { HeldAnswers } from './limits/slow-readers.ts'
import type { Turns } from './limits/turns.ts'
import type { GatewayMetrics } from './metrics.ts'
import type { Recovery } from './recovery.ts'
import type { Refusal } from './refusal.ts'
import type { GatewaySettings } from './settings.ts'
import type { Upstreams } from './upstreams.ts'

/** What the handlers of the gateway share. */
export type GatewayParts = {
  settings: GatewaySettings
  limits: GatewayLimits
  upstreams: Upstreams
  recovery: Recovery
  turns: Turns
  /** Undefined: there is no limit. */
  rate: RequestRate | undefined
  held: HeldAnswers
  /** Streams of what happens to owners. */
  events: OwnerEvents
  metrics: GatewayMetrics
  /** Takes a line of the log. */
  onLog: (line: string) => void
  /** Whether a request bears a token by which batch data may be put; undefined: nobody may. */
  mayPut: ((request: Request) => boolean) | undefined
  version: string
}

/** What is known of a request beside itself. */
export type GatewayEnv = {
  Bindings: HttpBindings
  Variables: {
    /** Its id, the client's own where that gave one. */
    id: string
    /** The network that it came from. */
    client: string
    /** Why it was refused. */
    refusal: Refusal
  }
}

export type GatewayContext = Context<GatewayEnv>
