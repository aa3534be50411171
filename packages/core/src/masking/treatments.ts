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
