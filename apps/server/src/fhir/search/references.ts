import { isId, isResourceType, parseReference, searchParameter, type SearchParameterFact } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { ChainTarget, ReferenceValue, SearchClause } from '../../repository/index.js'
import { isUnsupported, unsupported, type Asking, type Unsupported } from './asking.js'
import type { ClauseFor } from './composites.js'

/**
 * `id`, `Type/id`, an address of this server or another, a urn; null: one of them is none of these. A type that the parameter does not
 * point to is met by nothing.
 */
export function referenceValues(
  { base }: Asking,
  fact: SearchParameterFact,
  only: string | undefined,
  values: readonly string[],
): ReferenceValue[] | null {
  const targets = only === undefined ? fact.target : fact.target?.filter((type) => type === only)
  const any: ReferenceValue[] = []
  for (const value of values) {
    const local = base !== '' && value.startsWith(`${base}/`) ? value.slice(base.length + 1) : value
    const reference = parseReference(local)
    if (reference.kind === 'relative') {
      const { type, id } = reference
      if (targets?.includes(type) !== false) any.push({ type, id }, ...(base === '' ? [] : [{ text: `${base}/${type}/${id}` }]))
    } else if (isId(value))
      for (const type of targets ?? []) any.push({ type, id: value }, ...(base === '' ? [] : [{ text: `${base}/${type}/${value}` }]))
    else if (reference.kind === 'absolute') {
      if (targets?.includes(reference.type) !== false) any.push({ text: `${reference.base}/${reference.type}/${reference.id}` })
    } else if (/^[a-z][a-z0-9+.-]*:./i.test(value)) any.push({ text: value })
    else return null
  }
  return any
}

export function referenceClause(
  asking: Asking,
  fact: SearchParameterFact,
  modifier: string | undefined,
  values: readonly string[],
): SearchClause | Refusal {
  const any = referenceValues(asking, fact, modifier, values)
  if (any === null) return refuse('bad-parameter', { detail: 'A reference is an id, Type/id or an address.', parameter: fact.name })
  return any.length === 0 ? { kind: 'any', of: [] } : { kind: 'reference', param: fact.name, any }
}

const hopsMax = 4

/** `subject:Patient.name`: what another search finds is what the reference points to. Nothing beyond the caller’s reach tells anything. */
export function chainClause(
  asking: Asking,
  type: string,
  name: string,
  clauseOn: (target: string) => ClauseFor,
  written: string,
): SearchClause | Refusal | Unsupported {
  const dot = name.indexOf('.')
  const [param = '', only] = name.slice(0, dot).split(':')
  const rest = name.slice(dot + 1)
  const fact = searchParameter(type, param)?.fact
  if (fact?.type !== 'reference') return unsupported(param, `${type} has no reference of this name to go on from.`)
  if (only !== undefined && !isResourceType(only)) return unsupported(param, 'Before a dot stands a resource type or none.')
  if (name.split('.').length > hopsMax + 1) return unsupported(param, `A chain has at most ${hopsMax} references.`)
  const types = (fact.target ?? []).filter((target) => only === undefined || target === only)
  const targets: ChainTarget[] = []
  let missed = unsupported(param, `${param} does not point to this type.`)
  let isKnown = false
  for (const target of types) {
    const clause = clauseOn(target)(rest, written)
    if (isRefusal(clause)) return clause
    if (isUnsupported(clause)) missed = clause
    else if (clause.kind === 'content')
      return unsupported(param, 'Words are looked for in what is found itself, not at the end of a chain.')
    else {
      isKnown = true
      const scope = asking.scopeOf(target)
      targets.push(...(scope === null ? [] : [{ type: target, scope, clauses: [clause] }]))
    }
  }
  return isKnown ? { kind: 'chain', param, targets } : missed
}
