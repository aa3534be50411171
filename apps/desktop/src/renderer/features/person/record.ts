// A person's resources in his own words: what, when, how much. The resource itself stays as it is in the report.
import {
  Activity,
  ClipboardList,
  FileText,
  HeartPulse,
  Pill,
  Scissors,
  ShieldAlert,
  Stethoscope,
  Syringe,
  Target,
  Users,
  Hospital,
} from 'lucide-react'
import type { Resource } from '../../api/person-queries.js'
import type { LucideIcon } from '../../ui/Icon.js'

export interface RecordKind {
  type: string
  name: string
  /** what one of them is called */
  one: string
  icon: LucideIcon
}

export const recordKinds: readonly RecordKind[] = [
  { type: 'Observation', name: 'Measurements and tests', one: 'result', icon: Activity },
  { type: 'Condition', name: 'Health problems', one: 'health problem', icon: HeartPulse },
  { type: 'AllergyIntolerance', name: 'Allergies', one: 'allergy', icon: ShieldAlert },
  { type: 'MedicationOrder', name: 'Prescriptions', one: 'prescription', icon: Pill },
  { type: 'MedicationDispense', name: 'Medicines handed out', one: 'medicine', icon: Pill },
  { type: 'MedicationStatement', name: 'Medicines you told us of', one: 'medicine', icon: Pill },
  { type: 'MedicationAdministration', name: 'Medicines given to you', one: 'medicine', icon: Pill },
  { type: 'Immunization', name: 'Vaccinations', one: 'vaccination', icon: Syringe },
  { type: 'Encounter', name: 'Visits', one: 'visit', icon: Hospital },
  { type: 'Procedure', name: 'Procedures', one: 'procedure', icon: Scissors },
  { type: 'DiagnosticReport', name: 'Reports', one: 'report', icon: FileText },
  { type: 'QuestionnaireResponse', name: 'Questionnaires', one: 'questionnaire', icon: ClipboardList },
  { type: 'Goal', name: 'Goals', one: 'goal', icon: Target },
  { type: 'CarePlan', name: 'Care plans', one: 'care plan', icon: Stethoscope },
  { type: 'FamilyMemberHistory', name: 'Family history', one: 'entry', icon: Users },
  { type: 'DocumentReference', name: 'Letters and documents', one: 'document', icon: FileText },
]

const nameByType = new Map(recordKinds.map(({ type, name }) => [type, name.toLowerCase()]))
const otherNames: Readonly<Record<string, string>> = {
  Patient: 'personal details',
  Contract: 'consents',
  RelatedPerson: 'family and guardians',
  Device: 'devices',
  Media: 'pictures',
  Communication: 'messages',
  Coverage: 'insurance',
  Account: 'bills',
  AuditEvent: 'audit trail',
}
export const kindWords = (type: string): string => nameByType.get(type) ?? otherNames[type] ?? type

export interface RecordLine {
  id: string
  /** ISO date or instant; null where none is recorded */
  at: string | null
  text: string
  value: string
  note: string
}

type Json = { readonly [key: string]: unknown }
const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {})
const listOf = (value: unknown): Json[] =>
  Array.isArray(value) ? (value as unknown[]).map(objectOf) : value === undefined ? [] : [objectOf(value)]
const textOf = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '')

function conceptOf(value: unknown): string {
  const concept = objectOf(value)
  const coding = listOf(concept['coding'])
  return textOf(concept['text']) || textOf(coding.find((each) => each['display'])?.['display']) || textOf(coding[0]?.['code'])
}

// Units that a person cannot read as they are coded.
const plainUnits: Readonly<Record<string, string>> = {
  '{score}': 'points',
  '{TAB}': 'tablets',
  TAB: 'tablets',
  '1': '',
  '/min': 'per minute',
  'mm[Hg]': 'mmHg',
  'mL/min/{1.73_m2}': 'mL/min per 1.73 m²',
  'kg/m2': 'kg/m²',
  degF: '°F',
  Cel: '°C',
  '[lb_av]': 'lb',
  '[in_i]': 'in',
}
function quantityOf(value: unknown): string {
  const quantity = objectOf(value)
  const unit = textOf(quantity['unit']) || textOf(quantity['code'])
  return [`${textOf(quantity['comparator'])}${textOf(quantity['value'])}`, plainUnits[unit] ?? unit].filter(Boolean).join(' ')
}

function valueOf(holder: Json): string {
  if (holder['valueQuantity'] !== undefined) return quantityOf(holder['valueQuantity'])
  if (holder['valueCodeableConcept'] !== undefined) return conceptOf(holder['valueCodeableConcept'])
  if (holder['valueBoolean'] !== undefined) return holder['valueBoolean'] === true ? 'yes' : 'no'
  if (holder['valueRange'] !== undefined) {
    const range = objectOf(holder['valueRange'])
    return `${quantityOf(range['low'])} to ${quantityOf(range['high'])}`
  }
  return textOf(holder['valueString']) || textOf(holder['valueDateTime'])
}

function observationValue(resource: Resource): string {
  const own = valueOf(resource)
  if (own !== '') return own
  const parts = listOf(resource['component'])
  const codes = parts.map((part) => textOf(listOf(objectOf(part['code'])['coding'])[0]?.['code']))
  // Everybody reads a blood pressure as one number over another.
  const [high, low] = [parts[codes.indexOf('8480-6')], parts[codes.indexOf('8462-4')]]
  if (high && low) return `${textOf(objectOf(high['valueQuantity'])['value'])} / ${quantityOf(low['valueQuantity'])}`
  return parts.map((part) => `${conceptOf(part['code'])} ${valueOf(part)}`.trim()).join(', ')
}

const statusWords: Readonly<Record<string, string>> = {
  active: 'active',
  completed: 'completed',
  resolved: 'over',
  finished: '',
  final: '',
  stopped: 'stopped',
  'on-hold': 'on hold',
  relapse: 'back again',
  remission: 'in remission',
  preliminary: 'preliminary',
  'entered-in-error': 'entered in error',
}
const statusOf = (value: unknown): string => statusWords[textOf(value)] ?? textOf(value).replaceAll('-', ' ')

const when = (resource: Resource, ...names: string[]): string | null => {
  for (const name of names) {
    const value = resource[name]
    const found = textOf(value) || textOf(objectOf(value)['start']) || textOf(objectOf(value)['end'])
    if (found !== '') return found
  }
  return null
}

type Said = Omit<RecordLine, 'id'>
const medicine = (resource: Resource): string =>
  conceptOf(resource['medicationCodeableConcept']) || textOf(objectOf(resource['medicationReference'])['display']) || 'Medicine'

const tellers: Readonly<Record<string, (resource: Resource) => Said>> = {
  Observation: (r) => ({
    at: when(r, 'effectiveDateTime', 'effectivePeriod', 'issued'),
    text: conceptOf(r['code']),
    value: observationValue(r),
    note: conceptOf(r['interpretation']) === 'Normal' ? '' : conceptOf(r['interpretation']).toLowerCase(),
  }),
  Condition: (r) => ({
    at: when(r, 'onsetDateTime', 'onsetPeriod', 'dateRecorded'),
    text: conceptOf(r['code']),
    value: statusOf(r['clinicalStatus']),
    note: conceptOf(r['severity']),
  }),
  AllergyIntolerance: (r) => ({
    at: when(r, 'recordedDate', 'onset'),
    text: conceptOf(r['substance']),
    value: listOf(r['reaction'])
      .flatMap((reaction) => listOf(reaction['manifestation']).map(conceptOf))
      .join(', '),
    note: statusOf(r['status']),
  }),
  MedicationOrder: (r) => ({
    at: when(r, 'dateWritten'),
    text: medicine(r),
    value: textOf(listOf(r['dosageInstruction'])[0]?.['text']),
    note: statusOf(r['status']),
  }),
  MedicationDispense: (r) => ({
    at: when(r, 'whenHandedOver', 'whenPrepared'),
    text: medicine(r),
    value: quantityOf(r['quantity']),
    note: '',
  }),
  MedicationStatement: (r) => ({
    at: when(r, 'effectiveDateTime', 'effectivePeriod', 'dateAsserted'),
    text: medicine(r),
    value: textOf(listOf(r['dosage'])[0]?.['text']),
    note: statusOf(r['status']),
  }),
  MedicationAdministration: (r) => ({
    at: when(r, 'effectiveTimeDateTime', 'effectiveTimePeriod'),
    text: medicine(r),
    value: textOf(objectOf(r['dosage'])['text']),
    note: '',
  }),
  Immunization: (r) => ({
    at: when(r, 'date'),
    text: conceptOf(r['vaccineCode']),
    value: conceptOf(r['site']),
    note: r['wasNotGiven'] === true ? 'not given' : '',
  }),
  Encounter: (r) => ({
    at: when(r, 'period'),
    text: conceptOf(listOf(r['type'])[0]) || 'Visit',
    value: listOf(r['reason']).map(conceptOf).join(', '),
    note: textOf(objectOf(listOf(r['participant'])[0]?.['individual'])['display']),
  }),
  Procedure: (r) => ({
    at: when(r, 'performedDateTime', 'performedPeriod'),
    text: conceptOf(r['code']),
    value: '',
    note: statusOf(r['status']),
  }),
  DiagnosticReport: (r) => ({
    at: when(r, 'effectiveDateTime', 'effectivePeriod', 'issued'),
    text: conceptOf(r['code']),
    value: textOf(r['conclusion']),
    note: textOf(objectOf(r['performer'])['display']),
  }),
  QuestionnaireResponse: (r) => ({
    at: when(r, 'authored'),
    text: textOf(objectOf(r['group'])['title']) || 'Questionnaire',
    value: '',
    note: statusOf(r['status']),
  }),
  Goal: (r) => ({ at: when(r, 'startDate'), text: textOf(r['description']), value: '', note: statusOf(r['status']) }),
  CarePlan: (r) => ({
    at: when(r, 'period', 'modified'),
    text: listOf(r['category']).map(conceptOf).join(', ') || 'Care plan',
    value: '',
    note: statusOf(r['status']),
  }),
  FamilyMemberHistory: (r) => ({
    at: when(r, 'date'),
    text: `${conceptOf(r['relationship'])}: ${listOf(r['condition'])
      .map((each) => conceptOf(each['code']))
      .join(', ')}`,
    value: '',
    note: '',
  }),
  DocumentReference: (r) => ({
    at: when(r, 'created', 'indexed'),
    text: textOf(r['description']) || conceptOf(r['type']),
    value: '',
    note: textOf(objectOf(listOf(r['author'])[0])['display']),
  }),
}

export function lineOf(resource: Resource): RecordLine {
  const told = tellers[resource.resourceType]?.(resource) ?? { at: null, text: resource.resourceType, value: '', note: '' }
  return { id: resource.id, ...told, text: told.text || 'Not named in the record' }
}

/** Lines under their years, in the order in which they come. */
export function byYear(lines: readonly RecordLine[]): { year: string; lines: RecordLine[] }[] {
  const years: { year: string; lines: RecordLine[] }[] = []
  for (const line of lines) {
    const year = line.at?.slice(0, 4) ?? 'No date'
    const last = years.at(-1)
    if (last?.year === year) last.lines.push(line)
    else years.push({ year, lines: [line] })
  }
  return years
}
