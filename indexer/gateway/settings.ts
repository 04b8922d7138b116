/** What whoever runs a gateway decides; the environment variables are in `variables` of the indexer's settings. */
export type GatewaySettings = {
  /** Requests a minute of one client, a thirtieth of them at once; 0: as many as it likes. */
  rateLimit: number
  /** Proxies in front, each of which adds the address it was asked from to `X-Forwarded-For`. */
  trustedProxies: number
  /** Rows that one query may make the database read. */
  queryRows: number
  /** Of which pages in a browser may ask; none: of none. */
  corsOrigins: '*' | readonly string[]
  /** Who has it may read `/metrics` from elsewhere; undefined: only this machine may. */
  metricsToken: string | undefined
  accessLog: 'all' | 'errors' | 'none'
}

export const defaultSettings: GatewaySettings = {
  rateLimit: 1_200,
  trustedProxies: 0,
  queryRows: 10_000,
  corsOrigins: '*',
  metricsToken: undefined,
  accessLog: 'errors',
}
