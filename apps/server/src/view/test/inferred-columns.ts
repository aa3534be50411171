// DuckDB types of resources of any release, found from the resources themselves and from what the paths of the views name: the suite is
// written for R4, whose model we do not hold.

type Shape =
  | { kind: 'scalar'; of: Set<string> }
  | { kind: 'struct'; fields: Map<string, Shape> }
  | { kind: 'list'; of: Shape | null }
  | { kind: 'json' }

function merge(a: Shape | null, b: Shape | null): Shape | null {
  if (a === null || b === null) return a ?? b
  if (a.kind === 'scalar' && b.kind === 'scalar') return { kind: 'scalar', of: new Set([...a.of, ...b.of]) }
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', of: merge(a.of, b.of) }
  if (a.kind === 'struct' && b.kind === 'struct') {
    const fields = new Map(a.fields)
    for (const [name, shape] of b.fields) fields.set(name, merge(fields.get(name) ?? null, shape) as Shape)
    return { kind: 'struct', fields }
  }
  return { kind: 'json' }
}

function shapeOf(value: unknown): Shape | null {
  if (value === null) return null
  if (Array.isArray(value)) return { kind: 'list', of: value.map(shapeOf).reduce(merge, null) }
  if (typeof value === 'object') {
    const fields = Object.entries(value).flatMap(([name, inner]) => {
      const shape = shapeOf(inner)
      return shape === null ? [] : [[name, shape] as const]
    })
    return { kind: 'struct', fields: new Map(fields) }
  }
  return { kind: 'scalar', of: new Set([typeof value === 'number' ? (Number.isInteger(value) ? 'BIGINT' : 'DOUBLE') : typeof value]) }
}

function typeOf(shape: Shape | null, named: ReadonlySet<string>): string {
  if (shape === null || shape.kind === 'json') return 'JSON'
  if (shape.kind === 'list') return `${typeOf(shape.of, named)}[]`
  if (shape.kind === 'scalar') return scalarType(shape.of)
  const fields = fieldTypes(shape.fields, named)
  return `STRUCT(${Object.entries(fields)
    .map(([name, of]) => `"${name}" ${of}`)
    .join(', ')})`
}

const scalarType = (of: Set<string>): string => {
  if (of.size === 1 && of.has('boolean')) return 'BOOLEAN'
  if ([...of].every((name) => name === 'BIGINT')) return 'BIGINT'
  if ([...of].every((name) => name === 'BIGINT' || name === 'DOUBLE')) return 'DOUBLE'
  return of.size === 1 ? 'VARCHAR' : 'JSON'
}

function fieldTypes(fields: ReadonlyMap<string, Shape>, named: ReadonlySet<string>): Record<string, string> {
  const types = Object.fromEntries([...fields].map(([name, shape]) => [name, typeOf(shape, named)]))
  const isChoice = (name: string): boolean =>
    [...fields.keys()].some((field) => field.startsWith(name) && /^[A-Z]/.test(field.slice(name.length)))
  // What no resource has is empty, and of no known type.
  for (const name of named) if (!(name in types) && !isChoice(name)) types[name] = 'JSON'
  return types
}

/** Every name a path may read, and every choice it may ask for. */
function namesIn(texts: readonly string[]): Set<string> {
  const names = new Set<string>()
  for (const text of texts) {
    const words = text.match(/[A-Za-z]\w*/g) ?? []
    const types = [...text.matchAll(/ofType\(\s*(?:FHIR\.)?(\w+)/g)].map(([, type]) => `${type?.charAt(0).toUpperCase()}${type?.slice(1)}`)
    for (const word of words.filter((each) => /^[a-z]/.test(each))) {
      names.add(word)
      for (const type of types) names.add(word + type)
    }
  }
  return names
}

const pathsOf = (view: unknown): string[] => {
  if (view === null || typeof view !== 'object') return []
  return Object.entries(view).flatMap(([key, value]) => {
    if (typeof value === 'string') return ['path', 'forEach', 'forEachOrNull'].includes(key) ? [value] : []
    return key === 'repeat' && Array.isArray(value) ? value.map(String) : pathsOf(value)
  })
}

export function inferredColumns(resources: readonly Record<string, unknown>[], view: unknown): Record<string, string> {
  const shape = resources.map(shapeOf).reduce(merge, null)
  const {
    id: _id,
    resourceType: _type,
    ...columns
  } = fieldTypes(shape?.kind === 'struct' ? shape.fields : new Map(), namesIn(pathsOf(view)))
  return columns
}
