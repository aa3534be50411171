import type { ListFault, ListRow } from './entries.js'

// ValueSet, CodeSystem and ConceptMap of DSTU2 as of later versions: lists are published in all of them.

type Json = Record<string, unknown>
const items = (value: unknown): Json[] =>
  Array.isArray(value) ? value.filter((each): each is Json => each !== null && typeof each === 'object') : []
const one = (value: unknown): Json => (value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : {})
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

export interface ResourceRows {
  rows: ListRow[]
  title: string | null
  edition: string | null
}

/** The codes of a resource, each with its place in it. */
export function rowsOfResource(resource: unknown): ResourceRows | { faults: ListFault[] } {
  const of = one(resource)
  const found = { title: text(of['title']) ?? text(of['name']) ?? null, edition: text(of['version']) ?? null }
  switch (of['resourceType']) {
    case 'ValueSet': {
      const rows = rowsOfValueSet(of)
      return 'faults' in rows ? rows : { ...rows, ...found }
    }
    case 'CodeSystem':
      return { rows: concepts(of['concept'], text(of['url']), 'concept'), ...found }
    case 'ConceptMap':
      return { rows: [...mapped(of), ...mappedByGroup(of)], ...found }
    default:
      return { faults: [{ place: 'resourceType', what: 'a ValueSet, CodeSystem or ConceptMap is due' }] }
  }
}

/** The expansion where there is one, else what stands there code by code: no rule is worked out here. */
function rowsOfValueSet(of: Json): { rows: ListRow[] } | { faults: ListFault[] } {
  const contains = one(of['expansion'])['contains']
  if (Array.isArray(contains)) return { rows: expanded(contains, 'expansion.contains') }
  const own = one(of['codeSystem'])
  const includes = items(one(of['compose'])['include'])
  const faults = includes.flatMap((include, at) =>
    Array.isArray(include['concept']) && include['filter'] === undefined
      ? []
      : [{ place: `compose.include[${at}]`, what: 'a rule, no codes: send the expansion of the value set' }],
  )
  if (one(of['compose'])['exclude'] !== undefined || one(of['compose'])['import'] !== undefined)
    faults.push({ place: 'compose', what: 'codes by exclusion or import: send the expansion of the value set' })
  if (faults.length > 0) return { faults }
  const included = includes.flatMap((include, at) =>
    concepts(include['concept'], text(include['system']), `compose.include[${at}].concept`),
  )
  return { rows: [...concepts(own['concept'], text(own['system']), 'codeSystem.concept'), ...included] }
}

function expanded(contains: unknown, place: string): ListRow[] {
  return items(contains).flatMap((each, at) => {
    const here = `${place}[${at}]`
    const below = expanded(each['contains'], `${here}.contains`)
    return each['abstract'] === true || each['code'] === undefined ? below : [row(here, text(each['system']), each), ...below]
  })
}

function concepts(list: unknown, system: string | undefined, place: string): ListRow[] {
  return items(list).flatMap((each, at) => {
    const here = `${place}[${at}]`
    return [row(here, system, each), ...concepts(each['concept'], system, `${here}.concept`)]
  })
}

const row = (place: string, system: string | undefined, of: Json): ListRow => ({
  place,
  cells: { system, code: text(of['code']), display: text(of['display']) },
})

function mapped(of: Json): ListRow[] {
  return items(of['element']).flatMap((element, at) => targets(element, `element[${at}]`, text(element['codeSystem']), undefined))
}

function mappedByGroup(of: Json): ListRow[] {
  return items(of['group']).flatMap((group, at) =>
    items(group['element']).flatMap((element, n) =>
      targets(element, `group[${at}].element[${n}]`, text(group['source']), text(group['target'])),
    ),
  )
}

/** One row for each target; a code without one stays in the list. */
function targets(element: Json, place: string, system: string | undefined, targetSystem: string | undefined): ListRow[] {
  const source = row(place, system, element)
  const found = items(element['target'])
  if (found.length === 0) return [source]
  return found.map((target, at) => ({
    place: `${place}.target[${at}]`,
    cells: {
      ...source.cells,
      target_system: text(target['code']) === undefined ? undefined : (text(target['codeSystem']) ?? targetSystem),
      target_code: text(target['code']),
      target_display: text(target['display']),
      equivalence: text(target['equivalence']) ?? text(target['relationship']),
    },
  }))
}
