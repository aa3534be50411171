import { clinicalDate, dateRange, isObject, type DateRange, type JsonObject, type Resource } from '../fhir/index.js'
import { thresholds, type QualityCheckId } from './checks.js'
import { elementName, missingElements } from './expected.js'
import { plausibility } from './ranges.js'

/** What is known beside the resource. */
export interface Standing {
  /** first stored */
  storedAt: number
  /** when the person entered, or the study was created if later: what happened before came as history */
  since: number
  born: DateRange | null
  died: DateRange | null
}
export interface Judged {
  findings: { check: QualityCheckId; code: string }[]
  missing: string[]
  /** from the event to its arrival; null: not measured */
  delayMs: number | null
}

// What happens to a person at a time. Plans, orders for later and papers are no events.
const events: ReadonlySet<string> = new Set([
  'Observation',
  'Encounter',
  'Procedure',
  'Condition',
  'Immunization',
  'DiagnosticReport',
  'MedicationAdministration',
  'MedicationDispense',
  'MedicationOrder',
  'MedicationStatement',
  'QuestionnaireResponse',
])
const planned: ReadonlySet<unknown> = new Set(['planned', 'scheduled', 'arrived', 'draft', 'entered-in-error', 'registered'])
const unreal: ReadonlySet<unknown> = new Set(['entered-in-error', 'cancelled'])

// From when on it could have been sent: the end of what lasts, and the release of a report. Conditions and courses of
// medication begin long before somebody writes them down, so nothing is measured by them.
const sendable: Readonly<Record<string, readonly string[]>> = {
  Observation: ['issued', 'effectivePeriod.end', 'effectiveDateTime'],
  Encounter: ['period.end'],
  Procedure: ['performedPeriod.end', 'performedDateTime'],
  Immunization: ['date'],
  DiagnosticReport: ['issued', 'effectivePeriod.end', 'effectiveDateTime'],
  MedicationAdministration: ['effectiveTimePeriod.end', 'effectiveTimeDateTime'],
  QuestionnaireResponse: ['authored'],
}

export function judge(resource: Resource, standing: Standing): Judged {
  const type = resource.resourceType
  if (unreal.has(resource['status'])) return { findings: [], missing: [], delayMs: null }
  const missing = missingElements(resource, type).map(elementName)
  const findings: Judged['findings'] = [...timeFindings(resource, type, standing), ...valueFindings(resource, type)]
  const delayMs = delayOf(resource, type, standing)
  if (delayMs !== null && delayMs > thresholds.lateMs) findings.push({ check: 'late-arrival', code: mainCode(resource) })
  return { findings, missing, delayMs }
}

function timeFindings(resource: Resource, type: string, { storedAt, born, died }: Standing): Judged['findings'] {
  if (!events.has(type) || planned.has(resource['status'])) return []
  const text = clinicalDate(resource)
  const at = text === null ? null : dateRange(text)
  if (at === null) return []
  const found: QualityCheckId[] = []
  if (at.lo > storedAt + thresholds.futureMs) found.push('future-date')
  if (died !== null && at.lo >= died.hi + thresholds.deathMs) found.push('after-death')
  if (born !== null && at.hi <= born.lo - thresholds.birthMs) found.push('before-birth')
  return found.map((check) => ({ check, code: mainCode(resource) }))
}

function delayOf(resource: Resource, type: string, { storedAt, since }: Standing): number | null {
  if (planned.has(resource['status'])) return null
  for (const path of sendable[type] ?? []) {
    const text = path.split('.').reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), resource)
    const at = typeof text === 'string' ? dateRange(text) : null
    if (at === null) continue
    return at.lo < since ? null : Math.max(0, storedAt - at.hi)
  }
  return null
}

const loinc = 'http://loinc.org'

function valueFindings(resource: Resource, type: string): Judged['findings'] {
  if (type !== 'Observation') return []
  const components: unknown = resource['component']
  return [resource, ...(Array.isArray(components) ? (components as unknown[]) : [])].flatMap((part) => {
    const found = isObject(part) ? quantityFinding(part) : null
    return found === null ? [] : [found]
  })
}

function quantityFinding(part: JsonObject): Judged['findings'][number] | null {
  const quantity = part['valueQuantity']
  if (!isObject(quantity) || typeof quantity['value'] !== 'number') return null
  const unit = [quantity['code'], quantity['unit']].find((each): each is string => typeof each === 'string' && each !== '') ?? null
  for (const { system, code } of codings(part['code'])) {
    if (system !== loinc) continue
    const stands = plausibility(code, quantity['value'], unit)
    if (stands === 'implausible') return { check: 'implausible-value', code }
    if (stands === 'unit') return { check: 'unexpected-unit', code }
    if (stands !== null) return null
  }
  return null
}

function codings(concept: unknown): { system: string; code: string }[] {
  const list: unknown = isObject(concept) ? concept['coding'] : undefined
  if (!Array.isArray(list)) return []
  return (list as unknown[]).flatMap((each) => {
    if (!isObject(each) || typeof each['code'] !== 'string') return []
    return [{ system: typeof each['system'] === 'string' ? each['system'] : '', code: each['code'] }]
  })
}

// A code of a published system only: one of a site's own may say anything, also whose it is.
const published =
  /^http:\/\/(loinc\.org|snomed\.info\/sct|www\.nlm\.nih\.gov\/research\/umls\/rxnorm|hl7\.org\/fhir\/sid\/(cvx|icd-10(-cm)?))$/

/** What the resource is of, as it may be told in a count. */
export function mainCode(resource: Resource): string {
  const concept = resource['code'] ?? resource['vaccineCode'] ?? resource['medicationCodeableConcept']
  return codings(concept).find(({ system, code }) => published.test(system) && /^[A-Za-z0-9.-]{1,20}$/.test(code))?.code ?? ''
}

/** Two readings with the same text are the same reading; null: not a reading of an instant. */
export function readingKey(resource: Resource): string | null {
  const { effectiveDateTime: at, status } = resource
  if (resource.resourceType !== 'Observation' || typeof at !== 'string' || at.length < 16 || unreal.has(status)) return null
  const said = Object.keys(resource).filter((name) => name.startsWith('value') || name === 'component')
  if (said.length === 0) return null
  const values = said.toSorted().map((name) => [name, resource[name]])
  return JSON.stringify([dateRange(at)?.lo ?? at, resource['code'], values, deviceOf(resource)])
}

export function deviceOf(resource: Resource): string | null {
  const device = resource['device']
  return isObject(device) && typeof device['reference'] === 'string' ? device['reference'] : null
}
