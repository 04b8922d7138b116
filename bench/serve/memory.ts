import { type Program, rssMb } from './programs.ts'

/** The memory of a process over time. */
export type MemoryCurve = { command: string; points: { atMillis: number; mb: number }[] }

const pauseMillis = 5_000

/** Looks at the memory of programs now and then, each process by itself. */
export function watchMemory(programs: readonly Program[]): { stop(): MemoryCurve[] } {
  const curves = new Map<number, MemoryCurve>()
  const look = async () => {
    const processes = (await Promise.all(programs.map((it) => it.processes()))).flat()
    for (const { pid, command } of processes) {
      const mb = await rssMb(pid)
      if (mb === undefined) continue
      const curve = curves.get(pid) ?? { command, points: [] }
      curve.points.push({ atMillis: performance.now(), mb })
      curves.set(pid, curve)
    }
  }
  const timer = setInterval(() => void look(), pauseMillis)
  return {
    stop() {
      clearInterval(timer)
      return [...curves.values()]
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

/**
 * The memory of each kind of process over all that time, whichever process of its kind it was then: the median, the most, and how many MB it
 * takes on in an hour, as the slope of a line through all. Null: none lived long enough.
 */
export function memoryOf(curves: readonly MemoryCurve[]) {
  return Object.fromEntries(
    Object.entries(kinds).map(([kind, pattern]) => {
      const points = curves
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

function slopeOf(points: MemoryCurve['points']): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const [x, y] = [mean(points.map((it) => it.atMillis)), mean(points.map((it) => it.mb))]
  const above = points.reduce((sum, it) => sum + (it.atMillis - x) * (it.mb - y), 0)
  const below = points.reduce((sum, it) => sum + (it.atMillis - x) ** 2, 0)
  return (above / below) * 3_600_000
}
