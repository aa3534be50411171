import { resourceTypes } from './facts.js'
import { searchTable } from './search-parameters.generated.js'

export type SearchParameterType = 'token' | 'string' | 'date' | 'reference' | 'quantity' | 'number' | 'uri' | 'composite'

export interface SearchParameterFact {
  name: string
  type: SearchParameterType
  /** JSON property paths below the resource: 'name.family', 'telecom[system=email]', 'extension[url=…].valueCoding'. Empty: not indexed. */
  paths: string[]
  target?: string[]
  /** Of a token over elements of type `code`: the code systems that its values are from without saying so. */
  systems?: string[]
}

/** Parameters of every type, beside _id and _lastUpdated, which are no part of a resource's content. */
export const commonParameters: readonly SearchParameterFact[] = [
  { name: '_profile', type: 'uri', paths: ['meta.profile'] },
  { name: '_security', type: 'token', paths: ['meta.security'] },
  { name: '_tag', type: 'token', paths: ['meta.tag'] },
]

// A type has at most 27 of its own; stored rows hold these numbers, and `present` has a bit for each.
const firstCommonPlace = 60

function decode(): Record<string, SearchParameterFact[]> {
  const byType: Record<string, SearchParameterFact[]> = Object.fromEntries(resourceTypes.map((type) => [type, []]))
  let current: SearchParameterFact[] = []
  for (const line of searchTable.slice(1, -1).split('\n')) {
    if (!line.startsWith(' ')) {
      current = []
      byType[line] = current
      continue
    }
    const [name = '', type = '', paths = '', targets] = line.slice(1).split(' ')
    const fact: SearchParameterFact = { name, type: type as SearchParameterType, paths: paths === '-' ? [] : paths.split('|') }
    if (targets && fact.type === 'token') fact.systems = targets.split('|')
    else if (targets) fact.target = targets.split('|')
    current.push(fact)
  }
  return byType
}

/** Search parameters by resource type, in an order that never changes: stored index rows hold a parameter's place in it. */
export const searchParameters: Readonly<Record<string, readonly SearchParameterFact[]>> = decode()

/** The parameter of this name and its place, by which index rows and `present` know it. */
export function searchParameter(type: string, name: string): { fact: SearchParameterFact; place: number } | undefined {
  const own = searchParameters[type] ?? []
  const place = own.findIndex((fact) => fact.name === name)
  if (own[place]) return { fact: own[place], place }
  const common = commonParameters.findIndex((fact) => fact.name === name)
  return commonParameters[common] ? { fact: commonParameters[common], place: firstCommonPlace + common } : undefined
}

/** All parameters over a type's content with their places. */
export function parametersOf(type: string): { fact: SearchParameterFact; place: number }[] {
  const own = (searchParameters[type] ?? []).map((fact, place) => ({ fact, place }))
  return [...own, ...commonParameters.map((fact, index) => ({ fact, place: firstCommonPlace + index }))]
}
