import { dateRange } from '../date-range.js'
import { forEachReference } from '../reference.js'
import { numberOf } from '../resource.js'
import type { JsonObject } from '../resource.js'
import { all, any, atLeastOne, each, every, given, givenChoice, implies, is, not, numberIn, some, uniqueIn } from './conditions.js'
import type { Container, Holds } from './conditions.js'
import type { Translations } from './translation.js'
import { markupOf } from './xhtml.js'

const ucum = 'http://unitsofmeasure.org'
const boundTypes = new Set<unknown>(['code', 'Coding', 'CodeableConcept', 'Quantity', 'Extension', 'string', 'uri'])
const codeWithValue = any(given('code'), not(given('value')))
const systemOnly = (system: string): Holds => any(not(given('system')), is('system', system))

/** Refused only where every moment of the one lies behind every moment of the other: '2012-05' is not after '2012-05-01'. */
export function notAfter(startName: string, endName: string): Holds {
  return (element) => {
    const start = element[startName]
    const end = element[endName]
    if (typeof start !== 'string' || typeof end !== 'string' || isPlainlyBefore(start, end)) return true
    const [from, to] = [dateRange(start), dateRange(end)]
    return from === null || to === null || from.lo < to.hi
  }
}

// The usual case, without reading the dates: equally long, in the same zone.
const isPlainlyBefore = (start: string, end: string): boolean =>
  start <= end && start.length === end.length && (start.length <= 10 || (start.length > 19 && start.slice(-6) === end.slice(-6)))

const isPercentage = all(is('code', '%'), is('system', ucum))

function lowNotAboveHigh(range: JsonObject): boolean {
  const [low] = each(range, 'low')
  const [high] = each(range, 'high')
  const from = low ? numberIn(low, 'value') : null
  const to = high ? numberIn(high, 'value') : null
  return from === null || to === null || from <= to
}

function referenceIsThere(reference: JsonObject, container: Container): boolean {
  const text = reference['reference']
  if (typeof text !== 'string' || text.charCodeAt(0) !== 35 || text.length === 1) return true
  container.ids ??= new Set(each(container.resource, 'contained').map(({ id }) => id))
  return container.ids.has(text.slice(1))
}

function containedIsReferred(resource: JsonObject): boolean {
  const contained = each(resource, 'contained')
  if (contained.length === 0) return true
  const referred = new Set<string>()
  forEachReference(resource, (reference) => referred.add(reference))
  return contained.every(({ id }) => typeof id !== 'string' || referred.has(`#${id}`))
}

const nonNegative = (value: unknown): boolean => (numberOf(value) ?? 0) >= 0
const markup = (property: 'elementsAllowed' | 'attributesAllowed' | 'hasContent') => (value: unknown) =>
  typeof value !== 'string' || !markupOf(value).wellFormed || markupOf(value)[property]

/** Data types, and what every resource has. */
export const dataTypeInvariants: Translations = {
  'Age age-1': {
    holds: all(codeWithValue, systemOnly(ucum), (age) => nonNegative(age['value'])),
  },
  'Attachment att-1': { holds: implies(given('data'), given('contentType')) },
  'ContactPoint cpt-2': { holds: implies(given('value'), given('system')) },
  'Count cnt-1': { cannotFail: 'No element of DSTU2 is a Count.' },
  'Distance dis-1': { cannotFail: 'No element of DSTU2 is a Distance.' },
  'DomainResource dom-1': { holds: (resource, { inContained }) => !inContained || resource['text'] === undefined },
  'DomainResource dom-2': { holds: (resource, { inContained }) => !inContained || resource['contained'] === undefined },
  'DomainResource dom-3': {
    holds: (resource, { inContained }) => inContained || containedIsReferred(resource),
    reading: 'The XPath looks for an attribute `id`, which no resource has, so it never fails; the text is what is meant.',
  },
  'DomainResource dom-4': { holds: not(some('contained', some('meta', atLeastOne('versionId', 'lastUpdated')))) },
  'Duration drt-1': { holds: all(codeWithValue, systemOnly(ucum)) },
  'Element ele-1': { cannotFail: 'The structural rules refuse an empty object, list, string and null, each where it stands.' },
  'ElementDefinition eld-11': {
    holds: (element) => {
      const codes = each(element, 'type').map((type) => type['code'])
      return element['binding'] === undefined || codes.length === 0 || codes.some((code) => boundTypes.has(code))
    },
  },
  'ElementDefinition eld-13': {
    holds: (element) => {
      const pairs = each(element, 'type').flatMap((type) =>
        (Array.isArray(type['profile']) ? (type['profile'] as unknown[]) : []).map((profile) => JSON.stringify([type['code'], profile])),
      )
      return new Set(pairs).size === pairs.length
    },
  },
  'ElementDefinition eld-14': { holds: uniqueIn('constraint', 'key') },
  'ElementDefinition eld-15': { holds: not(all(givenChoice('fixed'), given('meaningWhenMissing'))) },
  'ElementDefinition eld-2': {
    holds: (element) => {
      const max = element['max']
      const min = numberIn(element, 'min')
      return min === null || typeof max !== 'string' || max === '*' || !/^\d+$/.test(max) || Number(max) >= min
    },
  },
  'ElementDefinition eld-5': { cannotFail: 'The XPath asks for elements whose names begin with `value`; the type has none.' },
  'ElementDefinition eld-6': { holds: implies(givenChoice('fixed'), (element) => each(element, 'type').length === 1) },
  'ElementDefinition eld-7': { holds: implies(givenChoice('pattern'), (element) => each(element, 'type').length === 1) },
  'ElementDefinition eld-8': { cannotFail: 'The XPath asks for elements whose names begin with `value`; the type has none.' },
  'ElementDefinition.binding eld-10': { holds: atLeastOne('valueSetUri', 'valueSetReference', 'description') },
  'ElementDefinition.binding.valueSet[x] eld-12': {
    holdsOf: (value) => typeof value !== 'string' || value.startsWith('http:') || value.startsWith('https:'),
    reading: 'Asked of valueSetUri only: a Reference has no value of its own that could begin with anything.',
  },
  'ElementDefinition.max eld-3': { holdsOf: (value) => typeof value !== 'string' || value === '*' || /^\d+$/.test(value) },
  'ElementDefinition.slicing eld-1': { holds: atLeastOne('discriminator', 'description') },
  'ElementDefinition.type eld-4': { holds: implies(given('aggregation'), is('code', 'Reference')) },
  'Money mny-1': { holds: all(codeWithValue, systemOnly('urn:iso:std:iso:4217')) },
  'Narrative.div txt-1': { holdsOf: markup('elementsAllowed') },
  'Narrative.div txt-2': { holdsOf: markup('hasContent') },
  'Narrative.div txt-3': { holdsOf: markup('attributesAllowed') },
  'Period per-1': {
    holds: notAfter('start', 'end'),
    reading: 'Compared as time, not as text: precision and zone count.',
  },
  'Quantity qty-3': { holds: implies(given('code'), given('system')) },
  'Range rng-2': { holds: lowNotAboveHigh },
  'Ratio rat-1': {
    holds: (ratio, within) =>
      given('numerator')(ratio, within) === given('denominator')(ratio, within) && atLeastOne('numerator', 'extension')(ratio, within),
  },
  'Reference ref-1': {
    holds: (reference, { container }) => referenceIsThere(reference, container),
    reading: '`#` alone is the resource around it, as later versions say; the XPath knows no such thing.',
  },
  'RiskAssessment.prediction.probability[x] ras-1': {
    holds: all(every('low', isPercentage), every('high', isPercentage)),
  },
  'RiskAssessment.prediction.probability[x] ras-2': {
    holdsOf: (value) => (numberOf(value) ?? 0) <= 100,
    reading: 'Asked of a decimal only: the XPath would refuse every Range and CodeableConcept, which have no value of their own.',
  },
  'SimpleQuantity sqty-1': { holds: not(given('comparator')) },
  'Timing.repeat tim-1': { holds: implies(given('duration'), given('durationUnits')) },
  'Timing.repeat tim-2': { holds: implies(given('period'), given('periodUnits')) },
  'Timing.repeat tim-3': { holds: not(all(atLeastOne('period', 'frequency'), given('when'))) },
  'Timing.repeat tim-6': { holds: implies(given('periodMax'), given('period')) },
  'Timing.repeat tim-7': { holds: implies(given('durationMax'), given('duration')) },
  'Timing.repeat.duration tim-4': { holdsOf: nonNegative },
  'Timing.repeat.period tim-5': { holdsOf: nonNegative },
}
