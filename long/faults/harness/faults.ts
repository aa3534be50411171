// Which faults a run has, and what happens at each point that the program passes.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { KillableProcess } from './process.js'
import type { Random } from './random.js'

const sources = fileURLToPath(new URL('../../../apps/server/src', import.meta.url))

export type FaultKind = 'stop' | 'fail' | 'delay'
export interface Fault {
  point: string
  kind: FaultKind
  /** strikes when the point is passed for the nth time since the fault before it */
  hit: number
  /** fail: how often in a row, and with which code of the system */
  times: number
  code: string
  delayMs: number
}
export const told = ({ point, kind, hit, times, code, delayMs }: Fault): string =>
  `${point}=${kind}@${hit}${kind === 'fail' ? ` ${times}× ${code}` : kind === 'delay' ? ` ${delayMs} ms` : ''}`

/** Every point that the code of the server names. */
export function namedPoints(): string[] {
  const found = new Set<string>()
  for (const entry of readdirSync(sources, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts') || entry.name.endsWith('.test.ts')) continue
    const text = readFileSync(path.join(entry.parentPath, entry.name), 'utf8')
    for (const [, name] of text.matchAll(/faultPoint\('([^']+)'\)/g)) found.add(name)
  }
  return [...found].sort()
}

const kinds: readonly FaultKind[] = ['stop', 'fail', 'stop', 'delay', 'fail', 'stop', 'fail', 'stop']
const codes = ['ENOSPC', 'EIO', 'ECONNRESET', 'EMFILE']
const hitsMax = 3

/** The first fault goes round all points and kinds by seed; up to two more follow anywhere. */
export function faultsOf(seed: number, points: readonly string[], random: Random): Fault[] {
  const first = aFault(points[seed % points.length], kinds[Math.floor(seed / points.length) % kinds.length], random)
  const more = random.chance(0.5) ? 1 + random.below(2) : 0
  return [first, ...Array.from({ length: more }, () => aFault(random.pick(points), random.pick(kinds), random))]
}

function aFault(point: string, kind: FaultKind, random: Random): Fault {
  const hit = random.chance(0.5) ? 1 : 1 + random.below(hitsMax)
  const times = random.chance(0.6) ? 1 : 2 + random.below(3)
  return { point, kind, hit, times, code: random.pick(codes), delayMs: 5 + random.below(200) }
}

export class Faults {
  readonly #waiting: Fault[]
  #hits = 0
  #failing = 0
  readonly passed = new Set<string>()
  readonly struck: Fault[] = []

  constructor(faults: readonly Fault[]) {
    this.#waiting = [...faults]
  }

  /** No further fault: what failed has to recover now. */
  end(): void {
    this.#waiting.length = 0
    this.#next()
  }

  /** Those of the next part of a run. */
  begin(faults: readonly Fault[]): void {
    this.#waiting.push(...faults)
  }

  async at(point: string): Promise<void> {
    const owner = KillableProcess.current
    if (owner === undefined) return
    if (owner.killed) return new Promise(() => undefined)
    this.passed.add(point)
    const [fault] = this.#waiting
    if (fault?.point !== point) return
    this.#hits += 1
    if (this.#hits < fault.hit) return
    if (this.#failing === 0) this.struck.push(fault)
    await this.#strike(fault, owner)
  }

  #next(): void {
    this.#waiting.shift()
    this.#hits = 0
    this.#failing = 0
  }

  async #strike(fault: Fault, owner: KillableProcess): Promise<void> {
    if (fault.kind === 'fail') {
      this.#failing += 1
      if (this.#failing >= fault.times) this.#next()
      throw Object.assign(new Error(`injected fault at ${fault.point}`), { code: fault.code })
    }
    this.#next()
    if (fault.kind === 'delay') return await sleep(fault.delayMs)
    owner.kill()
    return new Promise(() => undefined)
  }
}
