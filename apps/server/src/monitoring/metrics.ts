import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

export interface Metrics {
  requests: Counter<'route' | 'method' | 'status'>
  requestSeconds: Histogram<'route' | 'method'>
  written: Counter<'outcome'>
  refusedWrites: Counter<'cause'>
  importedResources: Counter<'outcome'>
  /** Tells a figure when it is asked for. */
  gauge(name: string, help: string, read: () => number): void
  /** The same, of several kinds; where they cannot be read, the figures stay as they were. */
  gaugeBy(name: string, help: string, label: string, read: () => Promise<Record<string, number>>): void
  text(): Promise<{ contentType: string; body: string }>
}

export function openMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'aquifer_' })
  const registers = [registry]
  return {
    requests: new Counter({
      name: 'aquifer_http_requests_total',
      help: 'Requests by route template and status',
      labelNames: ['route', 'method', 'status'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'aquifer_http_request_seconds',
      help: 'Time to answer by route template',
      labelNames: ['route', 'method'],
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers,
    }),
    written: new Counter({
      name: 'aquifer_resources_written_total',
      help: 'Resource writes by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    refusedWrites: new Counter({ name: 'aquifer_writes_refused_total', help: 'Refused writes by cause', labelNames: ['cause'], registers }),
    importedResources: new Counter({
      name: 'aquifer_resources_imported_total',
      help: 'Imported resources by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    gauge(name, help, read) {
      const gauge: Gauge = new Gauge({ name, help, registers: [], collect: () => gauge.set(read()) })
      registry.registerMetric(gauge)
    },
    gaugeBy(name, help, label, read) {
      const gauge = new Gauge({
        name,
        help,
        labelNames: [label],
        registers: [],
        collect: async () => {
          const figures = await read().catch(() => null)
          if (figures === null) return
          gauge.reset()
          for (const [kind, figure] of Object.entries(figures)) gauge.set({ [label]: kind }, figure)
        },
      })
      registry.registerMetric(gauge)
    },
    async text() {
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}

/** How many per second over the last minute, from events counted as they happen. */
export function openRate(now: () => number): { add(count: number): void; perSecond(): number; total(): number } {
  const seconds = new Map<number, number>()
  let total = 0
  const drop = (second: number) => {
    for (const key of seconds.keys()) if (key < second - 60) seconds.delete(key)
  }
  return {
    add(count) {
      const second = Math.floor(now() / 1000)
      seconds.set(second, (seconds.get(second) ?? 0) + count)
      total += count
      if (seconds.size > 120) drop(second)
    },
    perSecond() {
      const second = Math.floor(now() / 1000)
      drop(second)
      let sum = 0
      for (const count of seconds.values()) sum += count
      return sum / 60
    },
    total: () => total,
  }
}
