import { isObject, numberOf, primitiveTests, primitiveTypes } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'
import { elementsAt, elementsNamed, elementsOf, namesOf, placeInside, resourcePlace, typePlace } from './model-path.js'
import type { ModelElement, ModelPlace } from './model-path.js'
import { expandTarget } from './rule-fit.js'
import { codesOf } from './rule.js'
import type { MaskingRule, RuleCondition } from './rule.js'
import { parseRulePath } from './rule-path.js'

export type Test = (source: JsonObject) => boolean

/** A condition, and the objects in which it is looked at. */
export interface HeldCondition {
  /** Paths of the model, or places of data types ('Address'); null: whatever object holds the target. */
  holders: ReadonlySet<string> | null
  test: Test
  /** Why it cannot hold, where the model says so. */
  never?: string | null
}

/** A rule laid over the model. */
export interface RuleTargets {
  rule: MaskingRule
  /** What the rule names, before it is taken apart: 'Patient.contact.period'. */
  named: readonly ModelElement[]
  /** What it treats: 'Patient.contact.period.start'. Keys are paths, or places of data types for a rule by type. */
  treated: ReadonlyMap<string, ModelElement>
  by: 'path' | 'type' | 'extension'
  conditions: readonly HeldCondition[]
  problems: readonly { at: string; message: string }[]
}

export function targetsOf(rule: MaskingRule): RuleTargets {
  const problems: { at: string; message: string }[] = []
  const met = meet(rule, problems)
  const treated = new Map<string, ModelElement>()
  for (const element of met.named) for (const inner of expandTarget(rule, element)) treated.set(keyOf(inner, met.by), inner)
  const own = met.by === 'extension' ? [] : (rule.where ?? []).flatMap((condition, index) => hold(condition, index, met, problems))
  if (met.by === 'extension' && rule.where)
    problems.push({ at: 'where', message: 'a rule for an extension takes no condition: take where out' })
  return { rule, named: met.named, treated, by: met.by, conditions: [...met.conditions, ...own], problems }
}

const keyOf = ({ path, typePath, type }: ModelElement, by: RuleTargets['by']): string => (by === 'type' ? typePath || type : path)

interface Met {
  by: RuleTargets['by']
  named: readonly ModelElement[]
  /** Objects to which conditions of the rule are relative. */
  around: readonly ModelPlace[]
  conditions: readonly HeldCondition[]
}

const nothing: Met = { by: 'path', named: [], around: [], conditions: [] }

function meet(rule: MaskingRule, problems: { at: string; message: string }[]): Met {
  const { match } = rule
  if ('path' in match) return meetPath(match.path, problems)
  if ('type' in match) return meetType(match.type, problems)
  if ('code' in match) return meetCodes(codesOf(match.code))
  return { ...nothing, by: 'extension' }
}

function meetPath(path: string, problems: { at: string; message: string }[]): Met {
  const problem = (message: string): Met => {
    problems.push({ at: 'match.path', message })
    return nothing
  }
  const parsed = parseRulePath(path)
  if (parsed.problem !== undefined) return problem(parsed.problem)
  const root = resourcePlace(parsed.root)
  if (root === null)
    return problem(
      typePlace(parsed.root) ? `${parsed.root} is a data type: use match.type` : 'no such resource type: write it as DSTU2 does',
    )
  if (parsed.steps.length === 0) return problem('a rule takes out no whole resource: list its type in withheld')
  let places: ModelPlace[] = [root]
  let named: ModelElement[] = []
  const conditions: HeldCondition[] = []
  for (const { name, ofType, where } of parsed.steps) {
    const all = places.flatMap((place) => elementsNamed(place, name))
    if (all.length === 0) return problem(`there is no ${name} here: ${near(places, name)}`)
    named = ofType === null ? all : all.filter(({ type }) => type.toLowerCase() === ofType.toLowerCase())
    if (named.length === 0) return problem(`${name} cannot be ${ofType}: one of ${all.map(({ type }) => type).join(', ')}`)
    const recurs = named.find(({ fact }) => fact.same !== undefined)
    if (recurs && parsed.steps.at(-1)!.name !== name)
      return problem(`${recurs.fact.same} stands for all levels: write the path without the second ${name}`)
    places = named.flatMap((element) => placeInside(element) ?? [])
    for (const condition of where) {
      const held = conditionIn(condition, places)
      if (held === null) return problem(`there is no ${condition.path} in ${name}, of which where could tell: name an element that it has`)
      if (held.never != null) return problem(held.never)
      conditions.push(held)
    }
  }
  const around = places.length > 0 ? places : parentsOf(named)
  return { by: 'path', named, around, conditions }
}

function near(places: readonly ModelPlace[], name: string): string {
  const names = [...new Set(places.flatMap((place) => place.facts.flatMap((fact) => [fact.name, ...namesOf(fact)])))]
  const close = names.filter((candidate) => distance(candidate.toLowerCase(), name.toLowerCase()) <= 2)
  return close.length > 0 ? `did you mean ${close.join(' or ')}?` : 'write it as DSTU2 does'
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}

function parentsOf(elements: readonly ModelElement[]): ModelPlace[] {
  return elements.flatMap((element) => placeAt(element.path.slice(0, element.path.lastIndexOf('.'))) ?? [])
}

/** The object at a path of the model. */
export function placeAt(path: string): ModelPlace | null {
  const [root = '', ...names] = path.split('.')
  let place = resourcePlace(root)
  for (const name of names) {
    const element = place && elementsOf(place).find((candidate) => candidate.name === name)
    place = element ? placeInside(element) : null
  }
  return place
}

function meetType(type: string, problems: { at: string; message: string }[]): Met {
  const [root = '', ...names] = type.split('.')
  const place = typePlace(root)
  const whole = (): ModelElement => ({
    fact: { name: '', types: [root], min: 0, max: 1 },
    name: '',
    type: root,
    path: '',
    typePath: '',
    root,
  })
  if (names.length === 0 && place) return { by: 'type', named: [whole()], around: [place], conditions: [] }
  if (names.length === 0 && primitiveTypes.has(root)) return { by: 'type', named: [whole()], around: [], conditions: [] }
  const named = place ? elementsAt(place, names) : []
  if (named.length === 0)
    problems.push({
      at: 'match.type',
      message: place ? `no such element of ${root}: write it as DSTU2 does` : 'no such data type: write it as DSTU2 does',
    })
  const inside = named.flatMap((element) => placeInside(element) ?? [])
  return { by: 'type', named, around: inside.length > 0 ? inside : place ? [place] : [], conditions: [] }
}

const coded = ['Observation', 'Observation.component']
const asked = 'QuestionnaireResponse.group.question'

function meetCodes(codes: ReadonlyMap<string, ReadonlySet<string>>): Met {
  const concepts: HeldCondition = { holders: new Set([...coded, asked]), test: (source) => carries(source, codes) }
  const holders = coded.map((path) => placeAt(path)!)
  const named = [...holders, placeAt(`${asked}.answer`)!].flatMap((place) => elementsNamed(place, 'value'))
  return { by: 'path', named, around: holders, conditions: [concepts] }
}

/** Does an Observation, a component or a question carry one of the codes? A question by its linkId. */
function carries(source: JsonObject, codes: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const { linkId, code } = source
  if (typeof linkId === 'string') return codes.has(linkId)
  const codings = isObject(code) && Array.isArray(code['coding']) ? (code['coding'] as unknown[]) : []
  return codings.some((coding) => isObject(coding) && codes.get(String(coding['code']))?.has(String(coding['system'])) === true)
}

function hold(condition: RuleCondition, index: number, met: Met, problems: { at: string; message: string }[]): HeldCondition[] {
  const found = conditionIn(condition, met.around) ?? ancestorCondition(condition, met)
  if (found !== null) {
    if (found.never != null) problems.push({ at: `where.${index}`, message: found.never })
    return [found]
  }
  const anywhere = met.by === 'type' && met.around.length === 0
  if (anywhere)
    return [
      {
        holders: null,
        test: testOf(
          condition,
          condition.path.split('.').map((name) => [name]),
        ),
      },
    ]
  if (met.named.length > 0) {
    const message = `there is no ${condition.path} beside or around the target, so that the rule could never fire: name an element of the object that holds it, or of an ancestor by its full path`
    problems.push({ at: `where.${index}.path`, message })
  }
  return []
}

function conditionIn(condition: RuleCondition, places: readonly ModelPlace[]): HeldCondition | null {
  const names = condition.path.split('.')
  const holding = places.filter((place) => elementsAt(place, names).length > 0)
  if (holding.length === 0) return null
  const never = neverHolds(
    condition,
    holding.flatMap((place) => elementsAt(place, names)),
  )
  return { holders: new Set(holding.map(({ path }) => path)), test: testOf(condition, namesAlong(holding[0]!, names)), never }
}

function neverHolds({ path, equals, in: oneOf, exists }: RuleCondition, elements: readonly ModelElement[]): string | null {
  if (exists !== undefined) return null
  const values = oneOf ?? [equals]
  if (values.some((value) => elements.some((element) => mayBe(element, value)))) return null
  const codes = elements.flatMap(({ type, fact }) => (type === 'code' ? (fact.codes ?? []) : []))
  const remedy = codes.length > 0 ? `one of ${codes.slice(0, 8).join(', ')}` : `it is a ${elements[0]!.type}`
  return `${path} is never ${values.join(' or ')}, so that the rule could never fire: ${remedy}`
}

function mayBe({ type, fact }: ModelElement, value: unknown): boolean {
  if (type === 'code' && fact.codes) return fact.codes.includes(value as string)
  return primitiveTypes.has(type) && primitiveTests[type]?.(value) === true
}

/** A condition named from the resource type on: held by the nearest object that is an ancestor of every target. */
function ancestorCondition(condition: RuleCondition, met: Met): HeldCondition | null {
  if (met.by !== 'path') return null
  const names = condition.path.split('.')
  for (let length = names.length - 1; length >= 1; length--) {
    const holder = names.slice(0, length).join('.')
    if (!met.named.every(({ path }) => path.startsWith(`${holder}.`))) continue
    const place = placeAt(holder)
    return place ? conditionIn({ ...condition, path: names.slice(length).join('.') }, [place]) : null
  }
  return null
}

// Names of JSON along a path: the base name of a choice is any of its names.
function namesAlong(place: ModelPlace, names: readonly string[]): string[][] {
  const [name = '', ...rest] = names
  const found = elementsNamed(place, name)
  const inside = found.map((element) => placeInside(element)).find((inner) => inner && elementsAt(inner, rest).length > 0)
  return [found.map((element) => element.name), ...(rest.length > 0 && inside ? namesAlong(inside, rest) : [])]
}

function testOf({ equals, in: oneOf, exists }: RuleCondition, path: readonly (readonly string[])[]): Test {
  const values = new Set(equals === undefined ? oneOf : [equals])
  const holds =
    exists === undefined ? (value: unknown) => values.has((numberOf(value) ?? value) as string) : (value: unknown) => value !== null
  return (source) => some(source, path, 0, holds) !== (exists === false)
}

function some(value: unknown, path: readonly (readonly string[])[], at: number, holds: (value: unknown) => boolean): boolean {
  if (Array.isArray(value)) return value.some((item) => some(item, path, at, holds))
  if (at === path.length) return value !== undefined && holds(value)
  return isObject(value) && path[at]!.some((name) => some(value[name], path, at + 1, holds))
}
