import { composites, pairQueries, pairsIn } from './oracle-composites.js'
import { evaluator, pointersIn, type Json, type Parameter } from './oracle-parameters.js'
import { missing, pointsTo, queriesFor, queryOf, type Query } from './oracle-queries.js'
import { openRandom, type Random } from './oracle-random.js'

/** One parameter with a value, and which values of a resource it looks at. */
export interface Part {
  base: string
  query: Query
  valuesOf(resource: Json): unknown[]
}

/** What is asked: one part, several that must all hold, or several values of one parameter of which any may. */
export interface Question {
  base: string
  text: string
  joined: 'all' | 'any'
  parts: readonly Part[]
}

/** What the server holds of each type, as it serves it. */
export type Corpus = ReadonlyMap<string, readonly Json[]>

export interface Truth {
  /** ids that answer a question, in order */
  expected(question: Question): string[]
  /** places in the type's list of resources */
  matches(part: Part): readonly number[]
}

/** Each part is looked for once among all resources of its type, in however many questions it stands. */
export function openTruth(corpus: Corpus): Truth {
  const found = new Map<Part, readonly number[]>()
  const idsOf = new Map([...corpus].map(([type, resources]) => [type, resources.map(({ id }) => String(id))]))
  const matches = (part: Part): readonly number[] => {
    let places = found.get(part)
    if (places === undefined) {
      const resources = corpus.get(part.base) ?? []
      places = [...resources.keys()].filter((place) => part.query.meets(part.valuesOf(resources[place]!)))
      found.set(part, places)
    }
    return places
  }
  return {
    matches,
    expected({ base, joined, parts }) {
      const ids = idsOf.get(base) ?? []
      const [first = [], ...others] = parts.map(matches)
      const sets = others.map((other) => new Set(other))
      const places = joined === 'any' ? new Set([...first, ...others.flat()]) : first.filter((place) => sets.every((set) => set.has(place)))
      return [...places].map((place) => ids[place]!).toSorted()
    },
  }
}

/** The same values for the same resource, without looking again. */
function remembered(evaluate: (resource: Json) => unknown[]): Part['valuesOf'] {
  const known = new WeakMap<Json, unknown[]>()
  return (resource) => {
    const values = known.get(resource) ?? evaluate(resource)
    known.set(resource, values)
    return values
  }
}

const alone = (part: Part): Question => ({ base: part.base, text: part.query.text, joined: 'all', parts: [part] })

/** How many questions are made: of each parameter so many values, of each value so many queries. */
export interface Extent {
  values: number
  perValue: number
  pairs: number
}

/** Questions of a parameter alone; null where the definitions do not say where its values stand. */
export function questionsOf(parameter: Parameter, corpus: Corpus, seed: number, extent: Extent, base: string): Question[] | null {
  const evaluate = evaluator(parameter)
  if (evaluate === null) return null
  const valuesOf = remembered(evaluate)
  const random = openRandom(seed)
  const all = (corpus.get(parameter.base) ?? []).flatMap(valuesOf)
  const values = random.shuffled([...new Map(all.map((value) => [JSON.stringify(value), value])).values()]).slice(0, extent.values)
  const made = values.flatMap((value) => random.shuffled(queriesFor(parameter, value, base)).slice(0, extent.perValue))
  const isPresent = (of: readonly unknown[]): boolean =>
    parameter.type === 'reference' ? of.some((value) => pointersIn(value).every((pointer) => pointsTo(parameter, pointer))) : of.length > 0
  const parts = [...made, ...missing(parameter, isPresent)].map((query) => ({ base: parameter.base, query, valuesOf }))
  return distinct(parts.map(alone))
}

export const hasValues = (parameter: Parameter, corpus: Corpus): boolean => {
  const evaluate = evaluator(parameter)
  return evaluate !== null && (corpus.get(parameter.base) ?? []).some((resource) => evaluate(resource).length > 0)
}

export function compositeQuestions(
  parameters: readonly Parameter[],
  corpus: Corpus,
  seed: number,
  extent: Extent,
  base: string,
): Question[] {
  return composites.flatMap((composite) => {
    const random = openRandom(seed)
    const valuesOf = remembered((resource) => pairsIn(composite, resource))
    const pairs = random.shuffled((corpus.get(composite.base) ?? []).flatMap(valuesOf) as ReturnType<typeof pairsIn>).slice(0, extent.pairs)
    const queries = pairs.flatMap((pair) => random.shuffled(pairQueries(composite, parameters, pair, base)).slice(0, extent.pairs))
    return distinct(queries.map((query) => alone({ base: composite.base, query, valuesOf })))
  })
}

export const distinct = (questions: readonly Question[]): Question[] => [
  ...new Map(questions.map((each) => [`${each.base}?${each.text}`, each])).values(),
]

const isNegative = ({ query }: Part): boolean => /:(?:not|missing)$/.test(query.name)

/** Questions of several parts that one resource meets, so that most of them find something. */
export function joinedQuestions(singles: readonly Question[], corpus: Corpus, truth: Truth, count: number, seed: number): Question[] {
  const random = openRandom(seed)
  return [...new Set(singles.map(({ base }) => base))].flatMap((base) => {
    const questions = singles.filter((each) => each.base === base)
    const met = (corpus.get(base) ?? []).map((): Part[] => [])
    for (const { parts } of questions) for (const part of parts) for (const place of truth.matches(part)) met[place]?.push(part)
    const usable = met.filter((parts) => parts.length > 1)
    const share = usable.length === 0 ? 0 : Math.ceil((count * questions.length) / singles.length)
    return distinct(Array.from({ length: share }, () => joinedOf(random.one(usable), random)))
  })
}

function joinedOf(met: readonly Part[], random: Random): Question {
  const first = random.one(met)
  const others = met.filter((part) => part !== first && part.query.name === first.query.name && !isNegative(part))
  if (!isNegative(first) && others.length > 0 && random.below(5) === 0) return anyOf([first, random.one(others)])
  const parts = [first, ...Array.from({ length: 1 + random.below(2) }, () => random.one(met))]
  return { base: first.base, text: parts.map(({ query }) => query.text).join('&'), joined: 'all', parts }
}

function anyOf(parts: readonly [Part, Part]): Question {
  const [{ base, query }] = parts
  const written = parts.map((part) => part.query.value).join(',')
  return { base, text: queryOf(query.name, written, query.meets).text, joined: 'any', parts }
}
