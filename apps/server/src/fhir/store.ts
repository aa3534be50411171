import type { Grant } from '@aquifer/core/access'
import type { ConsentStatement } from '@aquifer/core/consent'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { isLimited, noSuchResource, withinLimits } from '../access/index.js'
import { lockConsents, noConsent, type ConsentLedger, type PersonKey } from '../consent/index.js'
import {
  globalSid,
  type ContractConsents,
  type EnrolPerson,
  type PreparedWrite,
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
  const erased = await erasedIn(tx, keys)
  const accepted: Accepted[] = []
  const enrolments: EnrolPerson[] = []
  for (const [place, unit] of units.entries()) {
    const undo = ledger.mark()
    const gone = unit.study !== null && peopleIn([unit]).some((key) => erased.has(`${key.sid}/${key.patientId}`))
    const decided = gone ? noConsent(unit.study?.required ?? [], 'withdrawn') : await decideUnit(tx, unit, ledger, now)
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
  const births = accepted.flatMap(({ unit }) => unit.items.flatMap((item) => (item.birthDate === null ? [] : [{ patientId: item.id, date: item.birthDate }])))
  if (births.length > 0) await tx.noteBirths(births)
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

/** Who had himself erased is refused for ever, though nothing of him is left but the ledger's mark. */
async function erasedIn(tx: Tx, keys: readonly PersonKey[]): Promise<Set<string>> {
  const places = await tx.erasedAmong(keys)
  return new Set(keys.filter((_, place) => places.has(place)).map((key) => `${key.sid}/${key.patientId}`))
}

async function decideUnit(
  tx: Tx,
  unit: Unit,
  ledger: ConsentLedger,
  now: number,
): Promise<{ enrol: EnrolPerson[]; writes: PreparedWrite[] } | Refusal> {
  const { study, items } = unit
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
    const write = await writeOf(tx, unit, item, ledger)
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

async function writeOf(tx: Tx, unit: Unit, item: Item, ledger: ConsentLedger): Promise<PreparedWrite | Refusal> {
  const { study, grant } = unit
  const ofPerson = item.needsConsent || item.type === 'Contract'
  let site = item.sid === globalSid || item.op === 'delete' || !ofPerson ? siteKnown(unit) : siteFor(unit, ledger, item.patients)
  if (isRefusal(site)) return site
  if (isLimited(grant)) {
    const siteHere =
      item.sid === globalSid && study !== null ? (ledger.siteOf({ sid: study.sid, patientId: item.patients[0] ?? '' }) ?? site) : site
    if (item.op !== 'delete' && !withinLimits(grant, item.type, { siteId: siteIdOf(study, siteHere), patients: item.patients }))
      return noSuchResource()
    if (item.op !== 'create' && !(await mayReplace(tx, unit, item))) return noSuchResource()
  }
  if (item.sid === globalSid) site = null
  const { sid, type, id, op, content, hash, index, patients, refers, unchanged, expect } = item
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
    site,
    audit: unit.auditId,
    ...(expect === undefined ? {} : { expect }),
  }
}

const siteKnown = (unit: Unit): number | null => (unit.site.kind === 'site' ? unit.site.site.site : null)

/** Whether a caller with limits may change what stands there already; what does not exist may be made. */
async function mayReplace(tx: Tx, unit: Unit, item: Item): Promise<boolean> {
  const stored = await tx.read({ sid: item.sid, type: item.type, id: item.id })
  if (stored === null) return true
  const siteId = stored.site === null ? siteIdOf(unit.study, siteKnown(unit)) : siteIdOf(unit.study, stored.site)
  return withinLimits(unit.grant, item.type, { siteId, patients: stored.patientIds })
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
