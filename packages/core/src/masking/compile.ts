import { childrenAt, choiceName, phiClasses, primitiveTypes, resourceFacts, typeFacts, valueSoundnessAt } from '../fhir/index.js'
import type { ElementFact, JsonObject } from '../fhir/index.js'
import { dropOldBirth, isAgeConcept, isAgeQuestion, yearsSince } from './ages.js'
import { isPublicSystem } from './code-systems.js'
import { finisherOf, labelHandler, neededOf, writtenByType } from './complex.js'
import { modelOf, placeRules } from './absent.js'
import { companionHandler, extensionsHandler } from './extension.js'
import { applied } from './labels.js'
import { leafHandler } from './leaf.js'
import { elementsOf } from './model-path.js'
import { narrativeOf } from './narrative.js'
import { classByType, isPhiClass } from './phi-class.js'
import type { PhiClass, Treatment } from './phi-class.js'
import { listsOf } from './plan.js'
import type { MaskedForm, Place, Plan } from './plan.js'
import type { Policy } from './policy.js'
import { removed } from './removal.js'
import { ruledElement, ruledHandler } from './rule-book.js'
import type { Handler } from './run.js'
import { listHandler, objectHandler } from './shape.js'
import type { Field, Shape } from './shape.js'

/** An object type at a place: elements of `path`, whose data type (if it is one) gives the classes the table leaves open. */
interface Site {
  path: string
  typePath: string
  root: string
  /** Required down from the resource, or a holder of resources: it is not dropped for what it lost. */
  stays: boolean
}

export function compilePlan(policy: Policy, form: MaskedForm, nested: Plan['nested'], watch: Plan['watch']): Plan {
  const plan: Plan = {
    policy,
    form,
    ...listsOf(policy, form),
    watch,
    nested,
    complex: (type, path, root) => valueHandler(plan, bare(type), type, { path, typePath: path, root, stays: false }),
  }
  return plan
}

const bare = (type: string): ElementFact => ({ name: '', types: [type], min: 0, max: 1 })

/** PHI class and treatment of an element: its own row in the table, else that of its data type or primitive type. */
export function treatmentAt(
  policy: Policy,
  path: string,
  typePath: string,
  type: string,
): { phiClass: PhiClass | null; treatment: Treatment | null } {
  const listed = phiClasses[path]
  const phiClass = listed !== undefined && isPhiClass(listed) ? listed : classByType(typePath, type)
  return { phiClass, treatment: phiClass === null ? null : (policy.paths[path] ?? policy.classes[phiClass]) }
}

/** The shape of a resource type: a trie, of which each level is one map from property name to handler. */
export function resourceShape(plan: Plan, type: string): Shape {
  const shape = shapeOf(plan, resourceFacts[type]!, { path: type, typePath: type, root: type, stays: true })
  const old =
    type === 'Patient' || type === 'Person' || type === 'RelatedPerson' || type === 'Practitioner' || type === 'FamilyMemberHistory'
  return { ...shape, finish: inTurn(old ? dropOldBirth : null, plan.rules ? narrator(plan, type) : null) }
}

/** Writes the narrative anew where a rule asks for it, once all that it may tell of is masked. */
function narrator(plan: Plan, type: string): Shape['finish'] {
  const text = resourceFacts[type]!.find(({ name }) => name === 'text')
  if (!text) return null
  const element = { fact: text, name: 'text', type: 'Narrative', path: `${type}.text`, typePath: `${type}.text`, root: type }
  const asks = plan.rules!.asksAt(element, 'regenerate')
  if (!asks) return null
  return (source, out, run) => {
    if (source['text'] === undefined || run.inside || !asks(source['text'], run)) return
    out['text'] = narrativeOf(out)
    run.applied |= applied.regenerated
  }
}

type Finish = NonNullable<Shape['finish']>
function inTurn(...steps: readonly Shape['finish'][]): Shape['finish'] {
  const due = steps.filter((step): step is Finish => step !== null)
  if (due.length < 2) return due[0] ?? null
  return (source, out, run) => {
    for (const step of due) step(source, out, run)
  }
}

function shapeOf(plan: Plan, facts: readonly ElementFact[], site: Site): Shape {
  const fields = new Map<string, Field>([['fhir_comments', { mask: removed, modifier: false, written: null }]])
  const required: string[][] = []
  const written = writtenByType(site.typePath)
  const after: Shape['finish'][] = []
  for (const fact of facts) {
    const names = fact.choice ? fact.types.map((type) => choiceName(fact.name, type)) : [fact.name]
    if (fact.min > 0) required.push(names)
    names.forEach((name, index) => addField(plan, fields, fact, name, fact.types[fact.choice ? index : 0]!, site))
    if (!written?.has(fact.name)) continue
    const place = placeOf(plan, fact.name, '', site)
    fields.set(fact.name, { mask: unwritten, modifier: false, written: place })
    after.push(ruledAfter(plan, fact, place, site), plan.labelled ? markWritten(place) : null)
  }
  const tests = plan.rules?.testsAt(site.path, site.typePath, elementsOf({ facts, ...site })) ?? []
  const finish = inTurn(...after)
  return {
    fields,
    required,
    needs: neededOf(site.typePath),
    finish,
    agesIn: agesIn(plan, site.path),
    stays: site.stays && plan.form === 'fhir',
    model: plan.form === 'fhir' ? modelOf(facts, site.typePath) : null,
    tests: tests.length > 0 ? tests : null,
  }
}

function ruledAfter(plan: Plan, fact: ElementFact, place: Place, site: Site): Shape['finish'] {
  const { name, path, phiClass } = place
  const element = { fact, name, type: fact.types[0]!, path, typePath: `${site.typePath}.${name}`, root: site.root }
  const rules = plan.rules?.at(plan, element, phiClass) ?? []
  return rules.length > 0 ? ruledElement(name, rules) : null
}

// What a treatment does to a value that it does not remove; removals are counted anyway.
const markOf: Partial<Record<Treatment, number>> = {
  pseudonym: applied.pseudonymized,
  rewrite: applied.pseudonymized,
  year: applied.generalized,
  zip3: applied.generalized,
  shift: applied.masked,
}

function markWritten({ name, treatment }: Place): Shape['finish'] {
  const bit = treatment === null ? undefined : markOf[treatment]
  if (bit === undefined) return null
  return (_, out, run) => {
    if (out[name] !== undefined) run.applied |= bit
  }
}

function marked(plan: Plan, { treatment }: Place, handler: Handler): Handler {
  const bit = !plan.labelled || treatment === null ? undefined : markOf[treatment]
  if (bit === undefined) return handler
  return (value, run) => {
    const masked = handler(value, run)
    if (masked !== undefined) run.applied |= bit
    return masked
  }
}

function agesIn(plan: Plan, path: string): Shape['agesIn'] {
  const isPublic = (system: string): boolean => isPublicSystem(system, plan.systems)
  if (path === 'QuestionnaireResponse.group.question') return (source) => isAgeQuestion(source, plan.ageSystems)
  if (path === 'Observation.component') return (source) => isAgeConcept(source['code'], plan.ageSystems, isPublic)
  if (path !== 'Observation') return null
  return (source, run) => {
    run.yearsSince = yearsSince(source, run)
    return isAgeConcept(source['code'], plan.ageSystems, isPublic)
  }
}

// A data type that goes as a whole is told by the class of what it is there for.
const leadingLeaf: Readonly<Record<string, string>> = { Narrative: 'div', HumanName: 'family', ContactPoint: 'value', Attachment: 'data' }

function placeOf(plan: Plan, name: string, type: string, site: Site): Place {
  const path = `${site.path}.${name}`
  const leaf = leadingLeaf[type]
  if (leaf !== undefined) return { name, path, ...treatmentAt(plan.policy, `${path}.${leaf}`, `${type}.${leaf}`, 'string') }
  return { name, path, ...treatmentAt(plan.policy, path, `${site.typePath}.${name}`, type) }
}

/** The data type writes it itself, from the source, when all other elements are done. */
const unwritten: Handler = () => undefined

// What carries whole resources is told to have lost something rather than dropped with them.
const holdsResources: ReadonlySet<string> = new Set(['Bundle.entry', 'Parameters.parameter'])

// A value that was rewritten may break what the specification says of it alone.
function soundly(plan: Plan, fact: ElementFact, site: Site, handler: Handler): Handler {
  const holds = plan.form === 'fhir' ? valueSoundnessAt(`${site.typePath}.${fact.name}${fact.choice ? '[x]' : ''}`) : null
  if (holds === null) return handler
  return (value, run) => {
    const masked = handler(value, run)
    return masked === undefined || holds(masked) || !holds(value) ? masked : removed(value, run)
  }
}

function addField(plan: Plan, fields: Map<string, Field>, fact: ElementFact, name: string, type: string, site: Site): void {
  const place = placeOf(plan, name, type, site)
  const isPrimitive = primitiveTypes.has(type)
  const stays = site.stays && (fact.min > 0 || holdsResources.has(place.path))
  const plain = valueHandler(plan, fact, type, { path: place.path, typePath: `${site.typePath}.${name}`, root: site.root, stays })
  const one = isPrimitive ? soundly(plan, fact, site, marked(plan, place, plain)) : plain
  const isList = fact.max === '*' && type !== 'Extension'
  const modifier = name === 'modifierExtension' || (fact.modifier === true && isPrimitive && place.treatment !== 'remove')
  fields.set(name, { mask: plan.watch(place, isList ? listHandler(one) : one), modifier, written: null })
  if (isPrimitive) fields.set(`_${name}`, { mask: companionHandler(plainExtensions(plan), isList), modifier: false, written: null })
}

const extensionHandlers = new WeakMap<Plan, Handler>()
function plainExtensions(plan: Plan): Handler {
  let handler = extensionHandlers.get(plan)
  if (!handler) {
    handler = plan.policy.classes.EXTENSION === 'allow-list' ? extensionsHandler(plan, plan.policy.extensions, 'drop unknown') : removed
    extensionHandlers.set(plan, handler)
  }
  return handler
}

/** The handler of one value of this type at this place, under the rules of the policy. */
function valueHandler(plan: Plan, fact: ElementFact, type: string, site: Site): Handler {
  const plain = plainHandler(plan, fact, type, site)
  if (plan.rules === null || writtenByType(parentOf(site.typePath))?.has(fact.name)) return plain
  const { phiClass } = treatmentAt(plan.policy, site.path, site.typePath, type)
  const element = { fact, name: site.path.slice(site.path.lastIndexOf('.') + 1), type, ...site }
  return ruledHandler(plan.rules.at(plan, element, phiClass), plain)
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('.'))

function plainHandler(plan: Plan, fact: ElementFact, type: string, site: Site): Handler {
  const { phiClass, treatment } = treatmentAt(plan.policy, site.path, site.typePath, type)
  if (type === 'Extension') {
    return fact.name === 'modifierExtension' ? extensionsHandler(plan, plan.policy.modifierExtensions, 'give up') : plainExtensions(plan)
  }
  if (type === 'Resource') return treatment === 'remove' ? removed : plan.nested(fact.name === 'contained' ? 'contained' : 'entry')
  if (phiClass === 'TAG') return labelHandler(plan, treatment)
  if (site.typePath === 'Meta.lastUpdated' || isElementId(site, fact)) return removed
  if (primitiveTypes.has(type)) return leafHandler(plan, { fact, type, path: site.path, root: site.root, phiClass, treatment })
  if (fact.same !== undefined) {
    const { same } = fact
    return recursive(objectHandler(() => shapeOf(plan, childrenAt(same), { path: same, typePath: same, root: site.root, stays: false })))
  }
  if (fact.children) {
    const shape = shapeOf(plan, fact.children, site)
    return objectHandler(() => shape)
  }
  if (treatment === 'remove' || (isWhollyRemoved(plan, type, site) && plan.rules?.enters(site.path, type) !== true)) return removed
  return objectHandler(() => dataTypeShape(plan, fact, type, site))
}

const levelsMax = 60

// Groups may hold groups without end, the stack does not.
function recursive(handler: Handler): Handler {
  return (value, run) => {
    if (run.level >= levelsMax) {
      run.held ??= 'nested-too-deep'
      return undefined
    }
    run.level++
    const masked = handler(value, run)
    run.level--
    return masked
  }
}

// The id of an element inside a resource, not the logical id of the resource.
function isElementId(site: Site, fact: ElementFact): boolean {
  return fact.name === 'id' && site.path !== `${site.root}.id`
}

function isWhollyRemoved(plan: Plan, type: string, { path }: Site): boolean {
  const at = (name: string): Treatment | null => treatmentAt(plan.policy, `${path}.${name}`, `${type}.${name}`, 'string').treatment
  if (type === 'Narrative') return at('div') === 'remove'
  if (type === 'ContactPoint') return at('value') === 'remove'
  if (type === 'Attachment') return phiClasses[`${path}.data`] === 'PHOTO'
  if (type === 'HumanName') return at('family') === 'remove' && at('text') === 'remove' && at('given') === 'remove'
  return false
}

function dataTypeShape(plan: Plan, fact: ElementFact, type: string, site: Site): Shape {
  const facts = typeFacts[type]
  if (!facts) throw new Error(`no facts of type ${type}`)
  const shape = shapeOf(plan, facts, { ...site, typePath: type })
  const target = fact.ref?.length === 1 && fact.ref[0] !== 'Any' && fact.ref[0] !== 'Resource' ? fact.ref[0]! : null
  const at = (path: string, typePath: string, leafType: string): ReturnType<typeof treatmentAt> =>
    treatmentAt(plan.policy, path, typePath, leafType)
  const model = plan.form === 'fhir' ? modelOf(facts, type, placeRules(fact, site.typePath)) : null
  const bound = plan.form === 'fhir' && fact.quantity === 'SimpleQuantity' && fact.name === 'low' ? withoutComparator : null
  return { ...shape, model, finish: inTurn(finisherOf(plan, type, site.path, target, at), bound, shape.finish) }
}

// Where an age was capped, a lower bound says "or more" by itself, and may have no comparator.
function withoutComparator(source: JsonObject, out: JsonObject): void {
  if (source['comparator'] === undefined) delete out['comparator']
}
