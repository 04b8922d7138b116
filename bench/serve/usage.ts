import { processesBelow, usageOf } from './programs.ts'

type Point = { atMillis: number; mb: number; cpuSeconds: number }

/** What a process took over time. */
export type Usage = { command: string; points: Point[] }

const pauseMillis = 5_000

/** Looks every five seconds at all processes that this one has started, and at itself. */
export function watchUsage(): { stop(): Usage[] } {
  const usages = new Map<number, Usage>()
  const look = async () => {
    for (const { pid, command } of await processesBelow(process.pid)) {
      const taken = await usageOf(pid)
      if (taken === undefined) continue
      const usage = usages.get(pid) ?? { command, points: [] }
      usage.points.push({ atMillis: performance.now(), ...taken })
      usages.set(pid, usage)
    }
  }
  const timer = setInterval(() => void look(), pauseMillis)
  return {
    stop() {
      clearInterval(timer)
      return [...usages.values()]
    },
  }
}

/** What no process is measured by: at its start it fills what it keeps. */
const warmUpMillis = 60_000

const kinds = {
  writer: / start --schema/,
  reader: / serve --schema/,
  gateway: /main\.ts serve/,
}
const others = {
  postgres: /^postgres|\/postgres /,
  asker: /asker\.ts/,
}

/**
 * The memory of each kind of process over all that time, whichever process of its kind it was then: the median, the most, and how many MB it
 * takes on in an hour, as the slope of a line through all. Null: none lived long enough.
 */
export function memoryOf(usages: readonly Usage[]) {
  return Object.fromEntries(
    Object.entries(kinds).map(([kind, pattern]) => {
      const points = usages
        .filter(({ command }) => pattern.test(command))
        .flatMap(({ points }) =>
          points.filter(({ atMillis }) => atMillis >= points[0]!.atMillis + warmUpMillis),
        )
      if (points.length < 12) return [kind, null]
      const sizes = points.map(({ mb }) => mb).sort((a, b) => a - b)
      const growthPerHour = Math.round(slopeOf(points))
      return [kind, { p50: sizes[sizes.length >> 1], max: sizes.at(-1), growthPerHour }]
    }),
  )
}

/** The cores that all processes of a kind took together, on average, and those of whatever else ran, such as the chain. */
export function coresOf(usages: readonly Usage[]) {
  const times = usages.flatMap(({ points }) => points.map(({ atMillis }) => atMillis))
  const seconds = (Math.max(...times) - Math.min(...times)) / 1_000
  const named = Object.entries({ ...kinds, ...others })
  const cores: Record<string, number> = {}
  for (const { command, points } of usages) {
    const [kind] = named.find(([, pattern]) => pattern.test(command)) ?? ['other']
    // Of one that came meanwhile, its start counts too.
    const isNew = points[0]!.atMillis > Math.min(...times) + pauseMillis
    const taken = points.at(-1)!.cpuSeconds - (isNew ? 0 : points[0]!.cpuSeconds)
    cores[kind] = (cores[kind] ?? 0) + taken / seconds
  }
  return Object.fromEntries(
    Object.entries(cores).map(([kind, value]) => [kind, Number(value.toFixed(2))]),
  )
}

function slopeOf(points: readonly Point[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const [x, y] = [mean(points.map((it) => it.atMillis)), mean(points.map((it) => it.mb))]
  const above = points.reduce((sum, it) => sum + (it.atMillis - x) * (it.mb - y), 0)
  const below = points.reduce((sum, it) => sum + (it.atMillis - x) ** 2, 0)
  return (above / below) * 3_600_000
}
