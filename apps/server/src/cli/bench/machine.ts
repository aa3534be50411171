import os from 'node:os'

/** What a figure was measured on; the load tells whether the machine was busy with something else. */
export function machine(): Record<string, unknown> {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGB: Math.round(os.totalmem() / 1024 ** 3),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    loadBefore: os.loadavg().map((value) => Math.round(value * 100) / 100),
  }
}

export interface Percentiles {
  n: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  maxMs: number
}

export function percentiles(times: readonly number[]): Percentiles {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number => rounded(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0, 1)
  return { n: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: at(1) }
}

export const rounded = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits
