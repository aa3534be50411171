import { systemSet, publicCodeSystems } from './code-systems.js'
import type { PhiClass, Treatment } from './phi-class.js'
import { movesDates } from './policy.js'
import type { Policy } from './policy.js'
import { RuleBook } from './rule-book.js'
import type { Handler } from './run.js'

/**
 * Which form masked resources take. 'fhir': valid DSTU2, an instant of which only the year may stay is removed.
 * 'rows': for the reservoir, whose columns hold such a year, and whose references carry the type wherever it is known.
 */
export type MaskedForm = 'fhir' | 'rows'

/** Where a handler stands, for those that tell what they did. */
export interface Place {
  name: string
  path: string
  phiClass: PhiClass | null
  treatment: Treatment | null
}

/** A policy made ready: its lists as sets, and the makers of handlers, which need each other. */
export interface Plan {
  policy: Policy
  form: MaskedForm
  systems: ReadonlySet<string>
  identifierSystems: ReadonlySet<string>
  answerTexts: ReadonlySet<string>
  lowPopulation: ReadonlySet<string>
  ageSystems: ReadonlyMap<string, ReadonlySet<string>>
  sharedTexts: ReadonlySet<string>
  /** null where the policy has no rules: then nothing is asked anywhere. */
  rules: RuleBook | null
  movesDates: boolean
  labelled: boolean
  /** Puts a recorder around the handler of an element; the identity unless tracing. */
  watch(place: Place, handler: Handler): Handler
  complex(type: string, path: string, root: string): Handler
  nested(kind: 'contained' | 'entry'): Handler
}

export function ageSystemsOf(policy: Policy): ReadonlyMap<string, ReadonlySet<string>> {
  const systems = new Map<string, Set<string>>()
  for (const { system, code } of policy.ageCodes) systems.set(code, (systems.get(code) ?? new Set()).add(system))
  return systems
}

export function listsOf(policy: Policy, form: MaskedForm): Omit<Plan, 'policy' | 'form' | 'watch' | 'complex' | 'nested'> {
  const { securityLabels = 'never', rules = [] } = policy
  return {
    rules: rules.length > 0 ? new RuleBook(rules) : null,
    movesDates: movesDates(policy),
    labelled: securityLabels === 'always' || (securityLabels === 'fhir' && form === 'fhir'),
    systems: systemSet(publicCodeSystems, policy.codeSystems),
    identifierSystems: new Set(policy.identifierSystems),
    answerTexts: new Set(policy.answers.texts.map((text) => text.toLowerCase())),
    lowPopulation: new Set(policy.zip3.lowPopulation),
    ageSystems: ageSystemsOf(policy),
    sharedTexts: new Set(policy.sharedTexts),
  }
}
