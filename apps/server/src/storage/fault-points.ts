import { setTimeout as sleep } from 'node:timers/promises'

type FaultMode = 'kill' | 'fail' | `delay:${number}`
interface Fault {
  mode: FaultMode
  onHit: number // 1 = the first time; 0 = every time
  hits: number
}

// Deliberately one table per process: a fault hits whatever code passes the point, however it was wired.
const armed = new Map<string, Fault>()

// `name=mode[@hit]` separated by commas, e.g. `replicator.segment-written=kill@3,lake.append=delay:1000`.
export function armFaults(text: string): void {
  for (const part of text.split(',').map((item) => item.trim())) {
    if (part === '') continue
    const match = /^([a-z0-9.-]+)=(kill|fail|delay:\d+)(?:@(\d+))?$/.exec(part)
    if (!match) throw new Error(`not a fault: ${part} (name=kill|fail|delay:ms[@hit])`)
    armed.set(match[1]!, { mode: match[2] as FaultMode, onHit: Number(match[3] ?? 0), hits: 0 })
  }
}

export function disarmFaults(): void {
  armed.clear()
}

class InjectedFault extends Error {}

let watched: ((name: string) => Promise<void>) | null = null

/** Whoever tests faults decides at each point what happens there: what it throws is thrown, and the point lasts as long as its promise. */
export function watchFaultPoints(watch: ((name: string) => Promise<void>) | null): void {
  watched = watch
}

// Named points of I/O code where the fault harness stops, fails or delays the process. Costs one look-up when nothing is armed.
export async function faultPoint(name: string): Promise<void> {
  if (watched !== null) await watched(name)
  if (armed.size === 0) return
  const fault = armed.get(name)
  if (!fault) return
  fault.hits += 1
  if (fault.onHit !== 0 && fault.hits !== fault.onHit) return
  if (fault.mode === 'kill') process.kill(process.pid, 'SIGKILL')
  if (fault.mode === 'fail') throw new InjectedFault(`injected fault at ${name}`)
  await sleep(Number(fault.mode.slice('delay:'.length)))
}
