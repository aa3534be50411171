import type { Grant } from '@aquifer/core/access'
import { isGlobal } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { isLimited, noSuchResource, withinLimits } from '../access/index.js'
import { lockConsents, type ConsentLedger, type PersonKey } from '../consent/index.js'
import {
  globalSid,
  type ContractConsents,
  type EnrolPerson,
  type PreparedWrite,
  type StoredVersion,
  type Study,
  type Tx,
  type WriteOutcome,
} from '../repository/index.js'
import type { Item } from './item.js'
import { siteIdOf, type SiteChoice } from './scope.js'

/** What is stored together or not at all: one resource, one transaction, or one Bundle of an import. */
export interface Unit {
  study: Study | null
  site: SiteChoice
  grant: Grant
  items: readonly Item[]
  /** id of the audit record that the versions point to */
  auditId: bigint
}
export type UnitOutcome = { stored: WriteOutcome[] } | Refusal

interface Accepted {
  unit: Unit
  place: number
  writes: PreparedWrite[]
}

/**
 * Decides and stores units, in order, in one transaction: what an earlier unit enters or consents to counts for a later one. A
 * refused unit stores nothing and does not hinder the others.
 */
export async function storeUnits(tx: Tx, units: readonly Unit[], now: number): Promise<UnitOutcome[]> {
  const outcomes: UnitOutcome[] = units.map(() => ({ stored: [] }))
  const keys = peopleIn(units)
  const exclusive = units.some((unit) => unit.items.some((item) => item.consent !== undefined))
  const ledger = await lockConsents(tx, keys, exclusive ? 'exclusive' : 'share')
  const accepted: Accepted[] = []
  const enrolments: EnrolPerson[] = []
  for (const [place, unit] of units.entries()) {
    const undo = ledger.mark()
    const decided = await decideUnit(tx, unit, ledger, now)
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
  for (const { unit, place, writes } of accepted) {
    const stored = written.slice(at, (at += writes.length))
    outcomes[place] = { stored }
    consents.push(...consentsOf(unit, stored))
  }
  if (consents.length > 0) await tx.recordConsents(consents)
  return outcomes
}

function peopleIn(units: readonly Unit[]): PersonKey[] {
  const keys = new Map<string, PersonKey>()
  for (const { study, items } of units) {
    if (study === null) continue
    for (const item of items) {
      const isNamed = item.needsConsent || item.consent !== undefined
      const named = item.consent ? [...item.patients, item.consent.patientId] : isNamed ? item.patients : []
      for (const patientId of named) keys.set(`${study.sid}/${patientId}`, { sid: study.sid, patientId })
    }
  }
  return [...keys.values()]
}

async function decideUnit(
  tx: Tx,
  unit: Unit,
  ledger: ConsentLedger,
  now: number,
): Promise<{ enrol: EnrolPerson[]; writes: PreparedWrite[] } | Refusal> {
  const { study, items } = unit
  // Access first: what consent says of a person is only for those who may write about him.
  for (const item of items) if (!(await mayWrite(tx, unit, item, ledger))) return noSuchResource()
  for (const item of items) if (item.consent !== undefined && study !== null) ledger.recordConsent(study.sid, item.id, item.consent)
  const enrol: EnrolPerson[] = []
  if (study !== null) {
    for (const [patientId, named] of namedIn(items)) {
      const key = { sid: study.sid, patientId }
      const question = { study, patientId, at: now, named, patientStored: false }
      let decision = ledger.decide(question)
      if (isRefusal(decision) && decision.refusal === 'not-enrolled' && study.required.length > 0) {
        const stored = await tx.read({ sid: globalSid, type: 'Patient', id: patientId })
        if (stored?.content) decision = ledger.decide({ ...question, patientStored: true })
      }
      if (isRefusal(decision)) return decision
      if (decision === 'enrolled') continue
      const site = siteFor(unit, ledger, [])
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
function namedIn(items: readonly Item[]): Map<string, 'by-patient-resource' | 'by-data'> {
  const named = new Map<string, 'by-patient-resource' | 'by-data'>()
  for (const item of items) {
    if (!item.needsConsent) continue
    for (const patientId of item.patients) {
      if (item.type === 'Patient') named.set(patientId, 'by-patient-resource')
      else if (!named.has(patientId)) named.set(patientId, 'by-data')
    }
  }
  return named
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

function siteOf(unit: Unit, item: Item, ledger: ConsentLedger): number | null | Refusal {
  const ofPerson = item.needsConsent || item.type === 'Contract'
  return item.sid === globalSid || item.op === 'delete' || !ofPerson ? siteKnown(unit) : siteFor(unit, ledger, item.patients)
}

function writeOf(unit: Unit, item: Item, ledger: ConsentLedger): PreparedWrite | Refusal {
  const site = siteOf(unit, item, ledger)
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

const siteKnown = (unit: Unit): number | null => (unit.site.kind === 'site' ? unit.site.site.site : null)

/** Whether the caller’s limits and study let him write this, over what stands there already. */
async function mayWrite(tx: Tx, unit: Unit, item: Item, ledger: ConsentLedger): Promise<boolean> {
  const { study, grant } = unit
  if (isLimited(grant)) {
    const site = siteOf(unit, item, ledger)
    // Without a site the write is refused as such later on, whoever asks.
    if (item.op !== 'delete' && !isRefusal(site)) {
      const here = item.sid === globalSid && study !== null ? (enrolledSite(ledger, study, item) ?? site) : site
      if (!withinLimits(grant, item.type, { siteId: siteIdOf(study, here), patients: item.patients })) return false
    }
  }
  if (item.op === 'create') return true
  const isProfile = item.sid === globalSid && isGlobal(item.type) && item.type !== 'Practitioner'
  if (!isLimited(grant) && !isProfile) return true
  const stored = await tx.read({ sid: item.sid, type: item.type, id: item.id })
  if (stored === null) return true
  return isProfile ? mayReplaceProfile(tx, unit, item, stored) : mayReplace(unit, item, stored)
}

const enrolledSite = (ledger: ConsentLedger, study: Study, item: Item): number | null =>
  ledger.siteOf({ sid: study.sid, patientId: item.patients[0] ?? '' })

function mayReplace(unit: Unit, item: Item, stored: StoredVersion): boolean {
  const siteId = stored.site === null ? siteIdOf(unit.study, siteKnown(unit)) : siteIdOf(unit.study, stored.site)
  return withinLimits(unit.grant, item.type, { siteId, patients: stored.patientIds })
}

/**
 * A profile is changed from a study in which its people are, or into which the new content brings them: then their consent is asked
 * for it. One that names nobody is changed from anywhere, as a practitioner is, and deleted where it was written.
 */
async function mayReplaceProfile(tx: Tx, unit: Unit, item: Item, stored: StoredVersion): Promise<boolean> {
  const { study, grant } = unit
  if (study === null) return false
  const people = await tx.people(stored.patientIds.map((patientId) => ({ sid: study.sid, patientId })))
  if (people.length === 0)
    return !isLimited(grant) && (item.op === 'update' || (await tx.studiesNaming(item.type, item.id)).includes(study.sid))
  return people.every(({ enrolment, patientId }) =>
    enrolment === null
      ? item.op === 'update' && item.patients.includes(patientId)
      : withinLimits(grant, item.type, { siteId: siteIdOf(study, enrolment.site), patients: stored.patientIds }),
  )
}

function consentsOf(unit: Unit, stored: readonly WriteOutcome[]): ContractConsents[] {
  const { study } = unit
  if (study === null) return []
  const found: ContractConsents[] = []
  for (const [place, item] of unit.items.entries()) {
    const outcome = stored[place]
    if (item.consent === undefined || outcome === undefined || outcome.rid === null) continue
    if (outcome.outcome !== 'created' && outcome.outcome !== 'updated' && outcome.outcome !== 'deleted') continue
    const { consent } = item
    const entries = consent === null ? [] : consent.types.map((type) => ({ type, status: consent.status, lo: consent.lo, hi: consent.hi }))
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
