import { thresholds } from './checks.js'

/** Devices of a few people and when they read; asked once all of their readings are told. */
export interface Silence {
  read(device: string, at: number): void
  silent(now: number): string[]
}

interface Readings {
  count: number
  first: number
  last: number
}

export function openSilence(): Silence {
  const devices = new Map<string, Readings>()
  return {
    read(device, at) {
      const known = devices.get(device)
      if (known === undefined) devices.set(device, { count: 1, first: at, last: at })
      else {
        known.count += 1
        known.first = Math.min(known.first, at)
        known.last = Math.max(known.last, at)
      }
    },
    silent: (now) => [...devices].filter(([, readings]) => isSilent(readings, now)).map(([device]) => device),
  }
}

function isSilent({ count, first, last }: Readings, now: number): boolean {
  if (count < thresholds.silentReadings) return false
  const usual = (last - first) / (count - 1)
  return now - last > Math.max(thresholds.silentMs, thresholds.silentIntervals * usual)
}
