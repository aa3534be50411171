import { isObject, numberOf, primitiveTests, primitiveTypes } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'
import { capAge } from './ages.js'
import { icd10Category } from './code-category.js'
import { datedBy, generalizedDate, shiftHandler } from './dated.js'
import { shiftDate } from './dates.js'
import { applied } from './labels.js'
import { leafHandler } from './leaf.js'
import type { ModelElement } from './model-path.js'
import { binOf, binText, isLong, roundedTo } from './numbers.js'
import type { PhiClass } from './phi-class.js'
import { isCountry, isState } from './places.js'
import type { Plan } from './plan.js'
import { maskContained } from './references.js'
import { misshapen, removed } from './removal.js'
import type { MaskingRule } from './rule.js'
import type { Handler, Run } from './run.js'
import { scrubbed } from './scrub.js'
import { isPlainCode } from './tokens.js'
import { zip3 } from './zip.js'

/** What a rule does to one value: `base` is what is done without the rule, `beside` the object that holds the value, where it counts. */
export type Method = (value: unknown, run: Run, base: Handler, beside: JsonObject | null) => unknown

const marked =
  (bit: number, method: Method): Method =>
  (value, run, base, beside) => {
    const masked = method(value, run, base, beside)
    if (masked !== undefined) run.applied |= bit
    return masked
  }

/** The method of a rule at an element; whether it fits has been asked before. */
export function methodOf(plan: Plan, rule: MaskingRule, element: ModelElement, phiClass: PhiClass | null): Method {
  switch (rule.method) {
    case 'keep':
      return keepMethod(plan, element, phiClass)
    case 'redact':
    case 'regenerate':
      return (value, run) => removed(value, run)
    case 'substitute':
      return marked(applied.masked, substituteMethod(JSON.stringify(rule.value)))
    case 'pseudonym':
      return marked(applied.pseudonymized, pseudonymMethod(element, phiClass))
    case 'dateShift':
      return marked(applied.masked, dated(phiClass, shiftMethod(plan, element, rule.maxDays)))
    case 'dateGeneralize':
      return marked(applied.generalized, dated(phiClass, generalizedDate(rule.to, plan.movesDates)))
    case 'perturb':
      return marked(applied.masked, perturbMethod(rule, { element, phiClass }))
    case 'scrub':
      return (value, run) => scrubbed(value, run, rule.unknownNames ?? 'remove')
    case 'generalize':
      return marked(applied.generalized, generalizeMethod(plan, rule, element, phiClass))
  }
}

// An object is kept as the classes of its elements have it; a value although its class would have it removed.
function keepMethod(plan: Plan, { fact, type, typePath, path, root }: ModelElement, phiClass: PhiClass | null): Method {
  if (phiClass === 'STATE')
    return (value, run, _, beside) => {
      const isPlace = typePath === 'Address.country' ? isCountry : (text: string): boolean => isState(text, beside?.['country'])
      return typeof value === 'string' && isPlace(value) ? value : removed(value, run)
    }
  if (phiClass === null || !primitiveTypes.has(type) || typePath.startsWith('Coding.')) return (value, run, base) => base(value, run)
  const kept = leafHandler(plan, { fact, type, path, root, phiClass, treatment: 'keep' })
  return (value, run) => kept(value, run)
}

// A value of its own for each place: whoever reads the output may change it.
function substituteMethod(json: string): Method {
  return () => JSON.parse(json) as unknown
}

function dated(phiClass: PhiClass | null, handler: Handler): Method {
  const judged = datedBy(phiClass, handler)
  return (value, run) => judged(value, run)
}

function shiftMethod(plan: Plan, { type }: ModelElement, maxDays: number | undefined): Handler {
  const handler: Handler = (value, run) => {
    if (maxDays === undefined || run.person === null) return shiftHandler(value, run)
    const days = run.pseudonyms.shiftDaysWithin(run.person, maxDays)
    return (typeof value === 'string' ? shiftDate(value, days) : null) ?? misshapen(run)
  }
  // Without a person the year alone would be left, and an instant cannot say just that.
  if (type !== 'instant' || plan.form !== 'fhir') return handler
  return (value, run) => (run.person === null ? removed(value, run) : handler(value, run))
}

function pseudonymMethod({ type, typePath, path, root }: ModelElement, phiClass: PhiClass | null): Method {
  const write = (value: string, run: Run, beside: JsonObject | null): string | null => {
    if (typePath === 'Coding.code') return run.pseudonyms.text('cod', value)
    if (phiClass === 'RESOURCE_ID') return run.pseudonyms.id(path === `${root}.id` ? root : 'Resource', value)
    if (phiClass === 'REFERENCE')
      return value.startsWith('#') ? maskContained(value, run.contained) : (run.pseudonyms.target(value)?.text ?? null)
    if (phiClass === 'IDENTIFIER') return run.pseudonyms.identifier(typeof beside?.['system'] === 'string' ? beside['system'] : '', value)
    if (phiClass === 'UID' || type === 'oid') return run.pseudonyms.uid(value)
    if (type === 'uri') return run.pseudonyms.uri(value)
    return run.pseudonyms.text(labels[phiClass as string] ?? 'psd', value)
  }
  return (value, run, _, beside) => {
    if (typeof value !== 'string' || value === '') return misshapen(run)
    return write(value, run, beside) ?? removed(value, run)
  }
}

const labels: Readonly<Record<string, string>> = { ORG_NAME: 'org', STAFF_NAME: 'stf', LOT: 'lot', DEVICE_ID: 'dev', NAME: 'nam' }

type NumberAt = { element: ModelElement; phiClass: PhiClass | null }

// What rounding makes of a number still has to be one that its type allows, and not one as long as an identifier; and an answer too large for a measurement, or an age
// over the cap, is told by its rounded value as well. The age in a Quantity is capped by the Quantity, which knows the unit.
function numeric({ element, phiClass }: NumberAt, change: (value: number, run: Run) => number | null): Method {
  const test = primitiveTests[element.type]!
  const inQuantity = element.typePath === 'Quantity.value'
  return (value, run) => {
    const number = numberOf(value)
    if (number === null) return misshapen(run)
    const { answers, ageCap } = run.policy
    const tellsMore = (phiClass === 'ANSWER' && Math.abs(number) > answers.numberMax) || (run.ageCoded && !inQuantity && number >= ageCap)
    const changed = tellsMore ? null : change(number, run)
    return changed !== null && test(changed) && !isLong(changed, element.type, element.fact.name) ? changed : removed(value, run)
  }
}

const cappedInteger: Method = (value, run) => {
  const number = numberOf(value)
  if (number === null) return misshapen(run)
  return number <= run.policy.answers.numberMax ? Math.min(number, run.policy.ageCap) : removed(value, run)
}

function perturbMethod({ span, mode, roundTo }: Extract<MaskingRule, { method: 'perturb' }>, at: NumberAt): Method {
  const { type, path } = at.element
  const step = roundTo ?? (type === 'decimal' ? undefined : 1)
  const least = type === 'positiveInt' ? 1 : type === 'unsignedInt' ? 0 : -Infinity
  return numeric(at, (value, run) => {
    // Nobody's value would move by a number that all of them share.
    if (run.person === null) return null
    const noise = run.pseudonyms.noise(run.person, path) * span
    const moved = mode === 'absolute' ? value + noise : value * (1 + noise)
    return Math.max(least, step === undefined ? Number(moved.toPrecision(6)) : roundedTo(moved, step))
  })
}

function generalizeMethod(
  plan: Plan,
  rule: Extract<MaskingRule, { method: 'generalize' }>,
  element: ModelElement,
  phiClass: PhiClass | null,
): Method {
  const { type } = element
  const at = { element, phiClass }
  switch (rule.to) {
    case 'ages':
      return type === 'Quantity' ? cappedQuantity : cappedInteger
    case 'zip3':
      return (value, run, _, beside) =>
        (typeof value === 'string' ? zip3(value, beside?.['country'], plan.lowPopulation) : null) ?? removed(value, run)
    case 'decade':
      return type === 'date' || type === 'dateTime' ? dated(phiClass, generalizedDate('decade', false)) : numeric(at, tens)
    case 'roundTo':
      return numeric(at, (value) => roundedTo(value, rule.unit))
    case 'codeCategory':
      return categoryMethod(rule)
    case 'bins': {
      const { width, edges } = rule
      if (rule.output !== 'range') return numeric(at, (value) => binOf(value, width, edges).low)
      return (value, run) => {
        const number = typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : null
        // As many bins as numbers would tell each of them.
        return number === null || Math.abs(number) / (width ?? Infinity) > 1000 ? removed(value, run) : binText(binOf(number, width, edges))
      }
    }
  }
}

const tens = (value: number): number => Math.floor(value / 10) * 10

const cappedQuantity: Method = (value, run, base) => {
  const masked = base(value, run)
  if (!isObject(value) || !isObject(masked)) return masked
  capAge(value, masked, true, run)
  return masked['value'] === undefined && masked['code'] === undefined && masked['unit'] === undefined ? undefined : masked
}

function categoryMethod(rule: Extract<MaskingRule, { to: 'codeCategory' }>): Method {
  const map = rule.map && new Map(Object.entries(rule.map))
  const categoryOf = (code: string): string | null => (map ? (map.get(code) ?? null) : icd10Category(code, rule.level ?? 'category'))
  return (value, run, base) => {
    const masked = base(value, run)
    if (!isObject(masked) || !isObject(value) || typeof value['code'] !== 'string') return masked
    const category = categoryOf(value['code'])
    if (category === null && rule.otherwise === 'keep') return masked
    // The words of the finer code would tell it.
    delete masked['display']
    run.counts.identifying++
    if (category === null || !isPlainCode(category)) return undefined
    const display = run.displays?.get(`${String(masked['system'])}|${category}`)
    return { ...masked, code: category, ...(display === undefined ? {} : { display }) }
  }
}
