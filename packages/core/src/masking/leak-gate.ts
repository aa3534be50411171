import type { SeenText } from './haystack.js'
import type { NeedleKind } from './needles.js'

/** A needle found in masked rows. The term is unreadable without the study’s key; no text is kept. */
export interface Leak {
  /** Names the needle in this study: what an acceptance refers to. */
  id: string
  kind: NeedleKind | 'date' | 'canary'
  /** Type and element where it stood first. */
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
  /** term and first place of all that was let through */
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

/**
 * Texts meet needles whichever of them comes first: a name in a code is found when the person is known, and a person who comes later is looked
 * for in what has passed.
 */
export function createLeakGate(): LeakGate {
  const people = new Map<string, Map<string, NeedleKind>>()
  const bearers = new Map<string, number>()
  const kinds = new Map<string, NeedleKind>()
  const passed = new Map<string, string>()

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
  const fresh = (texts: readonly SeenText[]): Map<string, string> => {
    const found = new Map<string, string>()
    for (const { place, terms } of texts) for (const term of terms) if (!passed.has(term)) found.set(term, found.get(term) ?? place)
    return found
  }
  return {
    check(batches) {
      const coming = new Map<string, NeedleKind>()
      for (const { needles } of batches) for (const person of needles) for (const { term, kind } of person.needles) coming.set(term, kind)
      const leaks = new Map<string, Leak>()
      for (const { texts, fineDates } of batches) {
        for (const [term, place] of fresh(texts)) {
          const kind = kinds.get(term) ?? coming.get(term)
          if (kind !== undefined) leaks.set(term, { id: term, kind, place, late: false })
        }
        for (const place of fineDates) leaks.set(`date ${place}`, { id: `date ${place}`, kind: 'date', place, late: false })
      }
      for (const [term, kind] of coming) {
        const place = passed.get(term)
        if (place !== undefined && !kinds.has(term)) leaks.set(term, { id: term, kind, place, late: true })
      }
      return [...leaks.values()]
    },
    pass(batches) {
      const terms = fresh(batches.flatMap(({ texts }) => texts))
      for (const [term, place] of terms) passed.set(term, place)
      const learned = batches.flatMap(({ needles }) => needles.flatMap((person) => learn(person) ?? []))
      return { people: learned, passed: [...terms] }
    },
    restore(state) {
      for (const person of state.people) learn(person)
      for (const [term, place] of state.passed) passed.set(term, place)
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
      passed: [...passed],
    }),
  }
}
