import type { BearerNames, DisplayCandidate } from '@aquifer/core/masking'

/** Privacy officers' rule: a text enters the dictionary by itself when this many people share it who bear none of its words. */
export const displayPeopleMin = 11
// More people than needed are remembered, so that of two spellings the usual one wins whatever order the data came in.
const displayPeopleKept = 64

export interface Display {
  system: string
  code: string
  text: string
}

interface PendingDisplay extends Display {
  words: string[]
  /** Masked ids of people whose data holds the text. */
  people: string[]
}

/** All that the dictionary knows, as plain data. The words in it are unreadable without the study's key. */
export interface DisplayState {
  version: 1
  displays: PendingDisplay[]
  names: BearerNames[]
}

export interface DisplayDictionary {
  offer(batch: { displays: readonly DisplayCandidate[]; names: readonly BearerNames[] }): void
  /** Takes a person out, and with him what he alone said. */
  forget(patient: string): void
  /** One text for each code that has one, in the order of system and code. */
  approved(): Display[]
  state(): DisplayState
}

interface Entry {
  display: Display
  words: readonly string[]
  people: Set<string>
}

export function createDisplayDictionary(state?: DisplayState): DisplayDictionary {
  const entries = new Map<string, Entry>()
  const names = new Map<string, Set<string>>()
  const learn = ({ patient, words }: BearerNames): void => {
    const known = names.get(patient)
    if (known) for (const word of words) known.add(word)
    else names.set(patient, new Set(words))
  }
  const enter = ({ system, code, text, words }: Omit<PendingDisplay, 'people'>, patients: readonly string[]): void => {
    const key = JSON.stringify([system, code, text])
    const entry = entries.get(key) ?? { display: { system, code, text }, words, people: new Set<string>() }
    entries.set(key, entry)
    for (const patient of patients) {
      if (entry.people.size >= displayPeopleKept) return
      if (!bearsOneOf(names.get(patient), words)) entry.people.add(patient)
    }
  }
  // Who has no known names yet counts only when they are: the text might name them.
  const peopleOf = ({ people, words }: Entry): number =>
    [...people].filter((patient) => names.has(patient) && !bearsOneOf(names.get(patient), words)).length

  for (const person of state?.names ?? []) learn(person)
  for (const { people, ...display } of state?.displays ?? []) enter(display, people)

  return {
    offer: (batch) => {
      for (const person of batch.names) learn(person)
      for (const candidate of batch.displays) enter(candidate, candidate.patients)
    },
    forget(patient) {
      names.delete(patient)
      for (const [key, { people }] of entries) {
        people.delete(patient)
        // Counted for nobody: said by nobody else, or only by people who bear its words. Neither can ever let it in.
        if (people.size === 0) entries.delete(key)
      }
    },
    approved: () => bestOf([...entries.values()].map((entry) => ({ ...entry.display, people: peopleOf(entry) }))),
    state: () => ({
      version: 1,
      displays: [...entries.values()].map(({ display, words, people }) => ({ ...display, words: [...words], people: [...people] })),
      names: [...names].map(([patient, words]) => ({ patient, words: [...words] })),
    }),
  }
}

function bearsOneOf(names: ReadonlySet<string> | undefined, words: readonly string[]): boolean {
  return names !== undefined && words.some((word) => names.has(word))
}

const codeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function bestOf(counted: readonly (Display & { people: number })[]): Display[] {
  const best = new Map<string, Display & { people: number }>()
  for (const display of counted) {
    if (display.people < displayPeopleMin) continue
    const key = JSON.stringify([display.system, display.code])
    const other = best.get(key)
    if (!other || display.people > other.people || (display.people === other.people && display.text < other.text)) best.set(key, display)
  }
  return [...best.values()]
    .map(({ system, code, text }) => ({ system, code, text }))
    .sort((a, b) => codeUnits(a.system, b.system) || codeUnits(a.code, b.code))
}
