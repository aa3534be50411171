import type { QualityCheckId } from './checks.js'
import { elementName, expectedElements } from './expected.js'
import type { Judged } from './judge.js'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
/** Upper ends of the classes of delay; the last class has none. */
export const delayEdgesMs: readonly number[] = [
  minuteMs,
  5 * minuteMs,
  15 * minuteMs,
  hourMs,
  4 * hourMs,
  12 * hourMs,
  dayMs,
  2 * dayMs,
  4 * dayMs,
  7 * dayMs,
  14 * dayMs,
  30 * dayMs,
  90 * dayMs,
  365 * dayMs,
]
export const weeksShown = 12

/** Where data came from. */
export interface Place {
  site: string | null
  sender: string
  app: string | null
}
/** Counts of one place. */
export interface Cell extends Place {
  resources: number
  lastAt: number | null
  /** by class of delay */
  delays: number[]
  /** arrivals by week, the present one last */
  weeks: number[]
  /** by type: how many, and how many lack which element */
  types: Record<string, { count: number; missing: Record<string, number> }>
}
export interface Finding extends Place {
  check: QualityCheckId
  type: string
  code: string
  count: number
}
export interface Tallied {
  cells: Cell[]
  findings: Finding[]
}

// Bounds of what is kept, whatever is sent: what comes after counts together.
const sendersMax = 200
const findingsMax = 5_000

export class QualityTally {
  readonly #now: number
  readonly #cells = new Map<string, Cell>()
  readonly #findings = new Map<string, Finding>()
  readonly #senders = new Set<string>()

  constructor(now: number) {
    this.#now = now
  }

  add(from: Place, type: string, storedAt: number, judged: Judged): void {
    const cell = this.#cellOf(from)
    cell.resources += 1
    cell.lastAt = Math.max(cell.lastAt ?? storedAt, storedAt)
    const week = weeksShown - 1 - Math.floor((this.#now - storedAt) / (7 * dayMs))
    if (week >= 0 && week < weeksShown) cell.weeks[week] = (cell.weeks[week] ?? 0) + 1
    if (judged.delayMs !== null) {
      const { delayMs } = judged
      const found = delayEdgesMs.findIndex((edge) => delayMs <= edge)
      const place = found < 0 ? delayEdgesMs.length : found
      cell.delays[place] = (cell.delays[place] ?? 0) + 1
    }
    const types = (cell.types[type] ??= { count: 0, missing: {} })
    types.count += 1
    for (const element of judged.missing) types.missing[element] = (types.missing[element] ?? 0) + 1
    for (const { check, code } of judged.findings) this.note(from, { check, type, code })
  }

  note(from: Place, { check, type, code }: { check: QualityCheckId; type: string; code: string }): void {
    const { site, sender, app } = this.#cellOf(from)
    const exact = JSON.stringify([site, sender, app, check, type, code])
    const told = this.#findings.has(exact) || this.#findings.size < findingsMax ? code : 'other'
    const key = told === code ? exact : JSON.stringify([site, sender, app, check, type, told])
    const known = this.#findings.get(key)
    if (known === undefined) this.#findings.set(key, { site, sender, app, check, type, code: told, count: 1 })
    else known.count += 1
  }

  tallied(): Tallied {
    return { cells: [...this.#cells.values()], findings: [...this.#findings.values()] }
  }

  #cellOf({ site, sender, app }: Place): Cell {
    const feed = JSON.stringify([sender, app])
    const isKnown = this.#senders.has(feed) || this.#senders.size < sendersMax
    const place = isKnown ? { site, sender, app } : { site, sender: 'others', app: null }
    this.#senders.add(isKnown ? feed : JSON.stringify(['others', null]))
    const key = JSON.stringify(place)
    const known = this.#cells.get(key)
    if (known !== undefined) return known
    const cell: Cell = { ...place, resources: 0, lastAt: null, delays: zeros(delayEdgesMs.length + 1), weeks: zeros(weeksShown), types: {} }
    this.#cells.set(key, cell)
    return cell
  }
}

const zeros = (length: number): number[] => Array.from({ length }, () => 0)

/** Cells as one: of a site, of a feed, of a study. */
export function merged(cells: readonly Cell[]) {
  const sum = { resources: 0, lastAt: null as number | null, delays: zeros(delayEdgesMs.length + 1), weeks: zeros(weeksShown) }
  const types: Cell['types'] = {}
  for (const cell of cells) {
    sum.resources += cell.resources
    if (cell.lastAt !== null) sum.lastAt = Math.max(sum.lastAt ?? 0, cell.lastAt)
    cell.delays.forEach((count, at) => (sum.delays[at] = (sum.delays[at] ?? 0) + count))
    cell.weeks.forEach((count, at) => (sum.weeks[at] = (sum.weeks[at] ?? 0) + count))
    for (const [type, { count, missing }] of Object.entries(cell.types)) {
      const into = (types[type] ??= { count: 0, missing: {} })
      into.count += count
      for (const [element, lacking] of Object.entries(missing)) into.missing[element] = (into.missing[element] ?? 0) + lacking
    }
  }
  return { ...sum, types, completeness: completenessOf(types) }
}

/** Share of the expected elements that are there; null where nothing is expected. */
function completenessOf(types: Cell['types']): number | null {
  let expected = 0
  let missing = 0
  for (const [type, { count, missing: lacking }] of Object.entries(types)) {
    expected += count * (expectedElements[type]?.length ?? 0)
    missing += Object.values(lacking).reduce((sum, each) => sum + each, 0)
  }
  return expected === 0 ? null : (expected - missing) / expected
}

/** Within how long this share arrived: the upper end of its class; null where nothing was measured, Infinity beyond the last one. */
export function delayWithin(delays: readonly number[], share: number): number | null {
  const all = delays.reduce((sum, each) => sum + each, 0)
  if (all === 0) return null
  let so = 0
  for (const [at, count] of delays.entries()) {
    so += count
    if (so >= all * share) return delayEdgesMs[at] ?? Infinity
  }
  return Infinity
}

/** Every expected element of the types that came, with how many lack it. */
export function elementsOf(types: Cell['types']): { type: string; element: string; missing: number; of: number }[] {
  return Object.entries(types).flatMap(([type, { count, missing }]) =>
    (expectedElements[type] ?? []).map(elementName).map((element) => ({ type, element, missing: missing[element] ?? 0, of: count })),
  )
}
