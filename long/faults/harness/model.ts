// What was asked of the platform and what it answered, kept beside it: from that follows what may and must be stored.

export type Outcome = 'stored' | 'refused' | 'unknown'
export interface Attempt {
  /** found again in what is stored; a deletion has none */
  marker: string | null
  value: number | null
  outcome: Outcome
  /** entries of one transaction share it */
  group: number
}
export interface StoredVersion {
  version: number
  marker: string | null
  deleted: boolean
}
export type Act = 'stop-use' | 'erase'
export interface Person {
  id: string
  enrolled: boolean
  /** by registration: its Contracts have ids of the server */
  registered: boolean
  withdrawn: Act | null
}

export class Model {
  readonly people: Person[] = []
  readonly attempts = new Map<string, Attempt[]>()
  readonly owner = new Map<string, Person>()
  #marker = 0
  #group = 0

  newMarker(): { marker: string; value: number } {
    this.#marker += 1
    return { marker: `m${this.#marker}`, value: this.#marker }
  }

  newGroup(): number {
    return (this.#group += 1)
  }

  attempt(person: Person, key: string, what: { marker: string | null; value?: number; group?: number }): Attempt {
    const made: Attempt = { marker: what.marker, value: what.value ?? null, outcome: 'unknown', group: what.group ?? this.newGroup() }
    const before = this.attempts.get(key) ?? []
    this.attempts.set(key, [...before, made])
    this.owner.set(key, person)
    return made
  }

  /** Only what certainly lives: a deletion of it makes a version. */
  lives(key: string): boolean {
    const last = this.attempts.get(key)?.at(-1)
    return last !== undefined && last.outcome === 'stored' && last.marker !== null
  }
}

export const outcomeOf = (answer: { status: number } | null): Outcome =>
  answer === null || answer.status >= 500 ? 'unknown' : answer.status < 300 ? 'stored' : 'refused'

/** Why these versions cannot come from these attempts; null: they can. Each acknowledged one is there once, in order. */
export function historyFault(attempts: readonly Attempt[], versions: readonly StoredVersion[]): string | null {
  let next = 0
  for (const [place, version] of versions.entries()) {
    if (version.version !== place + 1) return `version ${place + 1} is missing`
    const found = attempts.findIndex(
      (attempt, index) => index >= next && (version.deleted ? attempt.marker === null : attempt.marker === version.marker),
    )
    const name = version.deleted ? 'a deletion' : version.marker
    if (found < 0) return `version ${version.version} (${name}) was not asked for, or is there twice, or out of order`
    if (attempts[found].outcome === 'refused') return `version ${version.version} (${name}) was refused and is stored`
    const lost = attempts.slice(next, found).find(({ outcome }) => outcome === 'stored')
    if (lost) return `${lost.marker ?? 'a deletion'} was acknowledged and is lost`
    next = found + 1
  }
  const lost = attempts.slice(next).find(({ outcome }) => outcome === 'stored')
  return lost ? `${lost.marker ?? 'a deletion'} was acknowledged and is lost` : null
}

/** Entries of a transaction that are stored without the others. */
export function brokenGroups(model: Model, stored: ReadonlySet<string>, keys: (key: string) => boolean): string[] {
  const groups = new Map<number, string[]>()
  for (const [key, attempts] of model.attempts) {
    if (!keys(key)) continue
    for (const { marker, group } of attempts) if (marker !== null) groups.set(group, [...(groups.get(group) ?? []), marker])
  }
  return [...groups.values()]
    .filter((markers) => markers.some((marker) => stored.has(marker)) && markers.some((marker) => !stored.has(marker)))
    .map((markers) => `of one transaction only some of ${markers.join(', ')} are stored`)
}
