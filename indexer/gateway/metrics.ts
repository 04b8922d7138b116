import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Turns } from './limits/turns.ts'
import type { Upstreams } from './upstreams.ts'

/** Makes the gateway's own figures, in the words of Prometheus. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  const requests = new Counter({
    ...{ registers, name: 'assay_gateway_requests_total', help: 'Requests answered.' },
    labelNames: ['route', 'status'] as const,
  })
  const seconds = new Histogram({
    ...{ registers, name: 'assay_gateway_request_seconds', help: 'Time until the answer.' },
    labelNames: ['route'] as const,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  })
  const refused = new Counter({
    ...{ registers, name: 'assay_gateway_refused_total', help: 'Requests refused, by the reason.' },
    labelNames: ['reason'] as const,
  })
  const cut = new Counter({
    ...{ registers, name: 'assay_gateway_connections_cut_total' },
    help: 'Connections ended: too many of one address, or an answer that was not read.',
    labelNames: ['reason'] as const,
  })
  collectDefaultMetrics({ register: registry, prefix: 'assay_gateway_' })

  return {
    registry,
    requests,
    seconds,
    refused,
    cut,
    /** Has what is known elsewhere told when it is asked for. */
    watch(turns: Turns, upstreams: Upstreams, heldBytes: () => number): void {
      new Gauge({
        ...{ registers, name: 'assay_gateway_running', help: 'Requests that are being asked.' },
        collect() {
          this.set(turns.running())
        },
      })
      new Gauge({
        ...{ registers, name: 'assay_gateway_waiting', help: 'Requests that wait their turn.' },
        collect() {
          this.set(turns.waiting())
        },
      })
      new Gauge({
        ...{ registers, name: 'assay_gateway_held_bytes', help: 'Answers that are not read yet.' },
        collect() {
          this.set(heldBytes())
        },
      })
      new Gauge({
        ...{ registers, name: 'assay_gateway_upstreams', help: 'Processes that answer.' },
        labelNames: ['role', 'state'] as const,
        collect() {
          this.reset()
          for (const { role, state } of upstreams.list()) this.inc({ role, state })
        },
      })
    },
  }
}

export type GatewayMetrics = ReturnType<typeof createMetrics>
