import { childrenOf, choiceName, isResourceType, phiClasses, resourceFacts, typeFacts } from '../fhir/index.js'
import type { ElementFact } from '../fhir/index.js'
import { classByType, isPhiClass, mayTreat, phiClassNames, treatmentsOf } from './phi-class.js'
import type { PhiClass } from './phi-class.js'
import { checkRules } from './check-rules.js'
import { movesDates } from './policy.js'
import type { ExtensionRule, Policy } from './policy.js'
import { lowPopulationZip3 } from './zip.js'

export interface PolicyProblem {
  /** Place in the policy: 'classes.DATE'. */
  path: string
  line: number | null
  message: string
  /** What would do instead. */
  remedy: string
}

interface Found {
  path: string
  /** What is wrong, then what would do: parted by the last semicolon, else by the first colon. */
  message: string
}

/** What is wrong with a policy: classes it leaves open, treatments a class cannot have, rules for what does not exist. */
export function checkPolicy(policy: Policy): Found[] {
  return [
    ...checkClasses(policy),
    ...checkPaths(policy),
    ...checkTypes('withheld', policy.withheld),
    ...checkTypes('definitional', policy.definitional),
    ...checkExtensions('extensions', policy.extensions),
    ...checkExtensions('modifierExtensions', policy.modifierExtensions),
    ...policy.sharedTexts.flatMap((path, index) => checkSharedText(path, `sharedTexts.${index}`)),
    ...checkZip3(policy),
    ...checkRules(policy),
  ]
}

/** How a study publishes what its policy masks. */
export interface StudyPublishing {
  /** 'continuous', or a span such as '24h'. */
  publish: string
  /** Does data still come in? */
  live: boolean
  /** Who has signed that the shift may be seen by whoever polls; null where nobody has. */
  acceptedBy: string | null
}

/** What is wrong with a policy for one study: where data comes in live and is published at once, a moved date is seen beside the day it came. */
export function checkPolicyForStudy(policy: Policy, { publish, live, acceptedBy }: StudyPublishing): Found[] {
  if (!movesDates(policy) || !live || publish !== 'continuous' || acceptedBy !== null) return []
  const message =
    'a live study that publishes continuously shows by how much dates move: give publish a span such as 24h, keep years only, or have the risk accepted by signature'
  return [{ path: placeOfShift(policy), message }]
}

function placeOfShift({ classes, paths, rules = [] }: Policy): string {
  const phiClass = phiClassNames.find((name) => classes[name] === 'shift')
  if (phiClass) return `classes.${phiClass}`
  const path = Object.keys(paths).find((name) => paths[name] === 'shift')
  return path === undefined ? `rules.${rules.findIndex(({ method }) => method === 'dateShift')}` : `paths.${path}`
}

function checkClasses(policy: Policy): Found[] {
  const dead = Object.keys(policy.classes).filter((name) => !isPhiClass(name))
  const missing = phiClassNames.filter((name) => policy.classes[name] === undefined)
  const wrong = phiClassNames.filter((name) => policy.classes[name] !== undefined && !mayTreat(name, policy.classes[name]))
  return [
    ...dead.map((name) => ({ path: `classes.${name}`, message: 'no such class: take it out, or name one of docs/policies.md' })),
    ...missing.map((name) => ({ path: `classes.${name}`, message: `not covered: say ${treatmentsOf[name].join(' or ')}` })),
    ...wrong.map((name) => ({ path: `classes.${name}`, message: `${name} cannot be treated so: take ${treatmentsOf[name].join(' or ')}` })),
  ]
}

const noElement =
  'no such element in DSTU2: write it as the specification does, with the type in the name of a choice (Observation.valueQuantity)'

function checkPaths(policy: Policy): Found[] {
  return Object.entries(policy.paths).flatMap(([path, treatment]) => {
    const element = elementAt(path)
    if (element === null) return [{ path: `paths.${path}`, message: noElement }]
    if (element.phiClass === null)
      return [{ path: `paths.${path}`, message: 'holds no PHI, so no treatment applies: take the line out, or write a rule' }]
    if (mayTreat(element.phiClass, treatment)) return []
    return [
      { path: `paths.${path}`, message: `${element.phiClass} cannot be treated so: take ${treatmentsOf[element.phiClass].join(' or ')}` },
    ]
  })
}

interface FoundElement {
  type: string
  phiClass: PhiClass | null
}

/** The element at a path of the model ('Patient.contact.name.family'), or null. */
export function elementAt(path: string): FoundElement | null {
  const [root = '', ...names] = path.split('.')
  if (!isResourceType(root) || names.length === 0) return null
  let facts: readonly ElementFact[] = resourceFacts[root] ?? []
  let typePath = root
  let leafPath = root
  let type = root
  for (const name of names) {
    const fact = facts.find((candidate) => namesOf(candidate).includes(name))
    if (!fact) return null
    type = fact.types[fact.choice ? namesOf(fact).indexOf(name) : 0]!
    leafPath = `${typePath}.${name}`
    typePath = typeFacts[type] ? type : leafPath
    facts = childrenFacts(fact, type)
  }
  const listed = phiClasses[path]
  const phiClass = listed !== undefined && isPhiClass(listed) ? listed : classByType(leafPath, type)
  return { type, phiClass }
}

function namesOf(fact: ElementFact): string[] {
  return fact.choice ? fact.types.map((type) => choiceName(fact.name, type)) : [fact.name]
}

function childrenFacts(fact: ElementFact, type: string): readonly ElementFact[] {
  const own = childrenOf(fact)
  return own.length > 0 ? own : (typeFacts[type] ?? [])
}

function checkTypes(list: string, types: readonly string[]): Found[] {
  return types.flatMap((type, index) =>
    isResourceType(type)
      ? []
      : [{ path: `${list}.${index}`, message: 'no resource type of DSTU2: take it out, or write it as the specification does' }],
  )
}

const textTypes: ReadonlySet<string> = new Set(['string', 'uri', 'code'])

function checkExtensions(list: string, rules: readonly ExtensionRule[]): Found[] {
  const urls = rules.map((rule) => rule.url)
  return rules.flatMap((rule, index) => {
    const path = `${list}.${index}`
    const found: Found[] = []
    if (urls.indexOf(rule.url) !== index) found.push({ path: `${path}.url`, message: 'listed twice; take one of the two out' })
    if (!rule.values?.length && !rule.parts?.length) found.push({ path, message: 'allows nothing: give values or parts, or take it out' })
    if (rule.values?.some((type) => textTypes.has(type) && type !== 'code') && !rule.oneOf) {
      found.push({ path: `${path}.values`, message: 'texts stay only where they are listed: give oneOf' })
    }
    return [...found, ...checkExtensions(`${path}.parts`, rule.parts ?? [])]
  })
}

function checkSharedText(path: string, place: string): Found[] {
  const element = elementAt(path)
  if (element === null) return [{ path: place, message: noElement }]
  if (element.type !== 'string') return [{ path: place, message: 'only texts can be shared: take it out' }]
  return phiClasses[path] === undefined ? [] : [{ path: place, message: 'may identify a person and cannot be shared: take it out' }]
}

function checkZip3({ zip3 }: Policy): Found[] {
  if (zip3.census !== lowPopulationZip3.census) return []
  const missing = lowPopulationZip3.codes.filter((code) => !zip3.lowPopulation.includes(code))
  return missing.length === 0
    ? []
    : [{ path: 'zip3.lowPopulation', message: `of the ${zip3.census} census areas are missing: add ${missing.join(', ')}` }]
}
