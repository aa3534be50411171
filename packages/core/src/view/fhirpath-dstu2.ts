import fhirpath from 'fhirpath'
import dstu2 from 'fhirpath/fhir-context/dstu2'
import { ExactNumber } from '../fhir/index.js'
import { kept } from './kept.js'

// The engine's DSTU2 model finds `value` only where DSTU2 has a choice. Views written for other releases name choices DSTU2 does not know;
// there a choice is found by property name: `value` is `value`, else the first `value` + a type's name that the resource carries.
const primitiveSuffixes =
  'Boolean Integer Decimal Base64Binary Instant String Uri Date DateTime Time Code Oid Id UnsignedInt PositiveInt Markdown Canonical Url Uuid Integer64'.split(
    ' ',
  )
const complexSuffixes = [
  ...Object.values(dstu2.choiceTypePaths).flat(),
  ...'Age Count Distance Duration Money Expression CodeableReference'.split(' '),
].filter((name) => !primitiveSuffixes.includes(name))
const typeSuffixes = [...new Set([...primitiveSuffixes, ...complexSuffixes])]
const choiceByName = ['', ...typeSuffixes]
const suffixAtEnd = new RegExp(`[a-z](${[...typeSuffixes].sort((a, b) => b.length - a.length).join('|')})$`)

function typeByName(path: string): string | undefined {
  const suffix = suffixAtEnd.exec(path)?.[1]
  return suffix !== undefined && primitiveSuffixes.includes(suffix) ? suffix.charAt(0).toLowerCase() + suffix.slice(1) : suffix
}

function withFallback<T>(known: Record<string, T>, fallback: (path: string) => T | undefined): Record<string, T> {
  return new Proxy(known, {
    get: (table, path) => (typeof path === 'string' ? (table[path] ?? fallback(path)) : undefined),
  })
}

const isKnown = (path: string): boolean => path in dstu2.path2Type || path.endsWith('.extension') || path.endsWith('.id')

const choices = Object.fromEntries(
  Object.entries<string[]>(dstu2.choiceTypePaths).map(([path, known]) => [path, [...new Set([...known, ...typeSuffixes])]]),
)
const model = {
  ...dstu2,
  availableTypes: new Set([
    ...(dstu2 as unknown as { availableTypes: Set<string> }).availableTypes,
    ...typeSuffixes.map((name) => typeByName(`x${name}`) ?? name),
  ]),
  choiceTypePaths: withFallback(choices, (path) => (isKnown(path) ? undefined : choiceByName)),
  path2Type: withFallback<string>(dstu2.path2Type, typeByName),
  path2TypeWithoutElements: withFallback<string>(dstu2.path2TypeWithoutElements, typeByName),
}

const engineModel = model as unknown as Parameters<typeof fhirpath.compile>[1]

const referencePattern = /^(?:(?:.*\/)?([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/]*)?|urn:(?:uuid|oid):(.+))$/

/** The key a reference points at: what getResourceKey() gives on its target. None for a fragment or another type than asked for. */
export function referenceKey(reference: unknown, type?: string): string | null {
  const match = typeof reference === 'string' ? referencePattern.exec(reference) : null
  if (!match || (type !== undefined && match[1] !== undefined && match[1] !== type)) return null
  return match[2] ?? match[3] ?? null
}

// The specification of views puts a zone on the boundary of a dateTime that has none: the first and the last place on earth.
function boundary(name: 'lowBoundary' | 'highBoundary', zone: string): (nodes: unknown[]) => unknown[] {
  // As the engine's own values, which compare with dates and times; what is told of them at the end are texts again.
  const options = { resolveInternalTypes: false, async: false } as const
  const engine = fhirpath.compile(`%given.${name}()`, engineModel, options)
  const end = name === 'lowBoundary' ? 'start' : 'end'
  return (nodes) => {
    const given = nodes.length === 0 ? undefined : periodEnd(nodes[0], end)
    const found: unknown[] = given === undefined ? [] : engine({}, { given })
    return found.map((value) => {
      const text = String(value)
      return /\dT\d\d:\d\d:\d\d\.\d+$/.test(text) ? typedLiteral('valueDateTime', text + zone) : value
    })
  }
}

// A Period begins where its start may begin, and ends where its end may end.
function periodEnd(node: unknown, end: 'start' | 'end'): unknown {
  const value: unknown = fhirpath.util.valDataConverted(node)
  if (value === null || typeof value !== 'object' || !('start' in value || 'end' in value)) return value
  const text = (value as Record<string, unknown>)[end]
  return typeof text !== 'string' ? undefined : typedLiteral('valueDateTime', text.includes('T') ? text : `${text}T`)
}

const data = (node: unknown): Record<string, unknown> => (fhirpath.util.valData(node) ?? {}) as Record<string, unknown>

const userInvocationTable = {
  lowBoundary: { fn: boundary('lowBoundary', '+14:00'), arity: { 0: [] }, internalStructures: true },
  highBoundary: { fn: boundary('highBoundary', '-12:00'), arity: { 0: [] }, internalStructures: true },
  // Of nothing, a view's join() is an empty string.
  join: {
    fn: (nodes: unknown[], separator?: string) => nodes.map((node) => String(fhirpath.util.valDataConverted(node))).join(separator ?? ''),
    arity: { 0: [], 1: ['String'] },
  },
  getResourceKey: { fn: (nodes: unknown[]) => nodes.map((node) => data(node)['id']).filter((id) => id !== undefined), arity: { 0: [] } },
  getReferenceKey: {
    fn: (nodes: unknown[], type?: { name?: string }) =>
      nodes.map((node) => referenceKey(data(node)['reference'], type?.name)).filter((key) => key !== null),
    arity: { 0: [], 1: ['TypeSpecifier'] },
  },
}

export type Environment = Record<string, unknown>
// What the engine has, but for what asks other systems (resolve, memberOf) or writes values to a console (trace).
const engineFunctions = new Set(
  'empty not exists all allTrue anyTrue allFalse anyFalse subsetOf supersetOf isDistinct distinct count where extension select coalesce sort aggregate sum min max avg single first last type ofType is as tail take skip combine union intersect exclude iif defineVariable toInteger toLong toDecimal toString toDate toDateTime toTime toBoolean toQuantity hasValue getValue convertsToBoolean convertsToInteger convertsToLong convertsToDecimal convertsToString convertsToDate convertsToDateTime convertsToTime convertsToQuantity indexOf lastIndexOf substring startsWith endsWith contains upper lower replace matches matchesFull replaceMatches length toChars split trim encode decode escape unescape abs ceiling exp floor ln log power round sqrt truncate now today timeOfDay yearOf monthOf dayOf hourOf minuteOf secondOf millisecondOf timezoneOffsetOf dateOf timeOf repeat children descendants'.split(
    ' ',
  ),
)
export const isFunction = (name: string): boolean => engineFunctions.has(name) || Object.hasOwn(userInvocationTable, name)

/** Evaluates one path on a resource or a part of one. Parts keep their place in the resource, so types stay known. */
export type PathEvaluator = (node: unknown, environment: Environment) => unknown[]

export function compilePath(path: string): PathEvaluator {
  const options = { userInvocationTable, resolveInternalTypes: true, async: false } as unknown as { async: false }
  const evaluate = fhirpath.compile(path, engineModel, options)
  return (node, environment) => evaluate(node, environment) as unknown[]
}

/** A literal as the engine's own typed value, so that %constants compare as dates and times do. */
export function typedLiteral(kind: string, value: string | number | boolean): unknown {
  const literal = kind === 'valueTime' ? `@T${value}` : `@${value}`
  if (!['valueDate', 'valueDateTime', 'valueInstant', 'valueTime'].includes(kind)) return value
  const found: unknown[] = fhirpath.evaluate({}, literal, {}, undefined, { resolveInternalTypes: false, async: false })
  return found[0] ?? value
}

export interface PathNode {
  readonly type: string
  readonly text?: string
  readonly start?: { readonly line: number; readonly column: number }
  readonly children?: readonly PathNode[]
}
// The grammar takes milliseconds for a path, and all flat tables together have some thousand.
export const parsePath = kept(4096, (path): PathNode => fhirpath.parse(path) as PathNode)

/** Puts the engine's own decimals where a parsed resource holds numbers whose digits count: lowBoundary() of 1.0 is 0.95. */
export function withEngineDecimals(value: unknown): unknown {
  if (value instanceof ExactNumber) return fhirpath.FP_Decimal.getDecimal(value.text)
  if (Array.isArray(value)) return value.map(withEngineDecimals)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withEngineDecimals(inner)]))
}
