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
  /** Masked ids of people whose data holds the text and who bear none of its words. */
  people: string[]
  /** Of those who do. */
  bearers?: string[]
}

/** A text with what decides about it. */
export interface KnownDisplay extends Display {
  /** Whose data holds it, counted up to a limit. */
  people: number
  /** Enough people share it who bear none of its words. */
  enters: boolean
  /** A word of it names one of them, or names somebody of the study as few others are named. */
  namesSomebody: boolean
  /** It stands for its code in masked data. */
  shown: boolean
}

/** What a privacy officer said of a text; null where nobody did. */
export type Verdict = 'approve' | 'reject' | null
export type VerdictOf = (display: Display) => Verdict

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
  approved(verdictOf?: VerdictOf): Display[]
  has(display: Display): boolean
  /** Those of the words that name somebody, and not so many people that they tell nobody from the others, as `street` does. */
  telling(words: ReadonlySet<string>): Set<string>
  /** Every text that is known, in the order of system, code and text. */
  known(verdictOf?: VerdictOf): KnownDisplay[]
  state(): DisplayState
}

interface Entry {
  display: Display
  words: readonly string[]
  people: Set<string>
  bearers: Set<string>
}

const undecided: VerdictOf = () => null

export function createDisplayDictionary(state?: DisplayState): DisplayDictionary {
  const entries = new Map<string, Entry>()
  const names = new Map<string, Set<string>>()
  const learn = ({ patient, words }: BearerNames): void => {
    const known = names.get(patient)
    if (known) for (const word of words) known.add(word)
    else names.set(patient, new Set(words))
  }
  const enter = ({ system, code, text, words }: Omit<PendingDisplay, 'people'>, patients: readonly string[]): void => {
    const key = keyOf({ system, code, text })
    const entry = entries.get(key) ?? { display: { system, code, text }, words, people: new Set<string>(), bearers: new Set<string>() }
    entries.set(key, entry)
    for (const patient of patients) {
      const among = bearsOneOf(names.get(patient), words) ? entry.bearers : entry.people
      if (among.size < displayPeopleKept) among.add(patient)
    }
  }
  // Who has no known names yet counts only when they are: the text might name them.
  const peopleOf = ({ people, words }: Entry): number =>
    [...people].filter((patient) => names.has(patient) && !bearsOneOf(names.get(patient), words)).length

  for (const person of state?.names ?? []) learn(person)
  for (const { people, bearers = [], ...display } of state?.displays ?? []) enter(display, [...people, ...bearers])
  const telling = (words: ReadonlySet<string>): Set<string> => {
    const bearers = new Map<string, number>()
    for (const known of names.values()) for (const word of known) if (words.has(word)) bearers.set(word, (bearers.get(word) ?? 0) + 1)
    return new Set([...bearers].flatMap(([word, count]) => (count < displayPeopleMin ? [word] : [])))
  }
  const namesOneOf = ({ people, bearers, words }: Entry): boolean =>
    bearers.size > 0 || [...people].some((patient) => bearsOneOf(names.get(patient), words))
  const candidates = (verdictOf: VerdictOf): Candidate[] =>
    [...entries.values()].map((entry) => ({ ...entry.display, people: peopleOf(entry), verdict: verdictOf(entry.display) }))

  return {
    offer: (batch) => {
      for (const person of batch.names) learn(person)
      for (const candidate of batch.displays) enter(candidate, candidate.patients)
    },
    forget(patient) {
      names.delete(patient)
      for (const [key, { people, bearers }] of entries) {
        people.delete(patient)
        bearers.delete(patient)
        if (people.size + bearers.size === 0) entries.delete(key)
      }
    },
    approved: (verdictOf = undecided) => bestOf(candidates(verdictOf)),
    telling,
    has: (display) => entries.has(keyOf(display)),
    known(verdictOf = undecided) {
      const shown = new Set(bestOf(candidates(verdictOf)).map(keyOf))
      const naming = telling(new Set([...entries.values()].flatMap(({ words }) => words)))
      return [...entries]
        .map(([key, entry]) => ({
          ...entry.display,
          people: Math.min(displayPeopleKept, entry.people.size + entry.bearers.size),
          enters: peopleOf(entry) >= displayPeopleMin,
          namesSomebody: namesOneOf(entry) || entry.words.some((word) => naming.has(word)),
          shown: shown.has(key),
        }))
        .sort((a, b) => inOrder(a, b) || codeUnits(a.text, b.text))
    },
    state: () => ({
      version: 1,
      displays: [...entries.values()].map(({ display, words, people, bearers }) => ({
        ...display,
        words: [...words],
        people: [...people],
        ...(bearers.size === 0 ? {} : { bearers: [...bearers] }),
      })),
      names: [...names].map(([patient, words]) => ({ patient, words: [...words] })),
    }),
  }
}

function bearsOneOf(names: ReadonlySet<string> | undefined, words: readonly string[]): boolean {
  return names !== undefined && words.some((word) => names.has(word))
}

const codeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

type Candidate = Display & { people: number; verdict: Verdict }

const keyOf = ({ system, code, text }: Display): string => JSON.stringify([system, code, text])
const inOrder = (a: Display, b: Display): number => codeUnits(a.system, b.system) || codeUnits(a.code, b.code)

// What a privacy officer approved goes before what came in by itself.
function isBetter(a: Candidate, b: Candidate): boolean {
  if (a.verdict !== b.verdict) return a.verdict === 'approve'
  return a.people > b.people || (a.people === b.people && a.text < b.text)
}

function bestOf(candidates: readonly Candidate[]): Display[] {
  const best = new Map<string, Candidate>()
  for (const display of candidates) {
    if (display.verdict === 'reject' || (display.verdict === null && display.people < displayPeopleMin)) continue
    const key = JSON.stringify([display.system, display.code])
    const other = best.get(key)
    if (!other || isBetter(display, other)) best.set(key, display)
  }
  return [...best.values()].map(({ system, code, text }) => ({ system, code, text })).sort(inOrder)
}
