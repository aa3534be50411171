import type { MaskingTrace } from '@aquifer/core/contract'

export type TraceStep = MaskingTrace['steps'][number]
export type Outcome = TraceStep['outcome']

/** Types of which the server makes an example; a test holds this list against it. */
export const exampleTypes = [
  'Patient',
  'Condition',
  'Coverage',
  'Device',
  'DiagnosticReport',
  'Encounter',
  'FamilyMemberHistory',
  'Immunization',
  'Location',
  'MedicationDispense',
  'MedicationOrder',
  'MedicationStatement',
  'Observation',
  'Organization',
  'Practitioner',
  'Procedure',
  'Questionnaire',
  'QuestionnaireResponse',
  'RelatedPerson',
] as const

/** Every position of a list alike: 'name.0.given.1' is name.given. */
export const elementOf = (path: string): string => path.replaceAll(/\.\d+(?=\.|$)/g, '')

export interface ElementTrace extends TraceStep {
  /** How often the element is there and was treated so. */
  times: number
  /** What stands in the example at the first of them; undefined where it holds more than one value. */
  value: string | undefined
}

/** One line for each element and treatment, however often the resource repeats it. */
export function elementsOf({ steps, example }: Pick<MaskingTrace, 'steps' | 'example'>): ElementTrace[] {
  const made = new Map<string, ElementTrace>()
  for (const step of steps) {
    const path = elementOf(step.path)
    const key = [path, step.outcome, step.treatment, step.method].join(' ')
    const known = made.get(key)
    if (known === undefined) made.set(key, { ...step, path, times: 1, value: valueAt(example, step.path) })
    else known.times += 1
  }
  return [...made.values()]
}

const has = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** A single value of the example; a path through an element that it does not have leads nowhere. */
function valueAt(example: unknown, path: string): string | undefined {
  let at: unknown = example
  for (const name of path.split('.')) at = has(at) ? at[name] : undefined
  return typeof at === 'string' || typeof at === 'number' || typeof at === 'boolean' ? String(at) : undefined
}

export function countOutcomes(steps: readonly { outcome: Outcome }[]): Record<Outcome, number> {
  const counts: Record<Outcome, number> = { kept: 0, changed: 0, removed: 0 }
  for (const { outcome } of steps) counts[outcome] += 1
  return counts
}
