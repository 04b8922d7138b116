/** What one request, one client and all together may take; times in milliseconds, sizes in bytes. */
export type GatewayLimits = {
  /** Requests of one client that are asked of upstreams at a time; further ones wait. */
  perClient: number
  /** Requests that one upstream is asked at a time. */
  perUpstream: number
  /** Rows a second that one client may have read while others ask too, and so many at once before that. Infinity: any number. */
  rowsPerSecond: number
  rowsAtOnce: number
  /** Requests that wait for their turn: of one client, and of all. */
  waitingPerClient: number
  waiting: number
  /** Of a request: from its arrival to its answer. */
  timeoutMillis: number
  /** So long a request waits for an upstream to come back. */
  graceMillis: number
  /** So long it waits for rows to come back that a writer which was started anew has taken back. */
  recoveryMillis: number
  /** Of a request's body; what is put has its own. */
  bodyBytes: number
  /** So long a body may take to arrive. */
  bodyMillis: number
  urlBytes: number
  headers: number
  /** Connections of one address, and of all. */
  connectionsPerClient: number
  connections: number
  /** Of one answer, and of all that clients have not taken yet. */
  answerBytes: number
  heldBytes: number
  /** So long a client may take to read an answer. */
  drainMillis: number
  /** Batch data that is passed on while it is read: at a time for one client, and in all; bytes a second that it has to go on with. */
  streamsPerClient: number
  streams: number
  streamRate: number
  /** So long the head of a request may take, a whole one, and a connection without any. */
  headMillis: number
  requestMillis: number
  idleMillis: number
  /** Of GraphQL documents. */
  tokens: number
  depth: number
  aliases: number
  rootFields: number
  page: number
  offset: number
}

export const defaultLimits: GatewayLimits = {
  perClient: 8,
  perUpstream: 8,
  rowsPerSecond: 1_000,
  rowsAtOnce: 1_000,
  waitingPerClient: 256,
  waiting: 2_048,
  timeoutMillis: 10_000,
  graceMillis: 2_000,
  recoveryMillis: 8_000,
  bodyBytes: 64 * 1024,
  bodyMillis: 10_000,
  urlBytes: 8 * 1024,
  headers: 64,
  connectionsPerClient: 256,
  connections: 8_192,
  answerBytes: 32 * 1024 * 1024,
  heldBytes: 256 * 1024 * 1024,
  drainMillis: 30_000,
  streamsPerClient: 4,
  streams: 32,
  streamRate: 32 * 1024,
  headMillis: 10_000,
  requestMillis: 300_000,
  idleMillis: 65_000,
  tokens: 1_000,
  depth: 12,
  aliases: 30,
  rootFields: 20,
  page: 1_000,
  offset: 10_000,
}
