/** What came from one URL. A redirect is handed back, not followed. */
export type RemoteAnswer = {
  status: number
  /** Where a redirect leads to. */
  location: string | undefined
  /** At most as many as asked for. */
  bytes: Uint8Array
  tooLarge: boolean
}

/** How one request is bounded. */
export type RemoteLimits = {
  signal: AbortSignal
  maxBytes: number
  /** Which addresses may be spoken to. */
  accepts: (address: string) => boolean
}

/** Asks for what a URL names. */
export type RemoteGet = (url: URL, limits: RemoteLimits) => Promise<RemoteAnswer>
