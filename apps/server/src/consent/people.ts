import { reachesPlace, type Grant } from '@aquifer/core/access'
import {
  aheadOf,
  atThatTime,
  asTheyCount,
  decideConsent,
  endOfDay,
  formOf,
  reconsentOf,
  stateOfType,
  type Consent,
  type PersonFacts,
  type StudyFacts,
} from '@aquifer/core/consent'
import type { ConsentAhead, PersonDecisions, VersionMatrix } from '@aquifer/core/contract'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { settingsOf } from '@aquifer/core/study'
import { dayAt, spanOf } from '@aquifer/core/time'
import type { PersonState, Repository, Study } from '../repository/index.js'
import { consentOf } from './ledger.js'
import { subjectNumber, subjectText } from './participants.js'

const pageSize = 2_000
const dayMs = 86_400_000
const rowsMax = 5_000

export interface StudyPerson {
  pid: bigint
  patientId: string
  subject: number
  facts: PersonFacts
  consents: readonly Consent[]
  /** stopped some use, or withdrew from the study */
  isStopped: boolean
}
export const factsOfStudy = (study: Study): StudyFacts => ({ settings: settingsOf(study.settings), zone: study.zone })

/** Everybody who is in the study and has not withdrawn from it, in the order in which they were first named. */
export async function* peopleOf(repository: Repository, study: Study, withStopped = false): AsyncGenerator<StudyPerson> {
  for (let after = 0n; ;) {
    const page = await repository.consents.people(study.sid, { after, limit: pageSize })
    for (const state of page) {
      if (state.enrolment.to !== null || (state.enrolment.stopped !== null && !withStopped)) continue
      yield personOf(study, state)
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return
    after = last.pid
  }
}

function personOf(study: Study, state: PersonState & { pid: bigint; enrolment: NonNullable<PersonState['enrolment']> }): StudyPerson {
  const { pid, patientId, enrolment, birthDate } = state
  return {
    pid,
    patientId,
    subject: enrolment.subject,
    facts: { birthDate, site: study.sites.find((site) => site.site === enrolment.site)?.id ?? null, enrolledAt: enrolment.from },
    consents: state.consents.map(consentOf),
    isStopped: enrolment.stopped !== null || enrolment.withheld,
  }
}

const isReached = (grant: Grant, study: Study, { patientId, facts }: StudyPerson): boolean =>
  reachesPlace(grant, { study: study.id, site: facts.site, patients: [patientId] })

export const asCounted = (study: Study, state: PersonState, site: string | null, at: number): readonly Consent[] =>
  asTheyCount(
    state.consents.map(consentOf),
    { birthDate: state.birthDate, site, enrolledAt: state.enrolment?.from ?? null },
    factsOfStudy(study),
    at,
  )

/** Who comes of age, whose consent ends and who has to consent anew within some days. */
export async function consentAhead(
  repository: Repository,
  study: Study,
  asked: { grant: Grant; days: number; now: number },
): Promise<ConsentAhead> {
  const until = asked.now + asked.days * dayMs
  const counts = { 'comes-of-age': 0, expires: 0, 'reconsent-due': 0 }
  const rows: ConsentAhead['rows'] = []
  for await (const person of peopleOf(repository, study)) {
    if (!isReached(asked.grant, study, person)) continue
    for (const { kind, at, type, open } of aheadOf(person.consents, person.facts, factsOfStudy(study), { now: asked.now, until })) {
      counts[kind] += 1
      rows.push({ subject: subjectText(study, person.subject), site: person.facts.site, kind, at: new Date(at).toISOString(), type, open })
    }
  }
  rows.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  return { study: study.id, until: new Date(until).toISOString(), counts, rows: rows.slice(0, rowsMax) }
}

/** The decision about each person as of a day, in words; people appear by subject number. */
export async function personDecisions(
  repository: Repository,
  study: Study,
  asked: { grant: Grant; asOf: string | null; limit: number; after: string | null; now: number },
): Promise<PersonDecisions | Refusal> {
  const today = dayAt(asked.now, study.zone)
  const asOf = asked.asOf ?? today
  if (!/^\d{4}-\d{2}-\d{2}$/.test(asOf) || spanOf(asOf, study.zone) === null)
    return refuse('bad-parameter', { detail: 'asOf is a day, YYYY-MM-DD.', parameter: 'asOf' })
  const after = asked.after === null ? 0 : subjectNumber(asked.after)
  if (after === null) return refuse('bad-parameter', { detail: 'after is the next of an earlier page.', parameter: 'after' })
  const at = asOf >= today ? asked.now : endOfDay(asOf, study.zone)
  const found: StudyPerson[] = []
  for await (const person of peopleOf(repository, study, true))
    if (person.subject > after && isReached(asked.grant, study, person) && (person.facts.enrolledAt ?? 0) <= at) found.push(person)
  found.sort((a, b) => a.subject - b.subject)
  const page = found.slice(0, asked.limit)
  const last = page.at(-1)
  return {
    study: study.id,
    asOf,
    studyVersion: study.version,
    people: page.map((person) => decisionOf(study, person, at)),
    next: last !== undefined && found.length > page.length ? subjectText(study, last.subject) : null,
  }
}

const words: Readonly<Record<string, string>> = {
  'no-consent': 'was never given',
  proposed: 'is proposed only',
  suspended: 'is suspended',
  withdrawn: 'was withdrawn',
  expired: 'has run out',
  'not-yet-active': 'begins later',
}

function decisionOf(study: Study, person: StudyPerson, at: number): PersonDecisions['people'][number] {
  const facts = factsOfStudy(study)
  const counted = asTheyCount(atThatTime(person.consents, at), person.facts, facts, at)
  const decision = decideConsent(study.required, counted, at)
  const timeline = { forms: facts.settings.forms, site: person.facts.site, zone: study.zone }
  const types = study.required.map((type) => {
    const state = stateOfType(counted, type, at)
    const newest = counted.filter((consent) => consent.type === type).sort((a, b) => (a.order < b.order ? 1 : -1))[0]
    const due = newest === undefined ? null : reconsentOf(newest, timeline)
    const status: PersonDecisions['people'][number]['types'][number]['status'] =
      state === 'active' && due !== null && due.since <= at ? 'reconsent-due' : state === 'not-yet-active' ? 'proposed' : state
    return {
      type,
      status,
      form: newest === undefined ? null : (formOf(newest, timeline)?.version ?? newest.form ?? null),
      since: isoOrNull(newest?.lo),
      until: isoOrNull(newest?.hi),
    }
  })
  const reason = decision.given
    ? study.required.length === 0
      ? 'The study requires no consent.'
      : 'Every required consent is active.'
    : `Consent to ${decision.missing.join(', ')} ${words[decision.cause] ?? 'is missing'}.`
  return { subject: subjectText(study, person.subject), site: person.facts.site, given: decision.given, reason, types }
}

const isoOrNull = (at: number | null | undefined): string | null => (at === null || at === undefined ? null : new Date(at).toISOString())

/** How many people's active consents were given under which form, by site. */
export async function formVersions(repository: Repository, study: Study, asked: { grant: Grant; now: number }): Promise<VersionMatrix> {
  const facts = factsOfStudy(study)
  const cells = new Map<string, VersionMatrix['cells'][number]>()
  for await (const person of peopleOf(repository, study)) {
    if (!isReached(asked.grant, study, person)) continue
    const { site } = person.facts
    const timeline = { forms: facts.settings.forms, site, zone: study.zone }
    const counted = asTheyCount(person.consents, person.facts, facts, asked.now)
    for (const type of new Set([...study.required, ...facts.settings.forms.map((form) => form.type)])) {
      if (stateOfType(counted, type, asked.now) !== 'active') continue
      const newest = counted.filter((consent) => consent.type === type).sort((a, b) => (a.order < b.order ? 1 : -1))[0]
      if (newest === undefined) continue
      const version = formOf(newest, timeline)?.version ?? newest.form ?? null
      const key = JSON.stringify([site, type, version])
      const cell = cells.get(key) ?? { site, type, version, people: 0, due: 0 }
      const due = reconsentOf(newest, timeline)
      cell.people += 1
      if (due !== null && due.since <= asked.now) cell.due += 1
      cells.set(key, cell)
    }
  }
  const versions = facts.settings.forms.map(({ document: _document, ...form }) => form)
  return { study: study.id, versions, cells: [...cells.values()].sort((a, b) => (a.site ?? '').localeCompare(b.site ?? '')) }
}
