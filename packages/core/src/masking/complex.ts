import type { JsonObject } from '../fhir/index.js'
import { capAge } from './ages.js'
import { isPublicSystem, mayBeCodeOf, mayBeHouseCode } from './code-systems.js'
import { isWordedAsCode } from './code-words.js'
import type { PhiClass, Treatment } from './phi-class.js'
import { isCountry, isState } from './places.js'
import type { Plan } from './plan.js'
import { maskContained } from './references.js'
import type { Run } from './run.js'
import type { Shape } from './shape.js'
import { misshapen } from './removal.js'
import { isPlainCode, isPlainToken } from './tokens.js'
import { isUcumCode, isUnit } from './units.js'
import { zip3 } from './zip.js'

/** Elements of data types that are written by the data type as a whole, since what may stay depends on the neighbours. */
const written: Readonly<Record<string, ReadonlySet<string>>> = {
  Coding: new Set(['system', 'code', 'display']),
  CodeableConcept: new Set(['text']),
  Quantity: new Set(['unit', 'system', 'code']),
  Identifier: new Set(['system', 'value']),
  Reference: new Set(['reference']),
  Address: new Set(['state', 'country', 'postalCode']),
}
const needed: Readonly<Record<string, readonly string[]>> = {
  HumanName: ['text', 'family', 'given'],
  ContactPoint: ['value'],
  Address: ['text', 'line', 'city', 'district', 'state', 'postalCode', 'country'],
  Identifier: ['value'],
  Reference: ['reference'],
  Coding: ['code'],
  Quantity: ['value', 'code', 'unit'],
  Attachment: ['contentType', 'size', 'creation', 'url', 'data'],
}

export function writtenByType(type: string): ReadonlySet<string> | null {
  return written[type] ?? null
}

export function neededOf(type: string): readonly string[] {
  return needed[type] ?? []
}

/** Treatment of an element of a data type at a path. */
export type TreatmentAt = (path: string, typePath: string, type: string) => { phiClass: PhiClass | null; treatment: Treatment | null }

export function finisherOf(plan: Plan, type: string, path: string, onlyTarget: string | null, at: TreatmentAt): Shape['finish'] {
  const treatment = (name: string): Treatment | null => at(`${path}.${name}`, `${type}.${name}`, 'string').treatment
  switch (type) {
    case 'Coding':
      return codingFinisher(plan, treatment('display') === 'dictionary', at(`${path}.code`, 'Coding.code', 'code').treatment)
    case 'CodeableConcept':
      return treatment('text') === 'dictionary' ? writeConceptText : null
    case 'Quantity':
      return quantityFinisher(plan, at(`${path}.value`, 'Quantity.value', 'decimal').phiClass === 'AGE')
    case 'Identifier':
      return identifierFinisher(plan, treatment('value'), treatment('system'))
    case 'Reference':
      return treatment('reference') === 'pseudonym' ? referenceFinisher(plan, onlyTarget) : null
    case 'Address':
      return addressFinisher(plan, treatment('state'), treatment('postalCode'))
    default:
      return null
  }
}

function codingFinisher(plan: Plan, dictionary: boolean, codeTreatment: Treatment | null): Shape['finish'] {
  return (source, out, run) => {
    const { code, display } = source
    const system = maskSystem(source['system'], out, plan, run)
    if (code === undefined || codeTreatment === 'remove') return
    if (typeof code !== 'string' || code === '') return misshapen(run)
    const masked = maskCode(code, system, plan, run)
    if (masked === undefined) return
    out['code'] = masked
    if (system === null) return
    if (run.onDisplay && dictionary && typeof display === 'string' && display !== '') run.onDisplay(system, code, display)
    const text = dictionary ? run.displays?.get(`${system}|${code}`) : undefined
    if (text !== undefined) out['display'] = text
    else if (display !== undefined) run.counts.identifying++
  }
}

/** Writes the system, or the pseudonym of one that could name a house; returns it if it is public. */
function maskSystem(system: unknown, out: JsonObject, plan: Plan, run: Run): string | null {
  if (system === undefined) return null
  if (typeof system !== 'string' || system === '') {
    run.counts.wrongShapes++
    return null
  }
  const isPublic = publicSystem(plan, system)
  out['system'] = isPublic ? system : run.pseudonyms.uri(system)
  return isPublic ? system : null
}

// A stream names a few dozen systems millions of times; the cache is cleared before it could grow with the data.
const systemCaches = new WeakMap<Plan, Map<string, boolean>>()
function publicSystem(plan: Plan, system: string): boolean {
  let cache = systemCaches.get(plan)
  if (cache === undefined || cache.size > 5000) systemCaches.set(plan, (cache = new Map()))
  let known = cache.get(system)
  if (known === undefined) cache.set(system, (known = isPublicSystem(system, plan.systems)))
  return known
}

/** Codes stay, if they look like codes: else their pseudonym stands for them. Of systems that the policy lists itself all do. */
function maskCode(code: string, publicSystem: string | null, plan: Plan, run: Run): string | undefined {
  if (publicSystem !== null && plan.policy.codeSystems.includes(publicSystem)) return code
  if (publicSystem !== null && isPlainCode(code) && mayBeCodeOf(publicSystem, code)) return code
  if (plan.policy.unlistedCodes === 'remove') {
    run.counts.identifying++
    return undefined
  }
  if (publicSystem === null && plan.policy.unlistedCodes === 'keep' && isHouseCode(code, plan)) return code
  run.counts.identifying++
  return run.pseudonyms.text('cod', code)
}

const isHouseCode = (code: string, plan: Plan): boolean =>
  isPlainCode(code) && (mayBeHouseCode(code) || plan.answerTexts.has(code.toLowerCase()))

function writeConceptText(source: JsonObject, out: JsonObject, run: Run): void {
  const { text } = source
  if (text === undefined) return
  const codings = out['coding']
  if (Array.isArray(codings)) {
    for (const coding of codings as JsonObject[]) {
      const known = typeof coding['display'] === 'string' ? coding['display'] : undefined
      if (run.onDisplay && codings.length === 1 && typeof text === 'string' && text !== '') offerText(source, text, run)
      if (known === undefined) continue
      out['text'] = known
      return
    }
  }
  run.counts.identifying++
}

// The text of a concept stands for its code where no display does.
function offerText(source: JsonObject, text: string, run: Run): void {
  const coding = (source['coding'] as JsonObject[])[0]
  const { system, code, display } = coding ?? {}
  if (display === undefined && typeof system === 'string' && typeof code === 'string') run.onDisplay?.(system, code, text)
}

function quantityFinisher(plan: Plan, isAge: boolean): Shape['finish'] {
  return (source, out, run) => {
    const { unit, code } = source
    const system = maskSystem(source['system'], out, plan, run)
    if (typeof code === 'string' && code !== '') {
      // Without a system a unit is as free a text as `unit`.
      const masked = source['system'] === undefined && !isUcumCode(code) ? undefined : maskCode(code, system, plan, run)
      if (masked === undefined) run.counts.identifying++
      else out['code'] = masked
    } else if (code !== undefined) misshapen(run)
    if (typeof unit === 'string') {
      if (isUnit(unit) || (system !== null && unit === out['code'] && unit === code)) out['unit'] = unit
      else run.counts.identifying++
    } else if (unit !== undefined) misshapen(run)
    capAge(source, out, isAge || run.ageCoded, run)
    if (out['code'] === undefined) delete out['system']
  }
}

function identifierFinisher(plan: Plan, value: Treatment | null, system: Treatment | null): Shape['finish'] {
  return (source, out, run) => {
    const name = source['system']
    const listed = typeof name === 'string' && system === 'allow-list' && plan.identifierSystems.has(name)
    if (listed) out['system'] = name
    else if (name !== undefined) run.counts.identifying++
    const text = source['value']
    if (text === undefined) return
    if (value !== 'pseudonym') run.counts.identifying++
    else if (typeof text !== 'string' || text === '') misshapen(run)
    else out['value'] = run.pseudonyms.identifier(typeof name === 'string' ? name : '', text)
  }
}

function referenceFinisher(plan: Plan, onlyType: string | null): Shape['finish'] {
  // In rows a reference carries its type wherever it is known, so that tables join by one form.
  const maskedText = (reference: string, run: Run): string | null => {
    const target = run.pseudonyms.target(reference)
    if (target === null || target.type !== null || target.id === target.text || plan.form === 'fhir') return target && target.text
    const type = target.id === run.patient ? 'Patient' : onlyType
    return type === null ? target.text : `${type}/${target.id}`
  }
  return (source, out, run) => {
    const { reference } = source
    if (reference === undefined) return
    if (typeof reference !== 'string') return misshapen(run)
    const masked = reference.startsWith('#') ? maskContained(reference, run.contained) : maskedText(reference, run)
    if (masked === null) run.counts.identifying++
    else out['reference'] = masked
  }
}

function addressFinisher(plan: Plan, place: Treatment | null, zip: Treatment | null): Shape['finish'] {
  return (source, out, run) => {
    const { state, country, postalCode } = source
    if (state !== undefined) {
      if (place === 'keep' && typeof state === 'string' && isState(state, country)) out['state'] = state
      else run.counts.identifying++
    }
    if (country !== undefined) {
      if (place === 'keep' && typeof country === 'string' && isCountry(country)) out['country'] = country
      else run.counts.identifying++
    }
    if (postalCode === undefined) return
    const three = zip === 'zip3' && typeof postalCode === 'string' ? zip3(postalCode, country, plan.lowPopulation) : null
    if (three !== null) out['postalCode'] = three
    run.counts.identifying++
  }
}

/** Labels in meta: only listed codes, and nothing but system and code of them. */
export function labelHandler(plan: Plan, treatment: Treatment | null): (value: unknown, run: Run) => JsonObject | undefined {
  return (value, run) => {
    const { system, code } = (typeof value === 'object' && value !== null ? value : {}) as JsonObject
    const listed =
      treatment === 'allow-list' &&
      typeof code === 'string' &&
      isPlainToken(code) &&
      isWordedAsCode(code) &&
      plan.policy.labels.some((label) => label.system === system && (label.code === undefined || label.code === code))
    if (listed) return { system, code }
    run.counts.identifying++
    return undefined
  }
}
