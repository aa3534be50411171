import { z } from 'zod'
import type { Endpoint } from './endpoints.js'
import { catalogueColumn } from './query.js'

/** What is told about a table's columns beyond their names: under the small-cell policy, so that it may be seen before a question is asked. */

/** A count as it may be told: the number, rounded, or the mark that stands for it. */
const shown = z.union([z.number(), z.string()])

const profileBar = z.object({
  label: z.string(),
  count: shown,
  /** all that has no bar of its own */
  rest: z.boolean().optional(),
})
export type ProfileBar = z.infer<typeof profileBar>

const columnProfile = catalogueColumn.extend({
  /** Share of rows with a value, from 0 to 1 in steps of 0.01; null where it would tell of few people. */
  filled: z.number().nullable(),
  /** Different values, above 20 rounded; null for keys, where few people have a value, and where values are lists or structures. */
  distinct: z.number().nullable(),
  /** `range`: bins of numbers or years; `values`: the most common values; `none`: keys and what is nested. */
  kind: z.enum(['range', 'values', 'none']),
  bars: z.array(profileBar),
  /** Without a value. */
  missing: shown,
})
export type ColumnProfile = z.infer<typeof columnProfile>

export const tableProfile = z
  .object({
    study: z.string(),
    table: z.string(),
    snapshot: z.string(),
    maskingPolicy: z.string(),
    rows: z.number().int().nullable(),
    /** What bars count. Rows stand for themselves where the table is about nobody. */
    unit: z.enum(['people', 'rows']),
    counted: shown,
    /** Counts are multiples of this; a count below the threshold is a mark. */
    rounding: z.number().int(),
    threshold: z.number().int(),
    columns: z.array(columnProfile),
    /** Notebooks of the study whose text names the table, and which of its columns. */
    usedIn: z.array(z.object({ id: z.string(), title: z.string(), columns: z.array(z.string()) })),
  })
  .meta({ id: 'TableProfile' })
export type TableProfile = z.infer<typeof tableProfile>

export const codebookFormats = ['json', 'csv'] as const
export const codebook = z
  .object({
    study: z.string(),
    snapshot: z.string().nullable(),
    maskingPolicy: z.string(),
    consentEpoch: z.number().int().nullable(),
    made: z.iso.datetime(),
    columns: z.array(
      z.object({
        table: z.string(),
        kind: z.enum(['flat', 'nested', 'file']),
        column: z.string(),
        type: z.string(),
        masking: z.string(),
        from: z.array(z.string()),
        description: z.string(),
      }),
    ),
  })
  .meta({ id: 'Codebook' })
export type Codebook = z.infer<typeof codebook>

const system = 'query'
export const catalogueEndpoints = {
  tableProfile: {
    method: 'GET',
    path: '/query/api/v1/catalogue/{table}/profile',
    system,
    summary: 'Fill, different values and distribution of each column of a table, small counts hidden; and which notebooks use it',
    query: ['study'],
    answer: tableProfile,
  },
  codebook: {
    method: 'GET',
    path: '/query/api/v1/codebook',
    system,
    summary: 'Every column of a study: type, FHIR elements, what masking did; as JSON or CSV',
    query: ['study', 'format'],
    answer: codebook,
  },
} as const satisfies Record<string, Endpoint>
