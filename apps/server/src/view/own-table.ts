import { resourceTypes } from '@aquifer/core/fhir'
import { checkView, columnsOf, compileView, viewTags, type ViewColumn, type ViewDefinition, type ViewProblem } from '@aquifer/core/view'
import { isReservedWord } from '@aquifer/core/study'
import { analysisTables, flatTable, type FlatTable } from './flat-tables.js'

/** A view that a study adds: one more flat table, over the same masked rows as all others. */
export type OwnTable = { table: FlatTable } | { problems: ViewProblem[] }

const namePattern = /^[a-z][a-z0-9_]{0,62}$/
const keyColumns = ['patient_key', 'masking_policy'] as const

/** Checks a ViewDefinition as a table of a study; `columns` are the nested columns of a type, `key` tells this version from every other view. */
export function ownTable(json: unknown, key: string, columns: (type: string) => Readonly<Record<string, string>>): OwnTable {
  const checked = checkView(json)
  if ('problems' in checked) return checked
  const problems = [...nameProblems(checked.view), ...keyProblems(checked.view)]
  if (problems.length > 0) return { problems }
  const view = withKeys(checked.view)
  const options = {
    from: 'x',
    columns: columns(view.resource),
    key: '_id',
    besides: keyColumns,
    displays: null,
    singleByPath: true,
  } as const
  const compiled = compileView(view, options)
  if ('notCompilable' in compiled) return { problems: [{ path: 'select', message: compiled.notCompilable }] }
  const { name = '', resource: type, title = '' } = view
  return { table: { name, type, title, view, named: false, key } }
}

function nameProblems({ name, resource }: ViewDefinition): ViewProblem[] {
  const wrong = (path: string, message: string): ViewProblem[] => [{ path, message }]
  if (!resourceTypes.includes(resource)) return wrong('resource', 'not a resource type of DSTU2')
  if (name === undefined || !namePattern.test(name))
    return wrong('name', 'a table’s name has lower case letters, digits and _, at most 63, and begins with a letter')
  if (isReservedWord(name)) return wrong('name', `${name} is a reserved word of SQL`)
  return shippedNames().has(name) ? wrong('name', `${name} is a table already`) : []
}

let shipped: ReadonlySet<string> | null = null
function shippedNames(): ReadonlySet<string> {
  shipped ??= new Set([
    ...resourceTypes.flatMap((type) => [flatTable(type).name, type.toLowerCase()]),
    ...analysisTables().map(({ name }) => name),
    // Of code lists, made by the query system.
    'code_lists',
    'code_list_versions',
  ])
  return shipped
}

// What these hold is what all tables of the study hold there: whose row it is, and what masked it.
const keyProblems = (view: ViewDefinition): ViewProblem[] =>
  columnsOf(view)
    .filter(({ name, tag }) =>
      keyColumns.some((key) => key === name.toLowerCase() && !tag?.some((each) => each.name === viewTags.row && each.value === key)),
    )
    .map(({ name }) => ({ path: 'select', message: `${name} is added to every table: leave it out` }))

function withKeys(view: ViewDefinition): ViewDefinition {
  const there = new Set(columnsOf(view).map(({ name }) => name))
  const column = keyColumns.filter((name) => !there.has(name)).map(keyColumn)
  return column.length === 0 ? view : { ...view, select: [...view.select, { column }] }
}

const keyColumn = (name: (typeof keyColumns)[number]): ViewColumn => ({
  name,
  path: '{}',
  description: name === 'patient_key' ? 'key of the person: joins every table' : 'policy and version that masked the row',
  tag: [
    { name: viewTags.row, value: name },
    { name: viewTags.masking, value: name === 'patient_key' ? 'pseudonym' : 'added' },
  ],
})
