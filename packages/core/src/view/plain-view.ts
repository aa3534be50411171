import { resourceFacts, type ElementFact } from '../fhir/index.js'
import { viewTags, type ViewColumn, type ViewDefinition } from './definition.js'

/** Table of a type that has no view of its own: `FamilyMemberHistory` → `family_member_histories`. */
export function plainTableName(type: string): string {
  const snake = snakeCase(type)
  if (/[^aeiou]y$/.test(snake)) return `${snake.slice(0, -1)}ies`
  return /(s|x|z|ch|sh)$/.test(snake) ? `${snake}es` : `${snake}s`
}

/**
 * A flat view of what a type says once and in a comparable way: codes, numbers, dates, references. Free text, identifiers, names and
 * lists stay in the nested table.
 */
export function plainView(type: string): ViewDefinition {
  const facts = (resourceFacts[type] ?? []).filter(({ name, max }) => max === 1 && !leftOut.has(name))
  const columns = facts.flatMap((fact) => fact.types.flatMap((of) => columnsOf(fact, of)))
  const column: ViewColumn[] = [
    { ...plain('id', 'getResourceKey()', 'pseudonym'), description: 'key of the row' },
    tagged(plain('patient_key', '{}', 'pseudonym'), viewTags.row, 'patient_key'),
    ...uniquely(columns),
    tagged(plain('masking_policy', '{}', 'added'), viewTags.row, 'masking_policy'),
  ]
  return { resource: type, name: plainTableName(type), title: `${type}: what it says once`, select: [{ column }] }
}

const leftOut = new Set(['id', 'meta', 'implicitRules', 'language', 'text', 'contained', 'extension', 'modifierExtension'])

// Two elements may come to one name, such as a date and a Period of the same choice: the first stands.
function uniquely(columns: ViewColumn[]): ViewColumn[] {
  const seen = new Set(['id', 'patient_key', 'masking_policy'])
  return columns.filter(({ name }) => !seen.has(name) && seen.add(name))
}

function columnsOf(fact: ElementFact, type: string): ViewColumn[] {
  const name = `\`${fact.name}\``
  return shapes[type]?.(snakeCase(fact.name), fact.choice ? `${name}.ofType(${type})` : name) ?? []
}

const plain = (name: string, path: string, masking: string): ViewColumn => ({
  name,
  path,
  tag: [{ name: viewTags.masking, value: masking }],
})
const tagged = (column: ViewColumn, name: string, value: string): ViewColumn => ({
  ...column,
  tag: [{ name, value }, ...(column.tag ?? [])],
})
const typed = (name: string, path: string, sqlType: string, masking: string): ViewColumn =>
  tagged(plain(name, path, masking), viewTags.sqlType, sqlType)

type Shape = (stem: string, path: string) => ViewColumn[]
const withoutDate = (stem: string): string => stem.replace(/_?(date_time|date|time|at)$/, '') || 'dated'
const dated: Shape = (stem, path) => [
  typed(`${withoutDate(stem)}_at`, path, 'TIMESTAMP', 'date'),
  typed(`${withoutDate(stem)}_year`, `${path}.toString().substring(0, 4).toInteger()`, 'INTEGER', 'year'),
]
const coding: Shape = (stem, path) => {
  const [system, code, text] = stem === 'code' ? ['code_system', 'code', 'code_text'] : [`${stem}_system`, `${stem}_code`, `${stem}_text`]
  return [
    plain(system, `${path}.system`, 'kept'),
    plain(code, `${path}.code`, 'kept'),
    tagged(plain(text, `${path}.display`, 'dictionary'), viewTags.dictionary, path),
  ]
}
const scalarAs =
  (sqlType: string): Shape =>
  (stem, path) => [typed(stem, path, sqlType, 'kept')]
const quantity: Shape = (stem, path) => [
  typed(`${stem}_number`, `${path}.value`, 'DOUBLE', 'kept'),
  plain(`${stem}_unit`, `(${path}.code | ${path}.unit).first()`, 'kept'),
]
const shapes: Record<string, Shape> = {
  code: scalarAs('VARCHAR'),
  boolean: scalarAs('BOOLEAN'),
  integer: scalarAs('BIGINT'),
  unsignedInt: scalarAs('BIGINT'),
  positiveInt: scalarAs('BIGINT'),
  decimal: scalarAs('DOUBLE'),
  date: dated,
  dateTime: dated,
  instant: dated,
  Coding: coding,
  CodeableConcept: (stem, path) => coding(stem, `${path}.coding.first()`),
  Reference: (stem, path) => [plain(`${stem}_key`, `${path}.getReferenceKey()`, 'pseudonym')],
  Period: (stem, path) => [...dated(prefixed(stem, 'start'), `${path}.start`), ...dated(prefixed(stem, 'end'), `${path}.end`)],
  Quantity: quantity,
}
const prefixed = (stem: string, part: string): string => (stem === 'period' ? part : `${stem}_${part}`)

function snakeCase(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
}
