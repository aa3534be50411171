import { readConsentContract, type ConsentStatement } from '@aquifer/core/consent'
import {
  bundleNamings,
  compartmentPatients,
  extractIndex,
  forEachReference,
  isConsentExempt,
  isObject,
  isGlobal,
  isReferenceData,
  parseReference,
  type IndexEntries,
  type Resource,
} from '@aquifer/core/fhir'
import { isFhirId, uuidOfUrn } from '@aquifer/core/id'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { contentHash, contentOf, globalSid, type PreparedWrite, type Study } from '../repository/index.js'
import { ucumUnits } from './units.js'

/** One resource ready to be written, but for its site and what only the transaction can tell. */
export interface Item {
  sid: number
  type: string
  id: string
  op: PreparedWrite['op']
  content: Buffer | null
  hash: Buffer | null
  index: IndexEntries | null
  /** whose data it is */
  patients: readonly string[]
  needsConsent: boolean
  /** what a Contract says about consent: null when nothing, undefined when this is no Contract */
  consent: ConsentStatement | null | undefined
  refers: readonly { type: string; id: string }[]
  /** the program that sent it, as `urn:aquifer:app` says */
  app: string | null
  /** of a Patient */
  birthDate: string | null
  expect?: NonNullable<PreparedWrite['expect']>
  unchanged: PreparedWrite['unchanged']
}

export interface ItemOptions {
  study: Study | null
  id: string
  op: 'create' | 'update'
  unchanged: PreparedWrite['unchanged']
  /** the person of a resource that names nobody: the only Patient of its Bundle */
  onlyPatient?: string | null
  expect?: PreparedWrite['expect']
}

/** What a search finds a resource by. */
export const indexEntriesOf = (resource: Resource): IndexEntries => extractIndex(resource, ucumUnits)

/** The sid under which a type is kept: people’s profiles beside the studies, reference data there too when no study is meant. */
export function sidFor(type: string, study: Study | null): number | Refusal {
  if (isGlobal(type)) return globalSid
  if (study !== null) return study.sid
  if (isReferenceData(type)) return globalSid
  return refuse('scope-missing', { detail: 'Name the study: X-Aquifer-Study, studyid, the extension, or a token of one study.' })
}

/** Validated resource to item. The resource is changed: it gets its id. */
export function itemOf(resource: Resource, options: ItemOptions): Item | Refusal {
  const { study, id } = options
  const type = resource.resourceType
  const sid = sidFor(type, study)
  if (typeof sid !== 'number') return sid
  resource.id = id
  const patients = peopleOf(resource, options.onlyPatient ?? null)
  const needsConsent = type === 'Bundle' ? holdsPeople(resource) : !isConsentExempt(type)
  if (type === 'Bundle' && hidesPeople(resource, patients)) return noPerson()
  if (needsConsent) {
    const refusal = mayStandWithout(patients, study)
    if (refusal !== null) return refusal
  }
  const consent = type !== 'Contract' ? undefined : study === null ? null : readConsentContract(resource, study.zone)
  if (typeof consent === 'string')
    return refuse('invalid', { detail: consent, issues: [{ severity: 'error', path: 'Contract', code: 'invalid', message: consent }] })
  const content = contentOf(resource, type, id)
  return {
    sid,
    type,
    id,
    op: options.op,
    content,
    hash: contentHash(content),
    index: indexEntriesOf(resource),
    patients,
    needsConsent,
    consent,
    refers: sid === globalSid ? [] : referenceDataIn(resource),
    app: appOf(resource),
    birthDate: type === 'Patient' && typeof resource['birthDate'] === 'string' ? resource['birthDate'] : null,
    ...(options.expect === undefined ? {} : { expect: options.expect }),
    unchanged: options.unchanged,
  }
}

export function deleteItem(type: string, id: string, sid: number, expect?: PreparedWrite['expect']): Item {
  return {
    sid,
    type,
    id,
    op: 'delete',
    content: null,
    hash: null,
    index: null,
    patients: [],
    needsConsent: false,
    consent: type === 'Contract' ? null : undefined,
    refers: [],
    app: null,
    birthDate: null,
    ...(expect === undefined ? {} : { expect }),
    unchanged: 'version',
  }
}

const appUrl = 'urn:aquifer:app'
function appOf(resource: Resource): string | null {
  const extensions: unknown = resource['extension']
  if (!Array.isArray(extensions)) return null
  const said = (extensions as unknown[]).find((extension) => isObject(extension) && extension['url'] === appUrl)
  const value = isObject(said) ? said['valueString'] : null
  return typeof value === 'string' ? value : null
}

// A urn:uuid that nothing in the unit resolves still tells the person apart; it is taken as the id the person would have.
function peopleOf(resource: Resource, onlyPatient: string | null): string[] {
  const named = compartmentPatients(resource).map((patient) => uuidOfUrn(patient) ?? patient)
  const patients = [...new Set(named.filter(isFhirId))]
  return patients.length === 0 && onlyPatient !== null && resource.resourceType !== 'Patient' ? [onlyPatient] : patients
}

function mayStandWithout(patients: readonly string[], study: Study | null): Refusal | null {
  if (study === null) return refuse('scope-missing', { detail: 'Name the study: people’s data belongs to one.' })
  return patients.length > 0 || study.enrolment === 'open' ? null : noPerson()
}

const noPerson = (): Refusal =>
  refuse('no-person', {
    detail: 'The resource does not say whose data it is.',
    remedy: 'Refer to the Patient, or add the extension urn:aquifer:patient-id.',
  })

const namesNobody = (type: string): boolean => type === 'Practitioner' || isReferenceData(type)
// About the Bundle as a whole, so about all of its people.
const ofTheWhole: ReadonlySet<string> = new Set(['MessageHeader', 'OperationOutcome', 'Parameters'])

/** Whether a Bundle that is stored as a resource holds anybody's data: all of its people are then asked for their consent. */
const holdsPeople = (bundle: Resource): boolean => {
  const namings = bundleNamings(bundle)
  return namings.length === 0 || namings.some(({ type, patients }) => patients.length > 0 || !namesNobody(type))
}

/** An entry whose person cannot be told would bring somebody's data in whom nobody asked: it is taken only as the one person's. */
function hidesPeople(bundle: Resource, people: readonly string[]): boolean {
  return bundleNamings(bundle).some(({ type, patients }) => {
    if (patients.length > 0) return !patients.every((patient) => isFhirId(uuidOfUrn(patient) ?? patient))
    return type === 'Patient' || (people.length > 1 && !namesNobody(type) && !ofTheWhole.has(type))
  })
}

function referenceDataIn(resource: Resource): { type: string; id: string }[] {
  const found = new Map<string, { type: string; id: string }>()
  forEachReference(resource, (text) => {
    const slash = text.indexOf('/')
    if (slash < 0 || found.has(text) || !namesNobody(text.slice(0, slash))) return
    const reference = parseReference(text)
    if (reference.kind === 'relative') found.set(text, { type: reference.type, id: reference.id })
  })
  return [...found.values()]
}
