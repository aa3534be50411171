import type { RiskFindings } from '@aquifer/core/contract'
import {
  diversityOf,
  effectOf,
  generalize,
  measure,
  path,
  proposals,
  rareOf,
  regroup,
  worstCombinations,
  type Generalization,
  type MeasureOptions,
  type Measures,
  type Population,
  type SensitiveValue,
} from '@aquifer/core/risk'

/** What an attacker may know who knows less than all: from what Safe Harbor leaves down to what a stranger sees. */
const sets: readonly { attributes: readonly string[]; generalizations: readonly Generalization[] }[] = [
  { attributes: ['gender', 'birth_year', 'zip3'], generalizations: [] },
  { attributes: ['gender', 'birth_year', 'zip3'], generalizations: [{ attribute: 'birth_year', to: 'decade' }] },
  { attributes: ['gender', 'birth_year', 'race', 'marital_status'], generalizations: [{ attribute: 'birth_year', to: 'decade' }] },
  { attributes: ['gender', 'birth_year'], generalizations: [] },
  { attributes: ['gender', 'birth_year'], generalizations: [{ attribute: 'birth_year', to: 'decade' }] },
]

export type Question =
  | { kind: 'findings'; population: Population; diagnoses: readonly SensitiveValue[] | null; options: MeasureOptions }
  | {
      kind: 'preview'
      population: Population
      attributes: readonly string[]
      generalizations: readonly Generalization[]
      options: MeasureOptions
    }
export interface Answers {
  findings: RiskFindings
  preview: { before: Measures; after: Measures; loss: number }
}

export function answerTo(question: Question): Answers[Question['kind']] {
  const { population, options } = question
  if (question.kind === 'findings') return findingsOf(population, question.diagnoses, options)
  const looked = telling(regroup(population, question.attributes))
  const { measures, loss } = effectOf(looked, question.generalizations, options)
  return { before: measure(looked, options), after: measures, loss }
}

/** An attribute that is the same of all tells nobody apart. */
function telling(population: Population): Population {
  const differs = (at: number): boolean => new Set(population.classes.map(({ values }) => values[at])).size > 1
  return regroup(
    population,
    population.attributes.filter((_, at) => differs(at)),
  )
}

function findingsOf(everything: Population, diagnoses: readonly SensitiveValue[] | null, options: MeasureOptions): RiskFindings {
  const population = telling(everything)
  const { upTo, worst, patterns } = worstCombinations(population)
  return {
    attributes: [...population.attributes],
    measures: measure(population, options),
    sets: sets.map(({ attributes, generalizations }) => ({
      attributes: [...attributes],
      generalizations: [...generalizations],
      measures: measure(generalize(regroup(everything, attributes), generalizations), options),
    })),
    sensitive: diagnoses === null ? null : sensitiveOf(everything, diagnoses, options),
    combinations: { upTo, worst, patterns },
    effects: proposals(population).map((each) => effectOf(population, [each], options)),
    path: path(population, options),
  }
}

function sensitiveOf(
  population: Population,
  diagnoses: readonly SensitiveValue[],
  { threshold }: MeasureOptions,
): RiskFindings['sensitive'] {
  return { table: 'conditions', ...rareOf(diagnoses, threshold), ...diversityOf(population, diagnoses) }
}
