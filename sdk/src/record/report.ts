import { instrumentation, type MeterProvider, openTelemetry } from './open-telemetry.ts'

/** What became of inferences, as `status` says it. */
type Counts = Record<Count, number>
const counts = {
  recorded: 'Inferences that the journal keeps.',
  dropped: 'Inferences that the journal could not take.',
  failed: 'Calls that could not be read or written down.',
  pending: 'Inferences in the journal that are not settled.',
} as const
type Count = keyof typeof counts

/** Reports counts to OpenTelemetry's meters, once there are any. Never throws. */
export type Report = {
  /** Looks whether meters have come. */
  look: () => void
  /** What was counted stays in the sums; nothing is pending any more. */
  end: () => void
}

/** All recorders of the process whose counts one provider of meters is told. */
type Reported = { reporting: Set<() => Counts>; ended: Counts }
const reportedTo = new WeakMap<MeterProvider, Reported>()

/** @param status - Asked when metrics are collected. */
export function createReport(status: () => Counts): Report {
  let last: MeterProvider | undefined
  const look = () => {
    const provider = openTelemetry()?.metrics
    if (!provider || provider === last) return
    last = provider
    try {
      const reported = reportedTo.get(provider) ?? observe(provider)
      reported.reporting.add(status)
    } catch {
      // Somebody else's meters: telemetry is not worth a recording.
    }
  }
  look()
  return {
    look,
    end() {
      const reported = last && reportedTo.get(last)
      if (!reported?.reporting.delete(status)) return
      const { recorded, dropped, failed } = status()
      reported.ended.recorded += recorded
      reported.ended.dropped += dropped
      reported.ended.failed += failed
    },
  }
}

function observe(provider: MeterProvider): Reported {
  const reported: Reported = {
    reporting: new Set(),
    ended: { recorded: 0, dropped: 0, failed: 0, pending: 0 },
  }
  const meter = provider.getMeter(instrumentation)
  for (const [count, description] of Object.entries(counts) as [Count, string][]) {
    const name = `assay.inferences.${count}`
    const options = { description, unit: '{inference}' }
    const instrument =
      count === 'pending'
        ? meter.createObservableUpDownCounter(name, options)
        : meter.createObservableCounter(name, options)
    instrument.addCallback((result) => {
      let sum = reported.ended[count]
      for (const status of reported.reporting) sum += status()[count]
      result.observe(sum)
    })
  }
  reportedTo.set(provider, reported)
  return reported
}
