import { primitiveTypes, resourceTypes } from '../fhir/index.js'
import { treatmentAt } from './compile.js'
import { elementsOf, placeInside, resourcePlace } from './model-path.js'
import type { ModelElement, ModelPlace } from './model-path.js'
import type { PhiClass } from './phi-class.js'
import type { Policy } from './policy.js'
import { RuleBook } from './rule-book.js'
import { methodLabel } from './rule.js'

/** What a policy does to one element of the model. */
export interface TreatmentRow {
  path: string
  type: string
  phiClass: PhiClass | null
  /** 'year', 'keep', 'withheld', or by rules: 'r1: redact if …, else year'. */
  treatment: string
}

/** What a policy does to every element of every resource type: none is left undecided. */
export function treatmentsUnder(policy: Policy): TreatmentRow[] {
  const book = new RuleBook(policy.rules ?? [])
  return resourceTypes.flatMap((type) => {
    if (policy.withheld.includes(type)) return [{ path: type, type, phiClass: null, treatment: 'withheld' }]
    const rows: TreatmentRow[] = []
    walk(policy, book, resourcePlace(type)!, (plain) => plain, rows)
    return rows
  })
}

/** What the rules of an object make of an element that would else be treated so. */
type Around = (plain: string) => string

function walk(policy: Policy, book: RuleBook, place: ModelPlace, around: Around, rows: TreatmentRow[]): void {
  for (const element of elementsOf(place)) {
    if (element.fact.same !== undefined) continue
    const { phiClass, treatment } = treatmentAt(policy, element.path, element.typePath, element.type)
    const rules = book.rulesAt(element, phiClass)
    const inside = isLeaf(element) ? null : placeInside(element)
    if (inside !== null) {
      walk(policy, book, inside, (plain) => around(told(rules, plain)), rows)
      continue
    }
    const plain = element.typePath === 'Meta.lastUpdated' || phiClass === 'ELEMENT_ID' ? 'remove' : (treatment ?? 'keep')
    rows.push({ path: element.path, type: element.type, phiClass, treatment: around(told(rules, plain)) })
  }
}

const isLeaf = ({ type }: ModelElement): boolean => primitiveTypes.has(type) || type === 'Extension' || type === 'Resource'

function told(rules: ReturnType<RuleBook['rulesAt']>, otherwise: string): string {
  const words = rules.map(({ rule, conditional }) => `${rule.id}: ${methodLabel(rule)}${conditional ? ' if its conditions hold' : ''}`)
  return rules.length > 0 && !rules.at(-1)!.conditional ? words.join(', else ') : [...words, otherwise].join(', else ')
}

export interface PolicyDifference {
  /** Path of the model, or of a setting: 'settings.ageCap'. */
  path: string
  before: string
  after: string
}

/** What two policies treat differently: element by element, and the lists and bounds that treatments use. */
export function diffPolicies(before: Policy, after: Policy): PolicyDifference[] {
  const then = new Map(treatmentsUnder(before).map((row) => [row.path, row.treatment]))
  const now = new Map(treatmentsUnder(after).map((row) => [row.path, row.treatment]))
  const paths = [...new Set([...then.keys(), ...now.keys()])]
  const byWhole = (rows: ReadonlyMap<string, string>, path: string): string =>
    rows.get(path) ?? rows.get(path.split('.')[0]!) ?? 'by element'
  return [
    ...paths.flatMap((path) => difference(path, byWhole(then, path), byWhole(now, path))),
    ...settings.flatMap((name) =>
      difference(`settings.${name}`, JSON.stringify(before[name] ?? null), JSON.stringify(after[name] ?? null)),
    ),
  ]
}

const difference = (path: string, before: string, after: string): PolicyDifference[] => (before === after ? [] : [{ path, before, after }])

const settings = [
  'definitional', 'extensions', 'modifierExtensions', 'codeSystems', 'unlistedCodes', 'identifierSystems', 'profiles', 'labels', 'ageCodes',
  'ageCap', 'zip3', 'answers', 'sharedTexts', 'securityLabels', 'provenance', 'rules',
] as const satisfies readonly (keyof Policy)[] // prettier-ignore
