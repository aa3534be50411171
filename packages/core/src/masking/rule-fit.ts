import { primitiveTests, primitiveTypes, validate } from '../fhir/index.js'
import { elementsAt, placeInside } from './model-path.js'
import type { ModelElement } from './model-path.js'
import { treatmentsOf } from './phi-class.js'
import type { PhiClass } from './phi-class.js'
import type { MaskingRule } from './rule.js'

const dateTypes: ReadonlySet<string> = new Set(['date', 'dateTime', 'instant'])
const numberTypes: ReadonlySet<string> = new Set(['decimal', 'integer', 'positiveInt', 'unsignedInt'])
const wholeTypes: ReadonlySet<string> = new Set(['integer', 'positiveInt', 'unsignedInt'])
const textTypes: ReadonlySet<string> = new Set(['string', 'markdown'])

// Of these nothing may be left, whatever is done to it.
const onlyRedacted: ReadonlySet<PhiClass> = new Set<PhiClass>([
  'CONTAINED', 'SIGNATURE', 'PHOTO', 'ATTACHMENT', 'SECRET', 'NETWORK', 'QUERY', 'ELEMENT_ID', 'META', 'TAG', 'SIGNAL', 'EXTENSION', 'NARRATIVE',
]) // prettier-ignore
const pseudonymized: ReadonlySet<PhiClass | null> = new Set<PhiClass | null>([
  'RESOURCE_ID', 'REFERENCE', 'IDENTIFIER', 'UID', 'ORG_NAME', 'STAFF_NAME', 'LOT', 'DEVICE_ID', 'NAME', 'CONTACT', 'ADDRESS_LINE', 'CITY', 'FREE_TEXT', 'ANSWER', 'DEFN_TEXT', 'URL',
]) // prettier-ignore

type Kind = 'number' | 'date' | 'coding' | 'quantity' | null

function kindOf(rule: MaskingRule): Kind {
  if (rule.method === 'dateShift' || rule.method === 'dateGeneralize') return 'date'
  if (rule.method === 'perturb') return 'number'
  if (rule.method !== 'generalize') return null
  if (rule.to === 'codeCategory') return 'coding'
  return rule.to === 'bins' || rule.to === 'roundTo' ? 'number' : rule.to === 'decade' ? null : rule.to === 'ages' ? 'quantity' : null
}

const parts: Readonly<Record<Exclude<Kind, null>, Readonly<Record<string, readonly string[]>>>> = {
  number: { Quantity: ['value'], Range: ['low.value', 'high.value'], Ratio: ['numerator.value', 'denominator.value'] },
  date: { Period: ['start', 'end'] },
  coding: { CodeableConcept: ['coding'] },
  quantity: { Range: ['low', 'high'] },
}

/** What a rule treats of what it names: of a Period its start and end, of a Quantity its value. */
export function expandTarget(rule: MaskingRule, element: ModelElement): ModelElement[] {
  const decade = rule.method === 'generalize' && rule.to === 'decade'
  const kind = kindOf(rule) ?? (decade ? (element.type === 'Period' ? 'date' : 'number') : null)
  const names = kind === null ? undefined : parts[kind][element.type]
  const place = names ? placeInside({ ...element, path: element.path || element.type }) : null
  if (!names || !place) return [element]
  return names.flatMap((name) => elementsAt(place, name.split('.')))
}

/** Why a method cannot be applied to an element, with what would do instead; null where it can. */
export function misfit(rule: MaskingRule, element: ModelElement, phiClass: PhiClass | null): string | null {
  const { type, typePath } = element
  const primitive = primitiveTypes.has(type)
  if (rule.method === 'redact' && type === 'Extension' && element.path === '')
    return 'extensions are not redacted one by one: say classes.EXTENSION remove'
  if (rule.method === 'redact')
    return phiClass === 'MODIFIER_EXTENSION'
      ? 'a modifierExtension is never redacted: list it in modifierExtensions, or leave the resource held'
      : null
  if (typePath === 'Meta.lastUpdated') return 'it never leaves, whatever a rule says: take the rule out'
  if (phiClass === 'MODIFIER_EXTENSION' || type === 'Extension')
    return 'no extension is met so: use match.extension, or list it in extensions'
  if (rule.method === 'regenerate') return regenerates(element)
  if (phiClass !== null && onlyRedacted.has(phiClass)) return `${phiClass} cannot be treated so: redact it`
  if (rule.method === 'keep') return keeps(type, phiClass, primitive)
  if (rule.method === 'substitute') return substitutes(rule.value, element, phiClass)
  if (!primitive && type !== 'Coding' && !(type === 'Quantity' && kindOf(rule) === 'quantity'))
    return `${type} is no single value: name the element inside it that is meant, or use redact or substitute`
  if (rule.method === 'scrub') return scrubs(type, phiClass)
  if (rule.method === 'pseudonym') return takesPseudonym(element, phiClass)
  if (rule.method === 'dateShift')
    return dateTypes.has(type) ? null : `${type} is no date: dateShift moves date, dateTime, instant and Period`
  if (rule.method === 'dateGeneralize') return generalizesDate(type)
  if (rule.method === 'perturb') return perturbs(rule, type, phiClass)
  return generalizes(rule, element, phiClass)
}

function keeps(type: string, phiClass: PhiClass | null, primitive: boolean): string | null {
  if (!primitive || phiClass === null) return null
  const treatments = treatmentsOf[phiClass] as readonly string[]
  return treatments.includes('keep')
    ? null
    : `${phiClass} identifies by itself and cannot be kept: ${treatments.join(', ')} by class, or redact, substitute${textTypes.has(type) ? ', pseudonym' : ''}`
}

function regenerates({ type, typePath, path }: ModelElement): string | null {
  if (type !== 'Narrative') return 'only a Narrative can be regenerated: take another method'
  return path === '' || typePath.split('.').length === 2 ? null : 'only the text of a resource can be regenerated: redact it'
}

/** A value of a type that holds all over, tested as the value of an extension. */
export function isValueOf(type: string, value: unknown): boolean {
  if (primitiveTypes.has(type)) return type !== 'xhtml' && primitiveTests[type]?.(value) === true
  const named = `value${type.charAt(0).toUpperCase()}${type.slice(1)}`
  const basic = { resourceType: 'Basic', code: { text: 'x' }, extension: [{ url: 'urn:x', [named]: value }] }
  return typeof value === 'object' && value !== null && validate(basic).length === 0
}

function substitutes(value: unknown, { type, fact }: ModelElement, phiClass: PhiClass | null): string | null {
  if (phiClass === 'RESOURCE_ID' || phiClass === 'REFERENCE')
    return 'one value for all would join what does not belong together: pseudonym or redact'
  if (type === 'code' && fact.codes && !fact.codes.includes(value as string))
    return `the value is none of its codes: ${fact.codes.slice(0, 8).join(', ')}`
  return isValueOf(type, value) ? null : `the value is no ${type}: give one`
}

function scrubs(type: string, phiClass: PhiClass | null): string | null {
  if (!textTypes.has(type)) return `${type} is no free text: scrub is for strings and markdown`
  return phiClass === 'FREE_TEXT' || phiClass === 'ANSWER' || phiClass === 'DEFN_TEXT'
    ? null
    : `${phiClass ?? 'it'} is no free text: ${phiClass === 'CODED_TEXT' ? 'displays come from the dictionary' : 'redact, or pseudonym'}`
}

function takesPseudonym({ type, typePath }: ModelElement, phiClass: PhiClass | null): string | null {
  if (typePath === 'Coding.code') return null
  if (!['string', 'markdown', 'uri', 'id', 'oid'].includes(type)) return `a ${type} has no pseudonym: redact, or generalize it`
  return pseudonymized.has(phiClass) ? null : `${phiClass ?? 'it'} has no pseudonym: redact, or substitute`
}

function generalizesDate(type: string): string | null {
  if (type === 'instant') return 'an instant cannot say less than its second: dateShift or redact'
  return dateTypes.has(type) ? null : `${type} is no date: dateGeneralize takes date, dateTime and Period`
}

function isNumber(type: string, phiClass: PhiClass | null): string | null {
  if (!numberTypes.has(type)) return `${type} is no number: name an element that is one`
  return phiClass === null || ['AGE', 'ANSWER', 'QUASI', 'GEO_POINT'].includes(phiClass)
    ? null
    : `${phiClass} cannot be treated so: redact it`
}

function perturbs(rule: Extract<MaskingRule, { method: 'perturb' }>, type: string, phiClass: PhiClass | null): string | null {
  if (phiClass === 'GEO_POINT') return 'a place moved a little is still the place: redact, or generalize roundTo 1 or more'
  if (wholeTypes.has(type) && rule.roundTo !== undefined && !Number.isInteger(rule.roundTo))
    return `a ${type} is whole: roundTo a whole number`
  return isNumber(type, phiClass)
}

function generalizes(
  rule: Extract<MaskingRule, { method: 'generalize' }>,
  element: ModelElement,
  phiClass: PhiClass | null,
): string | null {
  const { type, typePath } = element
  switch (rule.to) {
    case 'ages':
      return type === 'Quantity' || type === 'integer' ? null : `${type} holds no age: name the Quantity, or an integer`
    case 'zip3':
      return typePath === 'Address.postalCode' ? null : 'zip3 is not for this element: name Address.postalCode'
    case 'codeCategory':
      return type === 'Coding' ? codeMap(rule) : `${type} is not coded: codeCategory takes Coding and CodeableConcept`
    case 'decade':
      return dateTypes.has(type) ? generalizesDate(type) : isNumber(type, phiClass)
    case 'roundTo':
      if (phiClass === 'GEO_POINT' && rule.unit < 1) return 'a place is still the place when rounded so: give roundTo 1 or more'
      if (wholeTypes.has(type) && !Number.isInteger(rule.unit)) return `a ${type} is whole: unit a whole number`
      return isNumber(type, phiClass)
    case 'bins':
      return bins(rule, type, phiClass)
  }
}

function codeMap(rule: Extract<MaskingRule, { to: 'codeCategory' }>): string | null {
  return (rule.map === undefined) === (rule.scheme === undefined) ? 'map and scheme are both there, or neither: give one of them' : null
}

function bins({ width, edges, output }: Extract<MaskingRule, { to: 'bins' }>, type: string, phiClass: PhiClass | null): string | null {
  if ((width === undefined) === (edges === undefined)) return 'width and edges are both there, or neither: give one of them'
  if (edges?.some((edge, index) => index > 0 && edge <= edges[index - 1]!)) return 'edges do not rise: put them in order, each once'
  if (output === 'range') {
    if (!textTypes.has(type)) return `a range is text, which a ${type} cannot hold: output lower`
    return phiClass === 'FREE_TEXT' || phiClass === 'ANSWER'
      ? null
      : `${phiClass} holds no numbers: redact it, or name an element that does`
  }
  if (textTypes.has(type)) return 'a text holds a range: output range'
  if (wholeTypes.has(type) && ![width ?? 1, ...(edges ?? [])].every(Number.isInteger)) return `a ${type} is whole: whole width or edges`
  if (phiClass === 'GEO_POINT' && (width ?? 0) < 1) return 'a place is still the place in such bins: give width 1 or more'
  return isNumber(type, phiClass)
}
