import { fetchedBy } from './fetched.ts'
import type { RemoteGet } from './remote-get.ts'

/** Stands in for connections to checked addresses in browsers and in runtimes of the edge, which open none by themselves. */
export const remoteGet: RemoteGet = (url, limits) => fetchedBy(globalThis.fetch)(url, limits)
