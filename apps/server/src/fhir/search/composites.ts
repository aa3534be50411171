import { compositesNamed, searchParameter, type CompositeFact, type SearchParameterFact } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { PairValue, SearchClause } from '../../repository/index.js'
import { isUnsupported, unsupported, type Asking, type Unsupported } from './asking.js'
import { quantityValues } from './quantity-values.js'
import { referenceValues } from './references.js'
import { codeOf } from './token-values.js'
import { dateValue, splitAt, unescaped } from './written.js'

/** How one parameter becomes a condition. */
export type ClauseFor = (name: string, written: string) => SearchClause | Refusal | Unsupported

const misspelt = (parameter: string): Refusal =>
  refuse('bad-parameter', { detail: 'A composite is written as its two values with $ between them.', parameter })

/** A composite’s alternatives, each two values that belong together. */
export function compositeClause(
  asking: Asking,
  type: string,
  name: string,
  written: readonly string[],
  clauseFor: ClauseFor,
): SearchClause | Refusal | Unsupported {
  const facts = compositesNamed(type, name)
  if (facts.length === 0) return unsupported(name, `${type} has no composite of this name.`)
  const found: SearchClause[][] = []
  for (const value of written) {
    const [first, second, more] = splitAt(value, '$')
    if (first === undefined || second === undefined || more !== undefined || first === '' || second === '') return misspelt(name)
    // Of several types of value those count that can be written so.
    const clauses = facts.flatMap((fact) => meeting(asking, { type, fact, first, second }, clauseFor) ?? [])
    if (clauses.length === 0) return misspelt(name)
    found.push(...clauses)
  }
  return { kind: 'any', of: found }
}

interface Written {
  type: string
  fact: CompositeFact
  first: string
  second: string
}

function meeting(asking: Asking, written: Written, clauseFor: ClauseFor): SearchClause[][] | null {
  const { fact, first, second } = written
  if (fact.at !== null) {
    const pair = pairOf(asking, written)
    return pair && [[pair === 'unmet' ? { kind: 'any', of: [] } : { kind: 'pair', composite: fact.name, any: [pair] }]]
  }
  const clauses = [clauseFor(fact.parts[0], first), clauseFor(fact.parts[1], second)]
  return clauses.some((clause) => isRefusal(clause) || isUnsupported(clause)) ? null : [clauses as SearchClause[]]
}

function pairOf(asking: Asking, { type, fact, first, second }: Written): PairValue | 'unmet' | null {
  const [one, other] = fact.parts.map((name) => searchParameter(type, name)?.fact)
  const code = one && codeOf(type, one, first)
  if (!code || !other) return null
  // What cannot be met has to be written right all the same.
  const pair = secondOf(asking, type, other, second, code === 'unmet' ? { code: '' } : code)
  return code === 'unmet' && pair !== null ? 'unmet' : pair
}

function secondOf(
  asking: Asking,
  type: string,
  fact: SearchParameterFact,
  written: string,
  first: PairValue['first'],
): PairValue | 'unmet' | null {
  switch (fact.type) {
    case 'token': {
      const second = codeOf(type, fact, written)
      return second === null || second === 'unmet' ? second : { kind: 'token', first, second }
    }
    case 'reference': {
      const second = referenceValues(asking, fact, undefined, [unescaped(written)])
      return second && { kind: 'reference', first, second }
    }
    case 'quantity': {
      const second = quantityValues(fact, written)
      return second && { kind: 'quantity', first, second }
    }
    case 'date': {
      const second = dateValue(written, asking.now)
      return second && { kind: 'date', first, second }
    }
    default:
      return { kind: 'string', first, second: unescaped(written) }
  }
}
