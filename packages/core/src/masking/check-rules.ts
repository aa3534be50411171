import { treatmentAt } from './compile.js'
import { elementsAt, placeInside } from './model-path.js'
import type { ModelElement } from './model-path.js'
import type { Policy } from './policy.js'
import { extensionElements } from './rule-book.js'
import { misfit } from './rule-fit.js'
import { placeAt, targetsOf } from './rule-targets.js'
import type { RuleTargets } from './rule-targets.js'
import type { MaskingRule } from './rule.js'

interface Found {
  path: string
  message: string
}

/** Rules that name what does not exist, that break a type, that can never fire or change nothing. */
export function checkRules(policy: Policy): Found[] {
  const rules = (policy.rules ?? []).map(targetsOf)
  return [
    ...rules.flatMap((targets, index) => checkRule(policy, rules, targets, index)),
    ...Object.keys(policy.paths).flatMap((path) => unusedPath(rules, path)),
  ]
}

function checkRule(policy: Policy, rules: readonly RuleTargets[], targets: RuleTargets, index: number): Found[] {
  const at = `rules.${index}`
  const { rule } = targets
  const found = targets.problems.map(({ at: place, message }) => ({ path: `${at}.${place}`, message }))
  const twin = rules.findIndex((other) => other.rule.id === rule.id)
  if (twin !== index)
    found.push({ path: `${at}.id`, message: `rules.${twin} has the same id: each needs its own, by which traces name it` })
  if (found.length > 0) return found
  const broken = breaks(policy, targets)
  if (broken !== null) return [{ path: `${at}.method`, message: broken }]
  const dead = withheldAll(policy, targets) ?? removedAround(rules, targets) ?? shadowed(rules.slice(0, index), targets)
  if (dead !== null) return [{ path: at, message: dead }]
  return rule.method === 'keep' && keepsNothing(policy, targets, rules.slice(index + 1))
    ? [
        {
          path: at,
          message: 'changes nothing, since keep is an exception of a later rule or of a class that would be removed: take the rule out',
        },
      ]
    : []
}

const classOf = (policy: Policy, { path, typePath, type }: ModelElement): ReturnType<typeof treatmentAt> =>
  treatmentAt(policy, path, typePath, type)

function breaks(policy: Policy, { rule, by, treated }: RuleTargets): string | null {
  if (by === 'extension') {
    if (rule.method === 'redact' || extensionElements(rule).length > 0) return null
    return 'no value of an extension can be treated so: list the url in extensions, with oneOf for texts'
  }
  const misfits = [...treated.values()].map((element) => misfit(rule, element, classOf(policy, element).phiClass))
  // Of a choice only the types that the method fits are meant; at least one has to be there.
  return misfits.includes(null) ? null : (misfits[0] ?? 'nothing is treated: name an element that has a value')
}

function withheldAll(policy: Policy, { by, treated }: RuleTargets): string | null {
  const elements = [...treated.values()]
  const all = by === 'path' && elements.length > 0 && elements.every(({ root }) => policy.withheld.includes(root))
  return all ? `can never fire: ${elements[0]!.root} is withheld as a whole; take the rule out, or the type from withheld` : null
}

const takesAll = ({ rule, conditions }: RuleTargets): boolean =>
  conditions.length === 0 && (rule.method === 'redact' || rule.method === 'substitute')

/** Elements from below the resource down to one above this. */
function ancestorsOf(path: string): ModelElement[] {
  const [root = '', ...names] = path.split('.')
  const place = placeAt(root)
  return names.slice(0, -1).flatMap((_, length) => (place ? elementsAt(place, names.slice(0, length + 1)) : []))
}

function isAround(outer: RuleTargets, element: ModelElement, by: RuleTargets['by']): boolean {
  if (by === 'type') return outer.by === 'type' && [...outer.treated.keys()].some((key) => element.typePath.startsWith(`${key}.`))
  return ancestorsOf(element.path).some(({ path, typePath, type }) =>
    outer.by === 'path' ? outer.treated.has(path) : outer.by === 'type' && (outer.treated.has(typePath) || outer.treated.has(type)),
  )
}

function removedAround(rules: readonly RuleTargets[], targets: RuleTargets): string | null {
  const elements = [...targets.treated.values()]
  if (elements.length === 0) return null
  const outer = rules.find(
    (other) => other !== targets && takesAll(other) && elements.every((element) => isAround(other, element, targets.by)),
  )
  return outer ? `can never fire: rule ${outer.rule.id} takes out what is around it; narrow that rule, or take this one out` : null
}

function isCovered(earlier: RuleTargets, element: ModelElement, by: RuleTargets['by']): boolean {
  if (earlier.by === 'path') return by === 'path' && earlier.treated.has(element.path)
  return earlier.by === 'type' && (earlier.treated.has(element.typePath) || earlier.treated.has(element.type))
}

const meeting = ({ match, where }: MaskingRule): string => JSON.stringify([match, where])

function shadowed(before: readonly RuleTargets[], targets: RuleTargets): string | null {
  const elements = [...targets.treated.values()]
  const first = before.find((earlier) => {
    if (meeting(earlier.rule) === meeting(targets.rule)) return true
    if (earlier.conditions.length > 0 || elements.length === 0) return false
    return elements.every((element) => isCovered(earlier, element, targets.by))
  })
  return first
    ? `can never fire: rule ${first.rule.id} comes first and meets all that this one meets; put this one before it, or take it out`
    : null
}

function overlaps(other: RuleTargets, element: ModelElement, by: RuleTargets['by']): boolean {
  if (isCovered(other, element, by) || isAround(other, element, by)) return true
  const key = by === 'path' ? element.path : element.typePath || element.type
  return [...other.treated.values()].some(
    (inner) =>
      inner.path.startsWith(`${key}.`) ||
      inner.typePath.startsWith(`${element.type}.`) ||
      inner.path === key ||
      inner.type === element.type,
  )
}

function keepsNothing(policy: Policy, { by, treated }: RuleTargets, later: readonly RuleTargets[]): boolean {
  if (by === 'extension') return false
  return [...treated.values()].every((element) => {
    const { phiClass, treatment } = classOf(policy, element)
    const kept = placeInside(element) !== null || phiClass === null || treatment === 'keep'
    return kept && !later.some((other) => overlaps(other, element, by))
  })
}

function unusedPath(rules: readonly RuleTargets[], path: string): Found[] {
  const element = elementAtPath(path)
  if (!element) return []
  const rule = rules.find(
    (targets) =>
      targets.conditions.length === 0 && (isCovered(targets, element, 'path') || (takesAll(targets) && isAround(targets, element, 'path'))),
  )
  return rule ? [{ path: `paths.${path}`, message: `has no effect: rule ${rule.rule.id} decides here; take one of the two out` }] : []
}

function elementAtPath(path: string): ModelElement | undefined {
  const place = placeAt(path.slice(0, path.lastIndexOf('.')))
  return place ? elementsAt(place, [path.slice(path.lastIndexOf('.') + 1)])[0] : undefined
}
