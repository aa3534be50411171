import { elementTypes, hasSystems, indexKeys, type SearchParameterFact } from '@aquifer/core/fhir'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { SystemCode } from '@aquifer/core/terminology'
import type { CodeValue, SearchClause, TokenValue } from '../../repository/index.js'
import { unsupported, type Asking, type Unsupported } from './asking.js'
import { splitAt, unescaped } from './written.js'

const bad = (parameter: string, detail: string): Refusal => refuse('bad-parameter', { detail, parameter })
const nothing: SearchClause = { kind: 'any', of: [] }
const booleanSystem = 'http://hl7.org/fhir/special-values'

/** `code`, `system|code`, `|code`, `system|`; null: none of these. */
export function tokenValue(written: string): TokenValue | null {
  const parts = splitAt(written, '|').map(unescaped)
  const [first = '', second] = parts
  if (parts.length > 2) return null
  if (second === undefined) return { code: first }
  if (second === '') return first === '' ? null : { system: first }
  return { system: first === '' ? null : first, code: second }
}

export function tokenClause(
  asking: Asking,
  type: string,
  fact: SearchParameterFact,
  { modifier, written }: { modifier: string | undefined; written: readonly string[] },
): SearchClause | Refusal | Unsupported {
  const param = fact.name
  if (modifier === 'text') return { kind: 'string', param, any: written.map(unescaped), match: 'starts' }
  if (modifier === 'in' || modifier === 'not-in')
    return inValueSets(asking, type, fact, { not: modifier === 'not-in', urls: written.map(unescaped) })
  const values = written.map(tokenValue)
  if (values.some((value) => value === null)) return bad(param, 'A token is written code, system|code, |code or system|.')
  const any = values.filter((value) => value !== null)
  if (modifier === 'above' || modifier === 'below') return subsumed(asking, type, fact, { modifier, any })
  if (modifier !== undefined && modifier !== 'not') return unsupported(param, `The parameter ${param} does not take this modifier.`)
  return asked(type, fact, any, modifier === 'not')
}

function asked(type: string, fact: SearchParameterFact, any: readonly TokenValue[], not: boolean): SearchClause {
  const param = fact.name
  const found = any.flatMap((value) => comparable(type, fact, value) ?? [])
  // All codes of a parameter are of the systems that it implies.
  const whole = found.some(({ system, code }) => system === undefined && code === undefined)
  if (whole) return { kind: 'missing', param, missing: not }
  return found.length === 0 && !not ? nothing : { kind: 'token', param, any: found, ...(not ? { not: true } : {}) }
}

/** The value as the index knows it: what is no Coding says no system, its definition does. null: it can't be met. */
export function comparable(type: string, fact: SearchParameterFact, value: TokenValue): TokenValue | null {
  if (hasSystems(type, fact.name)) return value
  const code = value.code === undefined ? {} : { code: value.code }
  if (value.system === undefined || value.system === null) return code
  const isImplied =
    fact.systems?.map(indexKeys.canonicalSystem).includes(indexKeys.canonicalSystem(value.system)) === true ||
    (value.system === booleanSystem && elementTypes(type, fact.name).includes('boolean'))
  return isImplied ? code : null
}

function carried({ terminology }: Asking): NonNullable<Asking['terminology']> {
  if (terminology === null) throw new Error('the terminology was not loaded for a parameter that asks for it')
  return terminology
}

function subsumed(
  asking: Asking,
  type: string,
  fact: SearchParameterFact,
  { modifier, any }: { modifier: 'above' | 'below'; any: readonly TokenValue[] },
): SearchClause | Refusal {
  const { codesAbove, codesBelow } = carried(asking)
  const found: TokenValue[] = []
  for (const { system, code } of any) {
    const [implied, another] = fact.systems ?? []
    const named = system ?? (another === undefined ? implied : undefined)
    if (named === undefined || code === undefined) return bad(fact.name, `:${modifier} takes system|code.`)
    const codes = (modifier === 'below' ? codesBelow : codesAbove)({ system: named, code })
    if (codes === null) return bad(fact.name, `:${modifier} knows the code systems that DSTU2 defines, and this is none of them.`)
    found.push(...codes.map((each) => ({ system: named, code: each })))
  }
  return asked(type, fact, found, false)
}

// More codes than this make a statement that nobody is served by.
const codesMax = 5_000

function inValueSets(
  asking: Asking,
  type: string,
  fact: SearchParameterFact,
  { not, urls }: { not: boolean; urls: readonly string[] },
): SearchClause | Refusal {
  const { codesOf } = carried(asking)
  const found: SystemCode[] = []
  for (const url of urls) {
    const codes = codesOf(url)
    if (codes === null)
      return bad(
        fact.name,
        `:${not ? 'not-in' : 'in'} knows the value sets that DSTU2 defines and lists code by code, and this is none of them.`,
      )
    found.push(...codes)
  }
  if (found.length > codesMax) return bad(fact.name, `The value sets have more than ${codesMax} codes.`)
  return asked(type, fact, found, not)
}

/** A part of a composite; null: it is none as written, 'unmet': no resource can have it. */
export function codeOf(type: string, fact: SearchParameterFact, written: string): CodeValue | 'unmet' | null {
  const value = tokenValue(written)
  if (value?.code === undefined) return null
  const known = comparable(type, fact, value)
  return known?.code === undefined ? 'unmet' : { ...known, code: known.code }
}
