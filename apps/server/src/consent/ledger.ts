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

interface Entry {
  enrolled: boolean
  site: number | null
  /** what the person withdrew from; only consents given anew undo it, and nothing undoes an erasure */
  stopped: WithdrawalAct | null
  birthDate: string | null
  enrolledAt: number | null
  consents: (Consent & { contractId: string })[]
}

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
  isWithdrawn(key: PersonKey, type: string): boolean
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
  let entries = new Map<string, Entry>()
  for (const state of states) entries.set(keyOf(state.sid, state.patientId), entryOf(state))
  let latest = afterStored
  const entry = (sid: number, patientId: string): Entry => {
    const key = keyOf(sid, patientId)
    const known = entries.get(key) ?? { enrolled: false, site: null, stopped: null, birthDate: null, enrolledAt: null, consents: [] }
    entries.set(key, known)
    return known
  }
  return {
    isErased: ({ sid, patientId }) => erased.has(keyOf(sid, patientId)),
    decide: (question) => decide(question, entry(question.study.sid, question.patientId)),
    recordConsent(sid, contractId, statement) {
      // Said again is not said anew: an old Contract sent once more does not overtake a withdrawal that came after it.
      if (statement !== null && saysTheSame(entry(sid, statement.patientId), contractId, statement)) return
      for (const each of entries.values()) each.consents = each.consents.filter((consent) => consent.contractId !== contractId)
      if (statement === null) return
      const person = entry(sid, statement.patientId)
      const order = (latest += 1n)
      for (const type of statement.types)
        person.consents.push({
          contractId,
          type,
          status: statement.status,
          lo: statement.lo,
          hi: statement.hi,
          order,
          form: statement.form ?? null,
        })
    },
    markEnrolled(key, site) {
      const person = entry(key.sid, key.patientId)
      if (!person.enrolled) person.site = site
      person.enrolled = true
      person.stopped = null
    },
    noteBirth(key, birthDate) {
      entry(key.sid, key.patientId).birthDate = birthDate
    },
    siteOf: (key) => entry(key.sid, key.patientId).site,
    mark() {
      const before = new Map([...entries].map(([key, each]) => [key, { ...each, consents: [...each.consents] }]))
      return () => {
        entries = before
      }
    },
    isWithdrawn(key, type) {
      const decision = decideConsent([type], entry(key.sid, key.patientId).consents, 0)
      return !decision.given && (decision.cause === 'withdrawn' || decision.cause === 'suspended')
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
