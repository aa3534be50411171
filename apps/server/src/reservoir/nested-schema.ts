import { createHash } from 'node:crypto'
import { childrenAt, choiceName, primitiveTypes, resourceFacts, resourceTypes, typeFacts, type ElementFact } from '@aquifer/core/fhir'

// The fixed nested schema of a resource type: one column per top-level element, choices as one column per type, the same whatever the
// data holds, so that files written years apart can be read together. Extensions, contained resources and what lies below the third
// level of a recursion are JSON; decimals are DOUBLE; dates stay strings, since a masked date may be only a year.

export type NestedType =
  | { kind: 'scalar'; sql: 'BOOLEAN' | 'BIGINT' | 'DOUBLE' | 'VARCHAR' | 'JSON' }
  | { kind: 'list'; of: NestedType }
  | { kind: 'struct'; fields: NestedField[] }
export interface NestedField {
  name: string
  type: NestedType
}

const recursionLevelsMax = 3
const json: NestedType = { kind: 'scalar', sql: 'JSON' }
const numbers: Readonly<Record<string, 'BOOLEAN' | 'BIGINT' | 'DOUBLE'>> = {
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  unsignedInt: 'BIGINT',
  positiveInt: 'BIGINT',
  decimal: 'DOUBLE',
}

const known = new Map<string, NestedField[]>()

/** The columns of a resource type, without `id`, which is `_id`. */
export function nestedColumns(type: string): NestedField[] {
  const found = known.get(type)
  if (found) return found
  const columns = fieldsOf(resourceFacts[type] ?? [], 1).filter((field) => field.name !== 'id')
  known.set(type, columns)
  return columns
}

function fieldsOf(facts: readonly ElementFact[], level: number): NestedField[] {
  return facts.flatMap((fact) =>
    fact.types.map((type) => ({
      name: fact.choice ? choiceName(fact.name, type) : fact.name,
      type: many(fact, typeOf(fact, type, level)),
    })),
  )
}

// A list of JSON values is one JSON column that holds the list.
function many(fact: ElementFact, type: NestedType): NestedType {
  return fact.max === '*' && type !== json ? { kind: 'list', of: type } : type
}

function typeOf(fact: ElementFact, type: string, level: number): NestedType {
  if (type === 'Extension' || type === 'Resource') return json
  if (primitiveTypes.has(type)) return { kind: 'scalar', sql: numbers[type] ?? 'VARCHAR' }
  if (fact.same) return level < recursionLevelsMax ? structOf(childrenAt(fact.same), level + 1, true) : json
  if (fact.children) return structOf(fact.children, level, true)
  return structOf(typeFacts[type] ?? [], level, false)
}

// Element ids never survive masking; extensions of a data type inside a resource are not columns either.
function structOf(facts: readonly ElementFact[], level: number, backbone: boolean): NestedType {
  const fields = fieldsOf(facts, level).filter((field) => field.name !== 'id' && (backbone || field.name !== 'extension'))
  return fields.length > 0 ? { kind: 'struct', fields } : json
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** The DuckDB type as SQL. */
export function nestedTypeSql(type: NestedType): string {
  if (type.kind === 'scalar') return type.sql
  if (type.kind === 'list') return `${nestedTypeSql(type.of)}[]`
  return `STRUCT(${type.fields.map((field) => `${quoted(field.name)} ${nestedTypeSql(field.type)}`).join(', ')})`
}

const typesOf = new Map<string, Readonly<Record<string, string>>>()

/** The columns of a resource type and their DuckDB types. */
export function nestedColumnTypes(type: string): Readonly<Record<string, string>> {
  const found = typesOf.get(type)
  if (found) return found
  const types = Object.fromEntries(nestedColumns(type).map((field) => [field.name, nestedTypeSql(field.type)]))
  typesOf.set(type, types)
  return types
}

let version: string | null = null

/** Names the schemas of all types together: a reservoir written under another name is rewritten. */
export function modelVersion(): string {
  if (version) return version
  const hash = createHash('sha256')
  for (const type of resourceTypes) {
    hash.update(`${type} ${nestedTypeSql({ kind: 'struct', fields: nestedColumns(type) })}\n`)
  }
  return (version = `dstu2-${hash.digest('hex').slice(0, 12)}`)
}
