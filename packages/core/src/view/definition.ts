import { z } from 'zod'

/** SQL on FHIR v2 ViewDefinition: https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html */

const columnName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'a column name has letters, digits and _, and begins with a letter')
const tag = z.object({ name: z.string(), value: z.string() })

export interface ViewColumn {
  name: string
  path: string
  type?: string
  collection?: boolean
  description?: string
  tag?: { name: string; value: string }[]
}
export interface ViewSelect {
  column?: ViewColumn[]
  select?: ViewSelect[]
  unionAll?: ViewSelect[]
  forEach?: string
  forEachOrNull?: string
  repeat?: string[]
}
/** A named value for `%name` in paths; exactly one `value…` property. */
export type ViewConstant = { name: string } & { [value: `value${string}`]: string | number | boolean }
export interface ViewDefinition {
  resource: string
  name?: string
  title?: string
  description?: string
  status?: string
  constant?: ViewConstant[]
  where?: { path: string; description?: string }[]
  select: ViewSelect[]
}

const column: z.ZodType<ViewColumn> = z.object({
  name: columnName,
  path: z.string().min(1),
  type: z.string().optional(),
  collection: z.boolean().optional(),
  description: z.string().optional(),
  tag: z.array(tag).optional(),
})

const select: z.ZodType<ViewSelect> = z.lazy(() =>
  z.object({
    column: z.array(column).optional(),
    select: z.array(select).optional(),
    unionAll: z.array(select).optional(),
    forEach: z.string().min(1).optional(),
    forEachOrNull: z.string().min(1).optional(),
    repeat: z.array(z.string().min(1)).min(1).optional(),
  }),
)

const constantTypes = new Set(
  'Base64Binary Boolean Canonical Code Date DateTime Decimal Id Instant Integer Integer64 Markdown Oid String PositiveInt Time UnsignedInt Uri Url Uuid'
    .split(' ')
    .map((name) => `value${name}`),
)

const wholeTypes = new Set(['valueInteger', 'valuePositiveInt', 'valueUnsignedInt'])
function isOfKind(key: string, value: unknown): boolean {
  if (key === 'valueBoolean') return typeof value === 'boolean'
  if (wholeTypes.has(key)) return Number.isInteger(value)
  if (key === 'valueDecimal') return typeof value === 'number'
  return typeof value === 'string' || (key === 'valueInteger64' && Number.isInteger(value))
}

const constant = z
  .object({ name: columnName })
  .catchall(z.union([z.string(), z.number(), z.boolean()]))
  .refine(
    (given) => {
      const values = Object.keys(given).filter((key) => key !== 'name')
      return values.length === 1 && constantTypes.has(values[0] ?? '')
    },
    { message: 'a constant has one value[x] of a primitive type' },
  )
  .refine((given) => Object.entries(given).every(([key, value]) => key === 'name' || isOfKind(key, value)), {
    message: 'the constant’s value is not of its type',
  })

export const viewDefinition = z.object({
  resource: z.string().regex(/^[A-Z][A-Za-z]+$/, 'the name of a resource type'),
  name: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name usable as a table')
    .optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  status: z.string().optional(),
  constant: z.array(constant).optional(),
  where: z.array(z.object({ path: z.string().min(1), description: z.string().optional() })).optional(),
  select: z.array(select).min(1),
})

/** Tags by which a column says more than FHIRPath can. */
export const viewTags = {
  /** SQL type of the column: TIMESTAMP, DATE, INTEGER, BIGINT, DOUBLE, BOOLEAN or VARCHAR. */
  sqlType: 'ansi/type',
  /** FHIRPath of a Coding: the column is its text in the study's dictionary, never the source's own display. */
  dictionary: 'aquifer/dictionary',
  /** The column stands beside the resource in the reservoir: patient_key, masking_policy. */
  row: 'aquifer/row',
  /** Name of a TIMESTAMP column of this view: the column counts its days from the person's first dated row, which is day 1. */
  day: 'aquifer/day-of',
  /** The column's value is followed by the row's places in its iterations, counted from 1: `<key>.2.1`. */
  trail: 'aquifer/trail',
  /** How masking treats what the column shows, in words, for the catalogue. */
  masking: 'aquifer/masking',
} as const

export const tagOf = (column: ViewColumn, name: string): string | undefined => column.tag?.find((entry) => entry.name === name)?.value

/** The place of a row among its siblings, which a row of nothing has as well. */
export const isRowIndex = ({ path }: ViewColumn): boolean => path.trim() === '%rowIndex'
