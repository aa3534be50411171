import { childrenAt, choiceName, forEachReference, isObject, primitiveTypes, soundnessAt, typeFacts } from '../fhir/index.js'
import type { ElementFact, JsonObject } from '../fhir/index.js'
import type { Run } from './run.js'
import type { Shape } from './shape.js'

/** What the specification asks of one kind of object, and how an element of it is said to have had a value. */
export interface Model {
  sound: ((element: JsonObject) => boolean) | null
  facts: readonly ElementFact[]
  path: string
}

export const says = (value: unknown): boolean => value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0)

const absentReason = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason'
const marked = (): JsonObject => ({ extension: [{ url: absentReason, valueCode: 'masked' }] })
// These say nothing of the data, or could not be said without a value.
const neverSaid: ReadonlySet<string> = new Set([
  'id',
  'extension',
  'modifierExtension',
  'meta',
  'implicitRules',
  'language',
  'text',
  'contained',
])

/** Where invariants beside those of its data type stand for an element. */
export function placeRules(fact: ElementFact, path: string): string {
  if (fact.quantity !== undefined) return fact.quantity
  return fact.choice ? `${path.slice(0, path.lastIndexOf('.'))}.${fact.name}[x]` : path
}

export function modelOf(facts: readonly ElementFact[], path: string, place: string = path): Model {
  return { facts, path, sound: place === path ? soundnessAt(path) : soundnessAt(path, place) }
}

export function isBroken({ sound }: Model, source: JsonObject, out: JsonObject): boolean {
  return sound !== null && !sound(out) && sound(source)
}

/** Says of the required elements that went, and of those that an invariant needs, that they are masked. False: that does not make it whole. */
export function completed({ required, model }: Shape, source: JsonObject, out: JsonObject, run: Run): boolean {
  if (model === null) return false
  for (const names of required) {
    const name = names.find((each) => says(source[each]))
    if (name === undefined || names.some((each) => out[each] !== undefined)) continue
    if (!sayAbsent(model, name, out)) return false
    run.counts.requiredElements++
  }
  if (model.path === 'StructureDefinition') addressById(out)
  if (!isBroken(model, source, out)) return true
  const lost = Object.keys(source).filter((name) => says(source[name]) && out[name] === undefined)
  const said = model.path === 'Bundle' ? sayRepeatedUrls(out) : saidUntilSound(model, lost, out) || saidInstead(model, out)
  run.counts.requiredElements += said
  return !isBroken(model, source, out)
}

/** One element more if that is enough, else all; returns how many. */
function saidUntilSound(model: Model, names: readonly string[], out: JsonObject): number {
  const candidates = names.filter((name) => !neverSaid.has(name) && sayAbsent(model, name, {}))
  for (const some of [...candidates.map((name) => [name]), candidates]) {
    const tried = { ...out }
    for (const name of some) sayAbsent(model, name, tried)
    if (model.sound!(tried)) {
      Object.assign(out, tried)
      return some.length
    }
  }
  return 0
}

/** An element that is left, but not as an invariant has it, goes as a whole: a value set of one import where there were two. */
function saidInstead(model: Model, out: JsonObject): number {
  for (const name in out) {
    const tried = { ...out }
    delete tried[name]
    if (!isObject(out[name]) || neverSaid.has(name) || !sayAbsent(model, name, tried) || !model.sound!(tried)) continue
    out[name] = tried[name]
    return 1
  }
  return 0
}

// The address of a base type ends in its id (sdf-7), and so in the masked one.
function addressById(out: JsonObject): void {
  if (out['constrainedType'] !== undefined || typeof out['id'] !== 'string') return
  out['url'] = `http://hl7.org/fhir/StructureDefinition/${out['id']}`
}

// Versions of one resource are told apart by their versionIds, which are removed: then by that the later ones have no address.
function sayRepeatedUrls(bundle: JsonObject): number {
  const seen = new Set<unknown>()
  let said = 0
  for (const entry of (bundle['entry'] ?? []) as JsonObject[]) {
    const { fullUrl } = entry
    if (fullUrl !== undefined && seen.has(fullUrl)) {
      delete entry['fullUrl']
      entry['_fullUrl'] = marked()
      said++
    }
    seen.add(fullUrl)
  }
  return said
}

/** Writes that an element had a value; false where DSTU2 has no way to say so. */
function sayAbsent({ facts, path }: Model, name: string, out: JsonObject): boolean {
  for (const fact of facts) {
    for (const type of fact.types) {
      if ((fact.choice ? choiceName(fact.name, type) : fact.name) !== name) continue
      if (type === 'Resource' || type === 'xhtml' || type === 'Extension') return false
      const isPrimitive = primitiveTypes.has(type)
      const said = isPrimitive ? marked() : shellOf(fact, type, `${path}.${fact.name}`)
      if (said === null) return false
      out[isPrimitive ? `_${name}` : name] = fact.max === '*' ? [said] : said
      return true
    }
  }
  return false
}

/** An element of which nothing is told but that it is masked, with what it cannot be without. */
function shellOf(fact: ElementFact, type: string, path: string): JsonObject | null {
  const model = modelInside(fact, type, path)
  const shell = marked()
  for (const { name, types, choice, min } of model.facts)
    if (min > 0 && !sayAbsent(model, choice ? choiceName(name, types[0]!) : name, shell)) return null
  if (model.sound === null || model.sound(shell)) return shell
  // What holds itself would be said without end.
  const optional = model.facts.filter(({ min, modifier, same }) => min === 0 && !modifier && same === undefined)
  const names = optional.map(({ name, types, choice }) => (choice ? choiceName(name, types[0]!) : name))
  return saidUntilSound(model, names, shell) > 0 ? shell : null
}

function modelInside(fact: ElementFact, type: string, path: string): Model {
  if (fact.same !== undefined) return modelOf(childrenAt(fact.same), fact.same)
  return fact.children ? modelOf(fact.children, path) : modelOf(typeFacts[type] ?? [], type, placeRules(fact, path))
}

const containedFits = soundnessAt('DomainResource')!

/** A contained resource that nothing refers to any more has no place; another may go with it. */
export function dropUnreferenced(source: JsonObject, out: JsonObject, run: Run): void {
  if (containedFits(out) || !containedFits(source)) return
  for (;;) {
    const contained = out['contained'] as JsonObject[]
    const referred = new Set<string>()
    forEachReference(out, (reference) => referred.add(reference))
    const kept = contained.filter(({ id }) => typeof id !== 'string' || referred.has(`#${id}`))
    if (kept.length === contained.length) return
    run.counts.hollowElements += contained.length - kept.length
    if (kept.length > 0) out['contained'] = kept
    else {
      delete out['contained']
      return
    }
  }
}
