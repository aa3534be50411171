import type { SeenText } from './haystack.js'
import type { NeedleKind } from './needles.js'

/** A needle found in masked rows. The term is unreadable without the study’s key; no text is kept. */
export interface Leak {
  /** Names the needle at this place: whoever answers for a word in one element has not answered for it in another. */
  id: string
  kind: NeedleKind | 'date' | 'canary'
  /** Type and element where it stands. */
  place: string
  /** Did the text stand in published rows before the person came whose it is? */
  late: boolean
}
export interface PersonNeedles {
  patient: string
  needles: readonly { kind: NeedleKind; term: string }[]
}
/** What of a batch the gate looks at; terms are hidden under the study’s key. */
export interface GateBatch {
  texts: readonly SeenText[]
  fineDates: readonly string[]
  needles: readonly PersonNeedles[]
}
export interface GateState {
  people: PersonNeedles[]
  /** terms of all that was let through, with each place where they stand */
  passed: [string, string][]
}

export interface LeakGate {
  /** Leaks of a batch against all that is known, both ways; changes nothing. */
  check(batches: readonly GateBatch[]): Leak[]
  /** Lets the batch through and remembers it; what is new in it, to be written down. */
  pass(batches: readonly GateBatch[]): GateState
  restore(state: GateState): void
  /** Takes a person’s needles out. */
  forget(patient: string): void
  state(): GateState
}

const idOf = (term: string, place: string): string => `${term} ${place}`

/**
 * Texts meet needles whichever of them comes first: a name in a code is found when the person is known, and a person who comes later is looked
 * for in what has passed.
 */
export function createLeakGate(): LeakGate {
  const people = new Map<string, Map<string, NeedleKind>>()
  const bearers = new Map<string, number>()
  const kinds = new Map<string, NeedleKind>()
  const passed = new Map<string, string[]>()

  function learn({ patient, needles }: PersonNeedles): PersonNeedles | null {
    const known = people.get(patient) ?? new Map<string, NeedleKind>()
    const fresh = needles.filter(({ term }) => !known.has(term))
    if (fresh.length === 0) return null
    for (const { term, kind } of fresh) {
      known.set(term, kind)
      kinds.set(term, kind)
      bearers.set(term, (bearers.get(term) ?? 0) + 1)
    }
    people.set(patient, known)
    return { patient, needles: fresh }
  }
  const fresh = (texts: readonly SeenText[]): Map<string, readonly [term: string, place: string]> => {
    const found = new Map<string, readonly [string, string]>()
    for (const { place, terms } of texts)
      for (const term of terms) if (passed.get(term)?.includes(place) !== true) found.set(idOf(term, place), [term, place])
    return found
  }
  function letThrough(term: string, place: string): void {
    const places = passed.get(term)
    if (places === undefined) passed.set(term, [place])
    else if (!places.includes(place)) places.push(place)
  }
  return {
    check(batches) {
      const coming = new Map<string, NeedleKind>()
      for (const { needles } of batches) for (const person of needles) for (const { term, kind } of person.needles) coming.set(term, kind)
      const leaks = new Map<string, Leak>()
      for (const { texts, fineDates } of batches) {
        for (const [id, [term, place]] of fresh(texts)) {
          const kind = kinds.get(term) ?? coming.get(term)
          if (kind !== undefined) leaks.set(id, { id, kind, place, late: false })
        }
        for (const place of fineDates) leaks.set(`date ${place}`, { id: `date ${place}`, kind: 'date', place, late: false })
      }
      for (const [term, kind] of coming) {
        if (kinds.has(term)) continue
        for (const place of passed.get(term) ?? []) leaks.set(idOf(term, place), { id: idOf(term, place), kind, place, late: true })
      }
      return [...leaks.values()]
    },
    pass(batches) {
      const terms = [...fresh(batches.flatMap(({ texts }) => texts)).values()]
      for (const [term, place] of terms) letThrough(term, place)
      const learned = batches.flatMap(({ needles }) => needles.flatMap((person) => learn(person) ?? []))
      return { people: learned, passed: terms.map(([term, place]) => [term, place]) }
    },
    restore(state) {
      for (const person of state.people) learn(person)
      for (const [term, place] of state.passed) letThrough(term, place)
    },
    forget(patient) {
      for (const term of people.get(patient)?.keys() ?? []) {
        const left = (bearers.get(term) ?? 1) - 1
        if (left > 0) bearers.set(term, left)
        else {
          bearers.delete(term)
          kinds.delete(term)
        }
      }
      people.delete(patient)
    },
    state: () => ({
      people: [...people].map(([patient, needles]) => ({ patient, needles: [...needles].map(([term, kind]) => ({ term, kind })) })),
      passed: [...passed].flatMap(([term, places]) => places.map((place): [string, string] => [term, place])),
    }),
  }
}
