import type { GatewaySettings } from './settings.ts'

/** A request and how it ended; never a body, a parameter or a token. */
export type LoggedRequest = {
  id: string
  client: string
  method: string
  route: string
  status: number
  millis: number
  /** Why it was refused, or what failed. */
  code?: string | undefined
}

const slowMillis = 1_000
/** So many lines a second: who is refused a thousand times a second does not fill a disk with it. */
const maxLines = 50

/** Makes what writes a line for each request that is worth one, in the shape of Ponder's. */
export function createRequestLog(
  which: GatewaySettings['accessLog'],
  onLog: (line: string) => void,
  now: () => number = Date.now,
): (request: LoggedRequest) => void {
  let second = 0
  let lines = 0
  let left = 0
  return (request) => {
    const [level, msg] = judge(request)
    if (which === 'none' || (which === 'errors' && level === 30)) return
    const time = now()
    if (Math.floor(time / 1_000) !== second) {
      second = Math.floor(time / 1_000)
      lines = 0
    }
    if (++lines > maxLines) {
      left++
      return
    }
    const { millis, ...rest } = request
    const notLogged = left ? { notLogged: left } : {}
    left = 0
    onLog(JSON.stringify({ level, time, msg, ...rest, millis: Math.round(millis), ...notLogged }))
  }
}

function judge({ status, millis }: LoggedRequest): [level: number, msg: string] {
  if (status >= 500) return [50, 'Failed a request']
  if (status >= 400) return [40, 'Refused a request']
  if (millis > slowMillis) return [40, 'Answered a request slowly']
  return [30, 'Answered a request']
}
