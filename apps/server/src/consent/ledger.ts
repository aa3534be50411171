import { asTheyCount, decideConsent, type Consent, type ConsentStatement, type WithdrawalAct } from '@aquifer/core/consent'
import { requiredFor, settingsOf } from '@aquifer/core/study'
import { refuse, type ConsentCause, type Refusal } from '@aquifer/core/refusal'
import type { PersonState, Study, Tx } from '../repository/index.js'

export interface PersonKey {
  sid: number
  patientId: string
}

/** What is asked of one person for one unit of writing. */
export interface Question {
  study: Study
  patientId: string
  at: number
  /** how the person is named: by his own Patient resource, or only by data about him */
  named: 'by-patient-resource' | 'by-data'
  /** whether his Patient resource is stored already, perhaps through another study */
  patientStored: boolean
  /** the programs that sent data of the person, as `urn:aquifer:app` says */
  apps?: readonly string[]
}
/** `enrolled`: may enter · `enrol`: may enter, and enters the study with it */
export type Decision = 'enrolled' | 'enrol'

/** Never changed in place: a refused unit is taken back by putting the one before in its place. */
interface Entry {
  readonly enrolled: boolean
  readonly site: number | null
  /** what the person withdrew from; only consents given anew undo it, and nothing undoes an erasure */
  readonly stopped: WithdrawalAct | null
  readonly birthDate: string | null
  readonly enrolledAt: number | null
  readonly consents: readonly (Consent & { contractId: string })[]
}
const nobody: Entry = { enrolled: false, site: null, stopped: null, birthDate: null, enrolledAt: null, consents: [] }

/**
 * The consents of the people named in one transaction, locked so that nothing said here changes before commit. What the transaction
 * itself records counts for what is asked afterwards.
 */
export interface ConsentLedger {
  decide(question: Question): Decision | Refusal
  recordConsent(sid: number, contractId: string, statement: ConsentStatement | null): void
  markEnrolled(key: PersonKey, site: number | null): void
  /** What a Patient in this transaction says of the person's birth. */
  noteBirth(key: PersonKey, birthDate: string | null): void
  siteOf(key: PersonKey): number | null
  /** Call the result to take back what was recorded since. */
  mark(): () => void
  /** Who had himself erased is refused for ever, though nothing of him is left but the mark of the withdrawals’ ledger. */
  isErased(key: PersonKey): boolean
}

const keyOf = (sid: number, patientId: string): string => `${sid}/${patientId}`

export async function lockConsents(tx: Tx, keys: readonly PersonKey[], mode: 'share' | 'exclusive'): Promise<ConsentLedger> {
  if (keys.length === 0) return ledgerOf([])
  const [states, before] = await Promise.all([tx.lockPeople(keys, mode), tx.erasedAmong(keys)])
  // Who is not enrolled was locked by name, and only after that question was sent.
  const erased = states.every((state) => state.enrolment !== null) ? before : await tx.erasedAmong(keys)
  return ledgerOf(states, new Set(keys.filter((_, place) => erased.has(place)).map(({ sid, patientId }) => keyOf(sid, patientId))))
}

// What this transaction records comes after all that is stored.
const afterStored = 1n << 62n

export function ledgerOf(states: readonly PersonState[], erased: ReadonlySet<string> = new Set()): ConsentLedger {
  const entries = new Map<string, Entry>()
  // Whom each Contract may have said something of; who is named once too often costs nothing.
  const saidOf = new Map<string, Set<string>>()
  const undoing: (() => void)[] = []
  const note = (sid: number, contractId: string, key: string): void => {
    const name = keyOf(sid, contractId)
    saidOf.set(name, (saidOf.get(name) ?? new Set()).add(key))
  }
  for (const state of states) {
    const key = keyOf(state.sid, state.patientId)
    entries.set(key, entryOf(state))
    for (const { contractId } of state.consents) note(state.sid, contractId, key)
  }
  let latest = afterStored
  const entry = (key: string): Entry => entries.get(key) ?? nobody
  const change = (key: string, changed: Partial<Entry>): void => {
    const before = entries.get(key)
    undoing.push(() => void (before === undefined ? entries.delete(key) : entries.set(key, before)))
    entries.set(key, { ...entry(key), ...changed })
  }
  return {
    isErased: ({ sid, patientId }) => erased.has(keyOf(sid, patientId)),
    decide: (question) => decide(question, entry(keyOf(question.study.sid, question.patientId))),
    recordConsent(sid, contractId, statement) {
      const key = statement === null ? null : keyOf(sid, statement.patientId)
      // Said again is not said anew: an old Contract sent once more does not overtake a withdrawal that came after it.
      if (statement !== null && key !== null && saysTheSame(entry(key), contractId, statement)) return
      for (const person of saidOf.get(keyOf(sid, contractId)) ?? [])
        change(person, { consents: entry(person).consents.filter((consent) => consent.contractId !== contractId) })
      if (statement === null || key === null) return
      const { status, lo, hi, form = null } = statement
      const order = (latest += 1n)
      const said = statement.types.map((type) => ({ contractId, type, status, lo, hi, order, form }))
      change(key, { consents: [...entry(key).consents, ...said] })
      note(sid, contractId, key)
    },
    markEnrolled({ sid, patientId }, site) {
      const key = keyOf(sid, patientId)
      const { enrolled, site: before } = entry(key)
      change(key, { enrolled: true, stopped: null, site: enrolled ? before : site })
    },
    noteBirth: ({ sid, patientId }, birthDate) => change(keyOf(sid, patientId), { birthDate }),
    siteOf: ({ sid, patientId }) => entry(keyOf(sid, patientId)).site,
    mark() {
      const until = undoing.length
      return () => {
        while (undoing.length > until) undoing.pop()?.()
      }
    },
  }
}

function saysTheSame(person: Entry, contractId: string, statement: ConsentStatement): boolean {
  const known = person.consents.filter((consent) => consent.contractId === contractId)
  const same = (consent: Consent): boolean =>
    statement.types.includes(consent.type) &&
    consent.status === statement.status &&
    consent.lo === statement.lo &&
    (consent.form ?? null) === (statement.form ?? null) &&
    consent.hi === statement.hi
  return known.length === statement.types.length && known.every(same)
}

function entryOf(state: PersonState): Entry {
  return {
    enrolled: state.enrolment !== null && state.enrolment.to === null,
    site: state.enrolment?.site ?? null,
    stopped: state.enrolment?.stopped ?? null,
    birthDate: state.birthDate,
    enrolledAt: state.enrolment?.from ?? null,
    consents: state.consents.map((row) => ({ contractId: row.contractId, ...consentOf(row) })),
  }
}

/** A stored consent in the words of the decision. */
export const consentOf = ({ type, status, lo, hi, order, form }: PersonState['consents'][number]): Consent => ({
  type,
  status: status as Consent['status'],
  lo,
  hi,
  order,
  form,
})

function decide(question: Question, person: Entry): Decision | Refusal {
  const { study } = question
  const closedFor = studyTakes(study, person.enrolled)
  if (closedFor !== null) return closedFor
  const settings = settingsOf(study.settings)
  const required = requiredFor(study.required, settings.apps, question.apps ?? [])
  if (required === null) return refuse('business-rule', { detail: 'The study takes no data of this program, or of this version of it.' })
  const site = study.sites.find((each) => each.site === person.site)?.id ?? null
  const counted = asTheyCount(person.consents, { ...person, site }, { settings, zone: study.zone }, question.at)
  const decision = decideConsent(required, counted, question.at)
  if (!decision.given) return noConsent(decision.missing, decision.cause)
  if (person.stopped !== null) {
    // Where no consent is required there is none that could be given anew.
    return person.stopped === 'erase' || study.required.length === 0 ? noConsent(study.required, 'withdrawn') : 'enrol'
  }
  if (person.enrolled) return 'enrolled'
  if (study.enrolment === 'open' || question.named === 'by-patient-resource') return 'enrol'
  // A person known through another study enters this one by his consents alone; without required consents that would be no act of his.
  if (study.required.length > 0 && question.patientStored) return 'enrol'
  return refuse('not-enrolled', {
    detail: 'The person is not enrolled in this study.',
    remedy: 'Send the Patient first, or together with the data.',
  })
}

export function noConsent(missing: readonly string[], cause: ConsentCause): Refusal {
  return refuse('no-consent', {
    detail: 'The person’s consent to this study is not active.',
    missing: [...missing],
    cause,
    remedy:
      cause === 'withdrawn'
        ? 'Stop sending this person’s data to the study.'
        : 'Record an active consent of each missing type, then send again.',
  })
}

function studyTakes(study: Study, enrolled: boolean): Refusal | null {
  if (study.status === 'open' || (study.status === 'closed' && enrolled)) return null
  const remedy = study.status === 'draft' ? 'Open the study first.' : 'Ask the study manager.'
  return refuse('study-not-open', {
    detail: `The study is ${study.status} and takes no ${study.status === 'closed' ? 'new people' : 'data'}.`,
    remedy,
  })
}
