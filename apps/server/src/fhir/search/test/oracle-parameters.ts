import { execFileSync } from 'node:child_process'
import fhirpath from 'fhirpath'
import dstu2 from 'fhirpath/fhir-context/dstu2'

// The truth about search parameters, from what HL7 publishes alone: its XPaths, rewritten to FHIRPath, evaluated by HL7's own engine.
// Shares nothing with the server.

export type Json = Record<string, unknown>
export interface Parameter {
  base: string
  code: string
  type: 'token' | 'string' | 'date' | 'reference' | 'quantity' | 'number' | 'uri' | 'composite'
  xpath?: string
  target?: string[]
}

export function publishedParameters(folder: string): Parameter[] {
  const text = execFileSync('tar', ['xzOf', `${folder}/hl7-dstu2-definitions.tar.gz`, 'definitions/search-parameters.json'], {
    maxBuffer: 1 << 28,
  })
  const entries = (JSON.parse(text.toString()) as { entry: { resource: Parameter }[] }).entry.map(({ resource }) => resource)
  const own = entries.filter(({ base }) => base !== 'Resource')
  return [...new Map(own.map((each) => [`${each.base}.${each.code}`, each])).values()]
}

// Where the definitions have no XPath, or one for several kinds of value of which the parameter's type can mean only some.
const fromText: Record<string, string> = {
  'FamilyMemberHistory.condition': 'FamilyMemberHistory.condition.code',
  'FamilyMemberHistory.relationship': 'FamilyMemberHistory.relationship',
  'Condition.age': 'Condition.onsetQuantity',
  'Condition.onset': 'Condition.onsetDateTime | Condition.onsetPeriod',
  'Condition.onset-info': 'Condition.onsetString',
}
for (const kind of ['race', 'ethnicity'])
  fromText[`Patient.${kind}`] =
    `Patient.extension.where(url = 'http://hl7.org/fhir/StructureDefinition/us-core-${kind}' or url = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-${kind}').value`

export function fhirPathOf({ base, code, xpath }: Parameter): string | null {
  const told = fromText[`${base}.${code}`]
  if (told !== undefined || xpath === undefined) return told ?? null
  return xpath
    .replaceAll(/\[@url='([^']+)'\]/g, `.where(url = '$1').value`)
    .replaceAll(/\[system\/@value='(\w+)'\]/g, `.where(system = '$1')`)
    .replaceAll(/(^|[\s|])f:/g, '$1')
    .replaceAll('/f:', '.')
}

export type Evaluate = (resource: Json) => unknown[]
export function evaluator(parameter: Parameter): Evaluate | null {
  const path = fhirPathOf(parameter)
  if (path === null || parameter.base === 'Bundle') return null
  const compiled = fhirpath.compile(path, dstu2) as (resource: Json) => unknown[]
  return (resource) => compiled(resource).filter((value) => value !== null && value !== undefined)
}

// ---- values, read naively
export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value])

export interface Coding {
  system: string | null
  code: string | null
  /** what words say of it */
  texts: string[]
  /** elements without a place for a system */
  isBare: boolean
}

const textIn = (value: unknown): string[] => (typeof value === 'string' ? [value] : [])
const orNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)

export function codingsIn(value: unknown, parameter: Parameter): Coding[] {
  if (!isObject(value)) {
    const isDate = parameter.code === 'deceased' && typeof value === 'string'
    return [{ system: null, code: isDate ? 'true' : String(value), texts: [], isBare: true }]
  }
  const isContact = /telecom|email|phone|Subscription\/f:contact/.test(`${parameter.code} ${parameter.xpath}`)
  if (isContact) return [{ system: null, code: orNull(value['value']), texts: [], isBare: true }]
  if ('coding' in value || 'text' in value) {
    const codings = listOf(value['coding']).filter(isObject)
    const texts = [...textIn(value['text']), ...codings.flatMap((coding) => textIn(coding['display']))]
    const found = codings.map((coding) => ({ system: orNull(coding['system']), code: orNull(coding['code']), texts, isBare: false }))
    return found.length > 0 ? found : [{ system: null, code: null, texts, isBare: false }]
  }
  const isIdentifier = 'value' in value && !('code' in value)
  if (isIdentifier)
    return [
      {
        system: orNull(value['system']),
        code: orNull(value['value']),
        texts: isObject(value['type']) ? textIn(value['type']['text']) : [],
        isBare: false,
      },
    ]
  return [{ system: orNull(value['system']), code: orNull(value['code']), texts: textIn(value['display']), isBare: false }]
}

const notText = new Set(['use', 'period', 'type', 'id', 'extension', 'system', 'code', 'version', 'userSelected'])
export function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(stringsIn)
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, child]) =>
    notText.has(key) || key.startsWith('_') || key === 'fhir_comments' ? [] : stringsIn(child),
  )
}

export interface Span {
  lo: number
  hi: number
}
const beginning = -8.64e15
const end = 8.64e15

const spans = new Map<string, Span | null>()

/** By the calendar of Date and its own reading of zones. */
export function spanOf(text: string): Span | null {
  let span = spans.get(text)
  if (span === undefined) spans.set(text, (span = readSpan(text)))
  return span
}

function readSpan(text: string): Span | null {
  const match = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/.exec(text)
  if (!match) return null
  const [, year, month, day, hour, minute, second, fraction, zone = 'Z'] = match
  if (hour === undefined) {
    const [y, m, d] = [Number(year), month === undefined ? 0 : Number(month) - 1, day === undefined ? 1 : Number(day)]
    const next = month === undefined ? [y + 1, 0, 1] : day === undefined ? [y, m + 1, 1] : [y, m, d + 1]
    return { lo: at(y, m, d), hi: at(next[0]!, next[1]!, next[2]!) }
  }
  const digits = fraction?.slice(1, 4) ?? ''
  const lo = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second ?? '00'}.${digits.padEnd(3, '0')}${zone}`)
  const precision = second === undefined ? 60_000 : fraction === undefined ? 1000 : 10 ** (3 - digits.length)
  return { lo, hi: lo + precision }
}
function at(year: number, month: number, day: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  return date.getTime()
}

export function spansIn(value: unknown): Span[] {
  if (typeof value === 'string') return listOf(spanOf(value)) as Span[]
  if (!isObject(value)) return []
  if ('event' in value) {
    const spans = listOf(value['event']).flatMap(spansIn)
    return spans.length === 0 ? [] : [{ lo: Math.min(...spans.map(({ lo }) => lo)), hi: Math.max(...spans.map(({ hi }) => hi)) }]
  }
  const period = isObject(value['repeat']) ? value['repeat']['boundsPeriod'] : value
  if (!isObject(period)) return []
  const [from] = spansIn(period['start'])
  const [to] = spansIn(period['end'])
  return from || to ? [{ lo: from?.lo ?? beginning, hi: to?.hi ?? end }] : []
}

export interface Amount {
  number: number
  system: string | null
  code: string | null
  unit: string | null
}
export function amountsIn(value: unknown): Amount[] {
  if (typeof value === 'number') return [{ number: value, system: null, code: null, unit: null }]
  if (!isObject(value) || typeof value['value'] !== 'number') return []
  return [{ number: value['value'], system: orNull(value['system']), code: orNull(value['code']), unit: orNull(value['unit']) }]
}

/** As written, without a version; what is contained points nowhere outside. */
export function pointersIn(value: unknown): string[] {
  const text = isObject(value) ? value['reference'] : value
  return typeof text === 'string' && text !== '' && !text.startsWith('#') ? [text.replace(/\/_history\/.*$/, '')] : []
}
