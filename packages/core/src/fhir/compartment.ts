import { isObject } from './resource.js'
import type { JsonObject, Resource } from './resource.js'
import { parseReference } from './reference.js'
import { searchParameters } from './search-parameters.js'

// compartment-patient.html of DSTU2: the search parameters whose reference puts a resource into a patient's compartment.
// The definitions' package does not carry the page. Left out: Patient.link and OrderResponse and Provenance by way of another resource.
const table = `
Account subject
AllergyIntolerance patient recorder reporter
Appointment actor
AppointmentResponse actor
AuditEvent patient
Basic patient author
BodySite patient
CarePlan patient participant performer
Claim patient
ClinicalImpression patient
Communication subject sender recipient
CommunicationRequest subject sender recipient requester
Composition subject author attester
Condition patient asserter
DetectedIssue patient
DeviceUseRequest subject
DeviceUseStatement subject
DiagnosticOrder subject
DiagnosticReport subject
DocumentManifest subject author recipient
DocumentReference subject author
Encounter patient
EnrollmentRequest subject
EpisodeOfCare patient
FamilyMemberHistory patient
Flag patient
Goal patient
Group member
ImagingObjectSelection patient author
ImagingStudy patient
Immunization patient
ImmunizationRecommendation patient
List subject source
Media subject
MedicationAdministration patient
MedicationDispense patient
MedicationOrder patient
MedicationStatement patient source
NutritionOrder patient
Observation subject performer
Order subject
Person patient
Procedure patient performer
ProcedureRequest subject orderer performer
Provenance patient
QuestionnaireResponse subject author
ReferralRequest patient requester
RelatedPerson patient
RiskAssessment subject
Schedule actor
Specimen subject
SupplyDelivery patient
SupplyRequest patient
VisionPrescription patient
`

// Elements outside the compartment page that say whose data it is all the same.
const ownElements: Readonly<Record<string, readonly string[]>> = { Contract: ['subject'], Coverage: ['subscriber'], Device: ['patient'] }

interface CompartmentPath {
  names: string[]
  /** The element says whose data it is, so a reference that tells no type (urn:uuid) is taken for a patient. */
  isSubject: boolean
}

/** Names of the Patient compartment's search parameters by type. */
export const patientCompartment: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  table
    .trim()
    .split('\n')
    .map((line) => {
      const [type = '', ...names] = line.split(' ')
      return [type, names]
    }),
)

const paths = new Map<string, CompartmentPath[]>()
for (const [type, names] of Object.entries(patientCompartment)) {
  const found = names.flatMap((name) => {
    const parameter = searchParameters[type]?.find((candidate) => candidate.name === name)
    if (!parameter) throw new Error(`${type} has no search parameter ${name}`)
    return parameter.paths.map((path) => ({ names: path.split('.'), isSubject: name === 'patient' || name === 'subject' }))
  })
  paths.set(type, found)
}
for (const [type, elements] of Object.entries(ownElements)) {
  paths.set(
    type,
    elements.map((element) => ({ names: [element], isSubject: true })),
  )
}

/**
 * The patients whose data this is: ids of `Patient/id` references of the Patient compartment, as written for other forms
 * (`urn:uuid:…`, `Patient?…`), which the caller resolves first. Where there is none, the extension `urn:aquifer:patient-id`.
 */
export function compartmentPatients(resource: Resource): string[] {
  if (resource.resourceType === 'Patient') return resource.id === undefined ? [] : [resource.id]
  if (resource.resourceType === 'Bundle') return [...new Set(bundleNamings(resource).flatMap(({ patients }) => patients))]
  const patients: string[] = []
  for (const path of paths.get(resource.resourceType) ?? []) collect(resource, path, 0, patients)
  return patients.length > 0 ? patients : patientExtension(resource)
}

/** Whose data an entry of a stored Bundle is. */
export interface EntryNaming {
  type: string
  patients: string[]
}

/** Entry by entry, nested Bundles too, whose data it is; what the Bundle's own addresses name is named by id. */
export function bundleNamings(bundle: Resource): EntryNaming[] {
  const entries = Array.isArray(bundle['entry']) ? (bundle['entry'] as unknown[]).filter(isObject) : []
  const ids = new Map<string, string>()
  for (const { fullUrl, resource } of entries) {
    if (typeof fullUrl !== 'string' || !isObject(resource) || resource['resourceType'] !== 'Patient') continue
    ids.set(fullUrl, typeof resource['id'] === 'string' ? resource['id'] : fullUrl)
  }
  return entries.flatMap(({ fullUrl, resource }) => {
    if (!isObject(resource) || typeof resource['resourceType'] !== 'string') return []
    const type = resource['resourceType']
    if (type === 'Bundle') return bundleNamings(resource as Resource)
    const own = type === 'Patient' && resource['id'] === undefined && typeof fullUrl === 'string' ? [fullUrl] : null
    const named = own ?? compartmentPatients(resource as Resource)
    return [{ type, patients: named.map((patient) => ids.get(patient) ?? patient) }]
  })
}

function collect(value: unknown, path: CompartmentPath, depth: number, patients: string[]): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, path, depth, patients)
    return
  }
  if (!isObject(value)) return
  const name = path.names[depth]
  if (name !== undefined) {
    const next = value[name]
    if (next !== undefined) collect(next, path, depth + 1, patients)
    return
  }
  const patient = typeof value['reference'] === 'string' ? patientOf(value['reference'], path.isSubject) : null
  if (patient !== null && !patients.includes(patient)) patients.push(patient)
}

function patientOf(text: string, isSubject: boolean): string | null {
  if (text.startsWith('Patient/') && text.indexOf('/', 8) < 0) return text.slice(8)
  const reference = parseReference(text)
  switch (reference.kind) {
    case 'relative':
    case 'absolute':
      return reference.type === 'Patient' ? reference.id : null
    case 'urn':
      return isSubject ? reference.urn : null
    case 'conditional':
      return reference.type === 'Patient' ? text : null
    case 'contained':
    case 'other':
      break
  }
  return null
}

function patientExtension(resource: Resource): string[] {
  const extensions: unknown = resource['extension']
  if (!Array.isArray(extensions)) return []
  for (const extension of extensions as JsonObject[]) {
    if (!isObject(extension) || extension['url'] !== 'urn:aquifer:patient-id') continue
    const value = extension['valueString']
    if (typeof value === 'string' && value !== '') return [value.startsWith('Patient/') ? value.slice(8) : value]
  }
  return []
}
