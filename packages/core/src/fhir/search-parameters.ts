import { resourceTypes } from './facts.js'
import { searchTable } from './search-parameters.generated.js'

export type SearchParameterType = 'token' | 'string' | 'date' | 'reference' | 'quantity' | 'number' | 'uri' | 'composite'

export interface SearchParameterFact {
  name: string
  type: SearchParameterType
  /** JSON property paths below the resource: 'name.family', 'telecom[system=email]', 'extension[url=…].valueCoding'. Empty: not indexed. */
  paths: string[]
  target?: string[]
}

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
    if (targets) fact.target = targets.split('|')
    current.push(fact)
  }
  return byType
}

/** Search parameters by resource type, in an order that never changes: stored index rows hold a parameter's place in it. */
export const searchParameters: Readonly<Record<string, readonly SearchParameterFact[]>> = decode()
