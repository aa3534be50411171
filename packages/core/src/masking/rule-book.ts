import { choiceName, primitiveTypes } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'
import { methodOf } from './methods.js'
import type { Method } from './methods.js'
import type { ModelElement } from './model-path.js'
import { classByType } from './phi-class.js'
import type { PhiClass } from './phi-class.js'
import type { Plan } from './plan.js'
import { extensionValueTypes } from './policy.js'
import { misfit } from './rule-fit.js'
import { targetsOf } from './rule-targets.js'
import type { RuleTargets, Test } from './rule-targets.js'
import { methodLabel } from './rule.js'
import type { MaskingRule } from './rule.js'
import type { Handler, Run } from './run.js'

/** A rule at one element: applied where all of its conditions hold. */
interface Bound {
  id: string
  method: string
  slots: readonly number[]
  /** Conditions on the value itself. */
  own: readonly Test[]
  apply: Method
}

/** A condition to be looked at when an object is entered; its answer stands in a slot until the object is left. */
export interface SlotTest {
  slot: number
  test: Test
}

interface Laid extends RuleTargets {
  slots: readonly number[]
}

/** The rules of a policy, laid over the model. */
export class RuleBook {
  readonly slots: number
  readonly #rules: readonly Laid[]

  constructor(rules: readonly MaskingRule[]) {
    let slots = 0
    this.#rules = rules.map((rule) => {
      const targets = targetsOf(rule)
      return { ...targets, slots: targets.conditions.map(() => slots++) }
    })
    this.slots = slots
  }

  /** Rules at an element, in their order, as far as one may be reached. */
  at(plan: Plan, element: ModelElement, phiClass: PhiClass | null): readonly Bound[] {
    const bound: Bound[] = []
    for (const laid of this.#rules) {
      if (!meets(laid, element) || misfit(laid.rule, element, phiClass) !== null) continue
      bound.push(bind(laid, element, methodOf(plan, laid.rule, element, phiClass)))
      if (laid.conditions.length === 0) break
    }
    return bound
  }

  /** Rules at an element as they can be told of, without what carries them out. */
  rulesAt(element: ModelElement, phiClass: PhiClass | null): { rule: MaskingRule; conditional: boolean }[] {
    const met = this.#rules.filter((laid) => meets(laid, element) && misfit(laid.rule, element, phiClass) === null)
    const last = met.findIndex(({ conditions }) => conditions.length === 0)
    return met.slice(0, last < 0 ? undefined : last + 1).map(({ rule, conditions }) => ({ rule, conditional: conditions.length > 0 }))
  }

  /** Is this what is asked for at an element: by the first rule that fires? null where no rule asks. */
  asksAt(element: ModelElement, method: MaskingRule['method']): ((value: unknown, run: Run) => boolean) | null {
    const met = this.#rules.filter((laid) => meets(laid, element))
    const bound = met.map((laid) => bind(laid, element, () => undefined))
    if (!met.some(({ rule }) => rule.method === method)) return null
    return (value, run) => bound.find((rule) => fires(rule, value, run))?.method === method
  }

  /** Handlers of the values of an extension, by name; what no rule's method fits is dropped. */
  extensionValues(plan: Plan, url: string): ReadonlyMap<string, Handler> {
    const laid = this.#rules.find(({ rule }) => 'extension' in rule.match && rule.match.extension === url)!
    if (laid.rule.method === 'redact') return new Map()
    return new Map(
      extensionElements(laid.rule).map((element) => {
        const phiClass = classByType(element.typePath, element.type)
        const masked = plan.complex(element.type, `Extension.${element.name}`, 'Extension')
        return [element.name, ruledHandler([bind(laid, element, methodOf(plan, laid.rule, element, phiClass))], masked)] as const
      }),
    )
  }

  extensionUrls(): string[] {
    return this.#rules.flatMap(({ rule }) => ('extension' in rule.match ? [rule.match.extension] : []))
  }

  /** Does a rule treat anything inside an object of this type at this path? Then the object has to be entered. */
  enters(path: string, type: string): boolean {
    return this.#rules.some(({ by, treated }) =>
      [...treated.keys()].some((key) =>
        by === 'path' ? key.startsWith(`${path}.`) : key.startsWith(`${type}.`) || primitiveTypes.has(key),
      ),
    )
  }

  /** What has to be looked at on entering an object. */
  testsAt(path: string, typePath: string, elements: readonly ModelElement[]): readonly SlotTest[] {
    return this.#rules.flatMap((laid) =>
      laid.conditions.flatMap(({ holders, test }, index) => {
        const holds = holders === null ? elements.some((element) => meets(laid, element)) : holders.has(path) || holders.has(typePath)
        return holds ? [{ slot: laid.slots[index]!, test }] : []
      }),
    )
  }
}

/** Values of an extension that the method of a rule fits. */
export function extensionElements(rule: MaskingRule): ModelElement[] {
  return extensionValueTypes
    .map((type): ModelElement => {
      const name = choiceName('value', type)
      return {
        fact: { name, types: [type], min: 0, max: 1 },
        name,
        type,
        path: `Extension.${name}`,
        typePath: `Extension.${name}`,
        root: 'Extension',
      }
    })
    .filter((element) => misfit(rule, element, classByType(element.typePath, element.type)) === null)
}

function meets({ by, treated }: RuleTargets, { path, typePath, type }: ModelElement): boolean {
  if (by === 'path') return treated.has(path)
  return by === 'type' && (treated.has(typePath) || treated.has(type))
}

function bind({ rule, conditions, slots }: Laid, { path, typePath, type }: ModelElement, apply: Method): Bound {
  // The object itself is not entered yet when its own rule is asked: its conditions are tested on the value.
  const isOwn = conditions.map(({ holders }) => holders !== null && (holders.has(path) || holders.has(type) || holders.has(typePath)))
  return {
    id: rule.id,
    method: methodLabel(rule),
    slots: slots.filter((_, index) => !isOwn[index]),
    own: conditions.flatMap(({ test }, index) => (isOwn[index] ? [test] : [])),
    apply,
  }
}

function fires({ slots, own }: Bound, value: unknown, run: Run): boolean {
  for (const slot of slots) if (run.slots[slot] !== true) return false
  for (const test of own) if (!test(value as JsonObject)) return false
  return true
}

/** The handler of an element under its rules: the first that fires, else what is done without any. */
export function ruledHandler(rules: readonly Bound[], base: Handler): Handler {
  if (rules.length === 0) return base
  return (value, run) => {
    for (const rule of rules) if (fires(rule, value, run)) return applyRule(rule, value, run, base, null)
    return base(value, run)
  }
}

function applyRule(rule: Bound, value: unknown, run: Run, base: Handler, beside: JsonObject | null): unknown {
  const masked = rule.apply(value, run, base, beside)
  if (run.trace) run.rule = rule
  return masked
}

/** Of an element that its object writes as a whole: what a rule makes of it takes the place of what was written. */
export function ruledElement(name: string, rules: readonly Bound[]): (source: JsonObject, out: JsonObject, run: Run) => void {
  return (source, out, run) => {
    const value = source[name]
    if (value === undefined) return
    const rule = rules.find((candidate) => fires(candidate, value, run))
    if (!rule) return
    const before = out[name]
    const masked = applyRule(rule, value, run, () => before, source)
    if (masked === undefined) delete out[name]
    else out[name] = masked
    // A display would tell the code that it was written for.
    if (name === 'code' && masked !== before) delete out['display']
    if (run.trace && run.rule) (run.ruled ??= new Map()).set(name, run.rule)
    run.rule = null
  }
}
