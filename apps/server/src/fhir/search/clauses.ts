import {
  commonParameters,
  compositeParameters,
  isId,
  isResourceType,
  searchParameter,
  searchParameters,
  type SearchParameterFact,
} from '@aquifer/core/fhir'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { SearchClause } from '../../repository/index.js'
import { isUnsupported, unsupported, type Asking, type Unsupported } from './asking.js'
import { compositeClause } from './composites.js'
import { kilometres, quantityValues } from './quantity-values.js'
import { chainClause, referenceClause } from './references.js'
import { tokenClause } from './token-values.js'
import { alternatives, dateValue, splitAt, unescaped } from './written.js'

const bad = (parameter: string, detail: string): Refusal => refuse('bad-parameter', { detail, parameter })

/** Modifiers by the type of a parameter, as Conformance tells them. */
export const modifiersOf: Readonly<Record<string, readonly string[]>> = {
  token: ['missing', 'text', 'not', 'above', 'below', 'in', 'not-in'],
  string: ['missing', 'exact', 'contains'],
  reference: ['missing', 'type'],
  date: ['missing'],
  quantity: ['missing'],
  number: ['missing'],
  uri: ['missing', 'above', 'below'],
}

/** Parameters that are answered for every type, besides what steers an answer. */
export const ofEveryType: readonly { name: string; type: string }[] = [
  { name: '_id', type: 'token' },
  { name: '_lastUpdated', type: 'date' },
  ...commonParameters.map(({ name, type }) => ({ name, type })),
  { name: '_text', type: 'string' },
  { name: '_content', type: 'string' },
  { name: '_list', type: 'string' },
]

/** One parameter of a search to a condition. */
export function clauseOf(asking: Asking, type: string, name: string, written: string): SearchClause | Refusal | Unsupported {
  if (written.includes('\0')) return bad(nameOf(name), 'The value has a character that no text has.')
  if (name.includes('.'))
    return chainClause(asking, type, name, (target) => (rest, value) => clauseOf(asking, target, rest, value), written)
  const [param = '', modifier, ...rest] = name.split(':')
  if (rest.length > 0) return unsupported(nameOf(param), 'A parameter takes one modifier.')
  const values = alternatives(written)
  if (param === '_query') return unsupported(param, 'This server has no named queries.')
  const isKnown = isParameter(type, param)
  if (!isKnown) return unknownParameter(type, param)
  if (values.length === 0) return bad(param, `The parameter ${param} has no value.`)
  if (param.startsWith('_') && modifier !== undefined && searchParameter(type, param) === undefined) return notTaken(param, modifier, [])
  return contentless(asking, param, values) ?? ofContent(asking, type, { param, modifier, values })
}

const isParameter = (type: string, param: string): boolean =>
  ofEveryType.some(({ name }) => name === param) || searchParameter(type, param) !== undefined || isComposite(type, param)
const isComposite = (type: string, param: string): boolean => compositeParameters[type]?.some(({ name }) => name === param) === true

/** What is asked of every resource whatever it says, or of all of its words. */
function contentless({ now }: Asking, param: string, values: readonly string[]): SearchClause | Refusal | null {
  switch (param) {
    case '_id':
      return { kind: 'id', ids: values.map(unescaped).filter(isId) }
    case '_lastUpdated': {
      const any = values.map((value) => dateValue(value, now))
      return any.some((value) => value === null) ? misdated(param) : { kind: 'lastUpdated', any: any.filter((value) => value !== null) }
    }
    case '_text':
    case '_content':
      return { kind: 'content', part: param === '_text' ? 'text' : 'all', any: values.map(unescaped) }
    case '_list':
      return bad(param, '_list stands in the search itself, not in a chain or a condition.')
    default:
      return null
  }
}

interface Asked {
  param: string
  modifier: string | undefined
  values: readonly string[]
}

function ofContent(asking: Asking, type: string, { param, modifier, values }: Asked): SearchClause | Refusal | Unsupported {
  const fact = searchParameter(type, param)?.fact
  if (fact === undefined || fact.type === 'composite')
    return modifier === undefined
      ? compositeClause(asking, type, param, values, (name, written) => clauseOf(asking, type, name, written))
      : notTaken(param, modifier, [])
  if (modifier === 'missing') {
    const [only] = values
    return only === 'true' || only === 'false'
      ? { kind: 'missing', param, missing: only === 'true' }
      : bad(param, ':missing takes true or false.')
  }
  if (isPlace(type, param)) return modifier === undefined ? nearClause(param, values) : notTaken(param, modifier, ['missing'])
  const taken = modifiersOf[fact.type] ?? []
  const isTaken = modifier === undefined || taken.includes(modifier) || (fact.type === 'reference' && isResourceType(modifier))
  return isTaken && modifier !== 'type'
    ? typedClause(asking, type, fact, { param, modifier, values })
    : notTaken(param, modifier ?? '', taken)
}

function typedClause(
  asking: Asking,
  type: string,
  fact: SearchParameterFact,
  { param, modifier, values }: Asked,
): SearchClause | Refusal | Unsupported {
  const plain = values.map(unescaped)
  switch (fact.type) {
    case 'token':
      return tokenClause(asking, type, fact, { modifier, written: values })
    case 'string':
      return { kind: 'string', param, any: plain, match: modifier === 'exact' || modifier === 'contains' ? modifier : 'starts' }
    case 'reference':
      return referenceClause(asking, fact, modifier, plain)
    case 'uri':
      return { kind: 'uri', param, any: plain, match: modifier === 'above' || modifier === 'below' ? modifier : 'exact' }
    case 'date': {
      const any = values.map((value) => dateValue(value, asking.now))
      return any.some((value) => value === null) ? misdated(param) : { kind: 'date', param, any: any.filter((value) => value !== null) }
    }
    default: {
      const any = values.map((value) => quantityValues(fact, value))
      if (any.some((value) => value === null))
        return bad(
          param,
          fact.type === 'number' ? 'A number is written as such.' : 'A quantity is written number, number|system|code or number||code.',
        )
      return { kind: 'quantity', param, any: any.flatMap((value) => value ?? []) }
    }
  }
}

const misdated = (param: string): Refusal => bad(param, 'A date is written YYYY, YYYY-MM, YYYY-MM-DD or with a time.')

// Where nobody says how far: DSTU2 leaves it to the server.
const kmOtherwise = 50
const isPlace = (type: string, param: string): boolean => type === 'Location' && (param === 'near' || param === 'near-distance')

/** `latitude:longitude`, within a distance that near-distance says. */
export function nearClause(param: string, values: readonly string[], distances: readonly string[] = []): SearchClause | Refusal {
  if (param === 'near-distance') return bad(param, 'near-distance goes with near.')
  const km = distances.length === 0 ? kmOtherwise : kilometres(distances.at(-1) ?? '')
  if (km === null) return bad('near-distance', 'A distance is written number or number||unit of length.')
  const any = values.map((value) => {
    const [latitude = Number.NaN, longitude = Number.NaN, more] = splitAt(value, ':').map((part) =>
      part.trim() === '' ? Number.NaN : Number(part),
    )
    return { latitude, longitude, km, isPlace: more === undefined && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 }
  })
  if (!any.every((place) => place.isPlace)) return bad(param, 'A place is written latitude:longitude in degrees.')
  return { kind: 'near', param, any: any.map(({ latitude, longitude }) => ({ latitude, longitude, km })) }
}

// What does not look like a name may be a value that lost its name: it is not told back.
const plainName = /^[A-Za-z_][A-Za-z0-9_-]{0,39}(?:\[x\])?$/
const nameOf = (param: string): string => (plainName.test(param) ? param : 'parameter')

function notTaken(param: string, modifier: string, taken: readonly string[]): Unsupported {
  const list = taken.map((each) => (each === 'type' ? 'a resource type' : `:${each}`)).join(', ')
  const named = plainName.test(modifier) ? `the modifier :${modifier}` : 'this modifier'
  return unsupported(param, `The parameter ${param} does not take ${named}. ${list === '' ? 'It takes none.' : `Supported: ${list}.`}`)
}

const unknownParameter = (type: string, param: string): Unsupported =>
  unsupported(nameOf(param), `${type} has no search parameter${plainName.test(param) ? ` ${param}` : ' of this name'}. ${supported(type)}`)

const supported = (type: string): string => `Supported: ${[...ofEveryType, ...parametersNamed(type)].map(({ name }) => name).join(', ')}.`

/** The parameters of a type, composites by the names of all their kinds. */
export function parametersNamed(type: string): { name: string; type: string; target?: readonly string[] }[] {
  const own = searchParameters[type] ?? []
  const composites = (compositeParameters[type] ?? []).filter(({ name }) => !own.some((fact) => fact.name === name))
  return [...own, ...composites.map(({ name }) => ({ name, type: 'composite' }))]
}

/** A parameter that has to be known. */
export function strictClauseOf(asking: Asking, type: string, name: string, written: string): SearchClause | Refusal {
  const clause = clauseOf(asking, type, name, written)
  return isUnsupported(clause) ? refuse('bad-parameter', { detail: clause.detail, parameter: clause.parameter }) : clause
}
