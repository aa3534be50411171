import { isLimited, withoutEmergency, type Grant, type Place, type Reach } from '@aquifer/core/access'
import type { ConsentStatement } from '@aquifer/core/consent'
import { isGlobal } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { noSuchResource, withinLimits } from '../access/index.js'
import { lockConsents, noConsent, type ConsentLedger, type PersonKey } from '../consent/index.js'
import {
  globalSid,
  type ContractConsents,
  type EnrolPerson,
  type PreparedWrite,
  type Standing,
  type Study,
  type Tx,
  type WriteOutcome,
} from '../repository/index.js'
import type { Item } from './item.js'
import { siteIdOf, type SiteChoice } from './scope.js'
import { startWithdrawals, withdrawnIn, type SaidByContract, type StartedByContract } from './withdrawn.js'

/** What is stored together or not at all: one resource, one transaction, or one Bundle of an import. */
export interface Unit {
  study: Study | null
  site: SiteChoice
  grant: Grant
  items: readonly Item[]
  /** id of the audit record that the versions point to */
  auditId: bigint
  /** Contracts written by a withdrawal that was asked for: whoever asked records it. */
  ofWithdrawal?: true
}
export type UnitOutcome = { stored: WriteOutcome[]; withdrawals?: StartedByContract[] } | Refusal
export interface Making {
  now: number
  newId: () => string
}

interface Accepted {
  unit: Unit
  place: number
  writes: PreparedWrite[]
}

/**
 * Decides and stores units, in order, in one transaction: what an earlier unit enters or consents to counts for a later one. A
 * refused unit stores nothing and does not hinder the others.
 */
export async function storeUnits(tx: Tx, units: readonly Unit[], { now, newId }: Making): Promise<UnitOutcome[]> {
  const outcomes: UnitOutcome[] = units.map(() => ({ stored: [] }))
  const keys = peopleIn(units)
  const exclusive = units.some((unit) => unit.items.some((item) => item.consent !== undefined))
  const [ledger, standing] = await Promise.all([lockConsents(tx, keys, exclusive ? 'exclusive' : 'share'), standingOf(tx, units)])
  const held = reachHolding(tx, now)
  const accepted: Accepted[] = []
  const enrolments: EnrolPerson[] = []
  for (const [place, unit] of units.entries()) {
    const undo = ledger.mark()
    const decided = (await held(unit.grant)) ?? (await decideUnit(tx, unit, { ledger, standing, now }))
    if (isRefusal(decided)) {
      undo()
      outcomes[place] = decided
      continue
    }
    enrolments.push(...decided.enrol)
    accepted.push({ unit, place, writes: decided.writes })
  }
  if (enrolments.length > 0) await tx.enrol(enrolments)
  const written = accepted.length === 0 ? [] : await tx.write(accepted.flatMap((each) => each.writes))
  let at = 0
  const consents: ContractConsents[] = []
  const said: SaidByContract[] = []
  for (const { unit, place, writes } of accepted) {
    const stored = written.slice(at, (at += writes.length))
    const outcome: { stored: WriteOutcome[]; withdrawals?: StartedByContract[] } = { stored }
    outcomes[place] = outcome
    const recorded = consentsOf(unit, stored)
    consents.push(...recorded)
    if (unit.ofWithdrawal === undefined) said.push(...withdrawnIn(unit, recorded, outcome))
  }
  const births = accepted.flatMap(({ unit }) =>
    unit.items.flatMap((item) => (item.birthDate === null ? [] : [{ patientId: item.id, date: item.birthDate }])),
  )
  if (births.length > 0) await tx.noteBirths(births)
  if (consents.length > 0) await tx.recordConsents(consents)
  if (said.length > 0) await startWithdrawals(tx, said, { now, newId })
  return outcomes
}

/** The reach was resolved before the transaction; here it is held, so that an end of a relationship waits or is seen. */
function reachHolding(tx: Tx, now: number): (grant: Grant) => Promise<Refusal | null> {
  const asked = new Map<Reach, Refusal | null>()
  return async ({ reach }) => {
    if (reach === undefined) return null
    const before = asked.get(reach)
    if (before !== undefined) return before
    const stamp = await tx.holdRelationships(reach.holders)
    const holds = stamp === reach.stamp && now < reach.until
    const refusal = holds ? null : refuse('conflict', { detail: 'What you may reach was changed meanwhile; send again.' })
    asked.set(reach, refusal)
    return refusal
  }
}

const nameOf = ({ sid, patientId }: PersonKey): string => `${sid}/${patientId}`

/** Whose rows a transaction holds: who is written about, and for a caller with limits everybody named, since the place is asked. */
function peopleIn(units: readonly Unit[]): PersonKey[] {
  const keys = units.flatMap((unit) => [...dataOf(unit), ...(isLimited(unit.grant) ? namedBy(unit, unit.items) : [])])
  return [...new Map(keys.map((key) => [nameOf(key), key])).values()]
}

/** Whose data or consent a unit brings. */
const dataOf = (unit: Unit): PersonKey[] =>
  namedBy(
    unit,
    unit.items.filter((item) => item.needsConsent || item.consent !== undefined),
  )

function namedBy({ study }: Unit, items: readonly Item[]): PersonKey[] {
  if (study === null) return []
  const named = items.flatMap((item) => (item.consent ? [...item.patients, item.consent.patientId] : item.patients))
  return named.map((patientId) => ({ sid: study.sid, patientId }))
}

/** What the transaction knows of the people its units name. */
interface Known {
  ledger: ConsentLedger
  /** where that stands which the units replace */
  standing: ReadonlyMap<Item, Standing>
  now: number
}

async function decideUnit(tx: Tx, unit: Unit, known: Known): Promise<{ enrol: EnrolPerson[]; writes: PreparedWrite[] } | Refusal> {
  const { study, items } = unit
  const { ledger, now } = known
  const hidden = await hiddenFrom(tx, unit, known)
  if (hidden !== null) return hidden
  if (dataOf(unit).some(ledger.isErased)) return noConsent(study?.required ?? [], 'withdrawn')
  for (const item of items) if (item.consent !== undefined && study !== null) ledger.recordConsent(study.sid, item.id, item.consent)
  if (study !== null)
    for (const item of items) if (item.type === 'Patient') ledger.noteBirth({ sid: study.sid, patientId: item.id }, item.birthDate)
  const enrol: EnrolPerson[] = []
  if (study !== null) {
    for (const [patientId, { named, apps }] of namedIn(items)) {
      const key = { sid: study.sid, patientId }
      const question = { study, patientId, at: now, named, apps, patientStored: false }
      let decision = ledger.decide(question)
      if (isRefusal(decision) && decision.refusal === 'not-enrolled' && study.required.length > 0) {
        const stored = await tx.read({ sid: globalSid, type: 'Patient', id: patientId })
        if (stored?.content) decision = ledger.decide({ ...question, patientStored: true })
      }
      if (isRefusal(decision)) return decision
      if (decision === 'enrolled') continue
      const site = siteFor(unit, ledger, [patientId])
      if (isRefusal(site)) return site
      ledger.markEnrolled(key, site)
      enrol.push({ ...key, site, from: now })
    }
  }
  const writes: PreparedWrite[] = []
  for (const item of items) {
    const write = writeOf(unit, item, ledger)
    if (isRefusal(write)) return write
    writes.push(write)
  }
  return { enrol, writes }
}

/** Everyone whose consent the unit needs, and whether his own Patient resource is in it. */
interface Naming {
  named: 'by-patient-resource' | 'by-data'
  /** the programs that sent data of the person */
  apps: string[]
}
function namedIn(items: readonly Item[]): Map<string, Naming> {
  const people = new Map<string, Naming>()
  for (const item of items) {
    if (!item.needsConsent) continue
    for (const patientId of item.patients) {
      const naming = people.get(patientId) ?? { named: 'by-data', apps: [] }
      if (item.type === 'Patient') naming.named = 'by-patient-resource'
      if (item.app !== null) naming.apps.push(item.app)
      people.set(patientId, naming)
    }
  }
  return people
}

function siteFor(unit: Unit, ledger: ConsentLedger, patients: readonly string[]): number | null | Refusal {
  if (unit.site.kind === 'site') return unit.site.site.site
  if (unit.site.kind === 'none' || unit.study === null) return null
  for (const patientId of patients) {
    const site = ledger.siteOf({ sid: unit.study.sid, patientId })
    if (site !== null) return site
  }
  return refuse('scope-missing', { detail: 'The study has several sites: name one by X-Aquifer-Site, siteid or the extension.' })
}

/** Access comes before consent: who may not write about a person is not told how his consents stand. */
async function hiddenFrom(tx: Tx, unit: Unit, { ledger, standing }: Known): Promise<Refusal | null> {
  const lasting = withoutEmergency(unit.grant)
  const isLasting = (place: Place): boolean => withinLimits(lasting, 'Contract', place)
  for (const item of unit.items) {
    const isWithin = (place: Place): boolean => withinLimits(unit.grant, item.type, place)
    const places = isLimited(unit.grant) ? placesOf(unit, item, ledger) : []
    if (item.op !== 'delete' && !places.every(isWithin)) return noSuchResource()
    const stored = standing.get(item)
    if (stored !== undefined && !(await mayReplace(tx, unit, item, stored))) return noSuchResource()
    if (item.type === 'Contract' && places.every(isWithin) && !places.every(isLasting)) return onlyEmergency()
  }
  return null
}

const onlyEmergency = (): Refusal =>
  refuse('not-permitted', { detail: 'An emergency opens what treating the person needs; it does not speak for the person’s consent.' })

/** Where a write would stand, and where its people are: a site of one's own does not reach people of another. */
function placesOf(unit: Unit, item: Item, ledger: ConsentLedger): Place[] {
  const { study } = unit
  const { patients } = item
  const siteOf = (patientId: string): number | null => (study === null ? null : ledger.siteOf({ sid: study.sid, patientId }))
  const enrolledAt = patients.map(siteOf).filter((site) => site !== null)
  const said = siteKnown(unit) ?? enrolledAt[0] ?? null
  const sites = item.sid === globalSid ? [enrolledAt[0] ?? said] : [said]
  return [...new Set([...sites, ...enrolledAt])].map((site) => ({ study: study?.id ?? null, site: siteIdOf(study, site), patients }))
}

function writeOf(unit: Unit, item: Item, ledger: ConsentLedger): PreparedWrite | Refusal {
  const ofPerson = item.needsConsent || item.type === 'Contract'
  const site = item.sid === globalSid || item.op === 'delete' || !ofPerson ? siteKnown(unit) : siteFor(unit, ledger, item.patients)
  if (isRefusal(site)) return site
  const { sid, type, id, op, content, hash, index, patients, refers, unchanged, expect } = item
  const isOurs = sid === globalSid && unit.study !== null && (type === 'Practitioner' || patients.length === 0)
  return {
    sid,
    type,
    id,
    op,
    content,
    hash,
    index,
    patients,
    refers,
    unchanged,
    site: sid === globalSid ? null : site,
    audit: unit.auditId,
    ...(expect === undefined ? {} : { expect }),
    ...(isOurs ? { from: unit.study?.sid } : {}),
  }
}

const siteKnown = ({ site }: Unit): number | null => (site.kind === 'site' ? site.site.site : null)

const isProfile = (item: Item): boolean => item.sid === globalSid && isGlobal(item.type) && item.type !== 'Practitioner'

/** Where those items stand whose replacement is asked about: all in one question, since a transaction carries many writes. */
async function standingOf(tx: Tx, units: readonly Unit[]): Promise<Map<Item, Standing>> {
  const asked = units.flatMap(({ grant, items }) => items.filter((item) => item.op !== 'create' && (isProfile(item) || isLimited(grant))))
  const found = await tx.standing(asked)
  return new Map(asked.flatMap((item, place) => (found[place] ? [[item, found[place]] as const] : [])))
}

/** What exists may be changed by who reaches it where it stands; what does not exist may be made. */
async function mayReplace(tx: Tx, unit: Unit, item: Item, stored: Standing): Promise<boolean> {
  const within = (site: number | null): boolean =>
    withinLimits(unit.grant, item.type, { study: unit.study?.id ?? null, site: siteIdOf(unit.study, site), patients: stored.patientIds })
  if (isProfile(item)) return mayReplaceProfile(tx, unit, { item, stored, within })
  if (!within(stored.site ?? siteKnown(unit))) return false
  if (unit.study === null || stored.patientIds.length < 2) return true
  // Of several people each is asked where he is, as in reading.
  const { sid } = unit.study
  const people = await tx.people(stored.patientIds.map((patientId) => ({ sid, patientId })))
  return people.every(({ enrolment }) => enrolment === null || enrolment.site === null || within(enrolment.site))
}

/**
 * A profile is changed from a study in which its people are, where they are enrolled, or into which the new content brings them: then
 * their consent is asked for it. One that names nobody is changed by who reaches all of a study, and deleted where it was written.
 */
async function mayReplaceProfile(
  tx: Tx,
  unit: Unit,
  { item, stored, within }: { item: Item; stored: Standing; within: (site: number | null) => boolean },
): Promise<boolean> {
  const { study } = unit
  if (study === null) return false
  const people = await tx.people(stored.patientIds.map((patientId) => ({ sid: study.sid, patientId })))
  if (people.length === 0) return within(null) && (item.op === 'update' || (await tx.studiesNaming(item.type, item.id)).includes(study.sid))
  return people.every(({ enrolment, patientId }) => {
    if (enrolment !== null) return within(enrolment.site)
    return item.op === 'update' && item.patients.includes(patientId) && within(siteKnown(unit))
  })
}

const formSaid = ({ form }: ConsentStatement): { form?: string } => (form === undefined ? {} : { form })

function consentsOf(unit: Unit, stored: readonly WriteOutcome[]): ContractConsents[] {
  const { study } = unit
  if (study === null) return []
  const found: ContractConsents[] = []
  for (const [place, item] of unit.items.entries()) {
    const outcome = stored[place]
    if (item.consent === undefined || outcome === undefined || outcome.rid === null) continue
    if (outcome.outcome !== 'created' && outcome.outcome !== 'updated' && outcome.outcome !== 'deleted') continue
    const { consent } = item
    const entries =
      consent === null
        ? []
        : consent.types.map((type) => ({ type, status: consent.status, lo: consent.lo, hi: consent.hi, ...formSaid(consent) }))
    found.push({
      sid: study.sid,
      patientId: consent?.patientId ?? item.patients[0] ?? '',
      contract: outcome.rid,
      version: outcome.version,
      entries,
    })
  }
  return found
}
