import { z } from 'zod'
import { cutName } from './cuts.js'
import { statementParameters } from './parameters.js'

/** Requests and answers of /query/api/v1: statements on the masked reservoir, the catalogue of its tables. */

/** The format of a statement's result on the wire, by the Accept header. */
export const arrowStreamType = 'application/vnd.apache.arrow.stream'
/** Headers of an Arrow answer: which statement it was, and what its rows rest on (the JSON of a QueryBasis). */
export const statementHeader = 'x-aquifer-statement'
export const basisHeader = 'x-aquifer-basis'

export const sqlCharactersMax = 100_000
export const statementRowsMax = 1_000_000
export const statementRowsDefault = 10_000

// The database stores every character but this one.
const storable = (text: string): boolean => !text.includes('\0')

export const queryLevel = z.enum(['rows', 'counts'])
export type QueryLevel = z.infer<typeof queryLevel>

export const statementRequest = z.object({
  study: z.string().min(1).max(32),
  sql: z.string().min(1).max(sqlCharactersMax).refine(storable, 'no NUL'),
  /** Why the caller asks; recorded in the history. */
  purpose: z.string().min(1).max(200).refine(storable, 'no NUL').default('analysis'),
  /** Rows kept at most; the basis says how many there were. */
  limit: z.number().int().min(1).max(statementRowsMax).default(statementRowsDefault),
  /** Name of a data cut to read instead of the newest snapshot. */
  cut: cutName.optional(),
  parameters: statementParameters.default({}),
  /** `rows`: masked rows; `counts`: figures of groups of people, suppressed and rounded. Left out: the most that the caller may. */
  level: queryLevel.optional(),
})
export type StatementRequest = z.input<typeof statementRequest>

/** None, `1–10`, or a number of people rounded to 5. */
export const changedPeople = z.union([z.literal('0'), z.literal('1–10'), z.number().int()])
export type ChangedPeople = z.infer<typeof changedPeople>

/** What a result rests on: shown beside every number. */
export const queryBasis = z.object({
  /** Rows delivered. */
  rows: z.number().int(),
  /** Rows the statement has in all; null when counting stopped at a limit. */
  totalRows: z.number().int().nullable(),
  truncated: z.boolean(),
  /** Different people in the delivered rows, when the result carries a patient_key; else null. */
  people: z.number().int().nullable(),
  /** ISO time of the reservoir state the statement read from its first to its last row. */
  snapshot: z.string(),
  maskingPolicy: z.string(),
  consentEpoch: z.number().int(),
  /** The data cut that was read, to be cited with the result; without it the newest snapshot. */
  cut: z.string().optional(),
  /** `frozen`: a data cut, which later decisions do not change but for people who are left out. `current`: every consent decision up to the epoch is in the rows. `updating`: later ones are on their way; withdrawn people are left out already. */
  consentState: z.enum(['current', 'updating', 'frozen']),
  /** Of rows: the study's consent epoch when they were read; whoever withdrew up to it is left out. */
  withheldEpoch: z.number().int().optional(),
  elapsedMs: z.number(),
  /** Files whose rows have a patient_key of whom there are no rows (any more), or none: such rows are left out. */
  leftOut: z.array(z.object({ file: z.string(), rows: z.enum(['1–10', 'more than 10']) })).optional(),
  /** What it read that no snapshot and no data cut holds (saved cohorts, code lists, views of the study's own, uploaded files), by a hash of what each said. */
  reads: z.array(z.object({ name: z.string(), version: z.string() })).optional(),
  /** Left out: `rows`. */
  level: queryLevel.optional(),
  /** Of counts only: how many cells are hidden. */
  suppressed: z.number().int().optional(),
  /** Of counts only: the smallest group that is told, and to multiples of what counts are rounded. */
  threshold: z.number().int().optional(),
  rounding: z.number().int().optional(),
  /** Of counts only: how many people left the study’s data since the cut-over that the figures rest on, never told exactly. */
  changedPeople: changedPeople.optional(),
})
export type QueryBasis = z.infer<typeof queryBasis>

/** Row, column and why: `primary`, shown as `<11`, is of few people; `secondary`, shown as `hidden`, would tell of few and says nothing of its size. */
export const suppressedCell = z.tuple([z.number().int(), z.number().int(), z.enum(['primary', 'secondary'])])
export type SuppressedCell = z.infer<typeof suppressedCell>
/** Where they stand in an Arrow schema's metadata. */
export const suppressedKey = 'aquifer.suppressed'

export const resultColumn = z.object({ name: z.string(), type: z.string() })
export type ResultColumn = z.infer<typeof resultColumn>

/** The answer to `Accept: application/json`: rows in the order of columns; 64-bit and decimal values beyond 2^53 are strings. */
export const statementRows = z.object({
  statement: z.string(),
  basis: queryBasis,
  columns: z.array(resultColumn),
  rows: z.array(z.array(z.unknown())),
  /** Of counts only: cells that are hidden, by row and column; null stands in them. In Arrow the same as JSON in the schema’s metadata. */
  suppressed: z.array(suppressedCell).optional(),
})
export type StatementRows = z.infer<typeof statementRows>

/** Why a statement did not run. A problem document (RFC 9457) without any value of the data. */
export const queryProblem = z.object({
  type: z.string().optional(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  code: z.string().optional(),
  /** Offset in characters of the fault in the SQL, when the engine knows it. */
  position: z.number().int().optional(),
  /** A name the caller may have meant. */
  suggestion: z.string().optional(),
})
export type QueryProblem = z.infer<typeof queryProblem>

export const staleCause = z.object({ cause: z.enum(['data', 'policy', 'consent', 'cut', 'definition']), detail: z.string() })

export const statementState = z.enum(['queued', 'running', 'done', 'failed', 'cancelled'])
export type StatementState = z.infer<typeof statementState>

export const statementStatus = z.object({
  id: z.string(),
  study: z.string(),
  state: statementState,
  /** 0 to 1; null while the engine cannot tell. */
  progress: z.number().nullable(),
  elapsedMs: z.number(),
  submittedAt: z.string(),
  /** While it waits: how many come before it, and it; engines take turns between callers. */
  queuePlace: z.number().int().optional(),
  /** Until when its rows are kept. */
  keptUntil: z.string().optional(),
  basis: queryBasis.optional(),
  problem: queryProblem.optional(),
  /** Why the result is not what the statement would answer now; empty: it is. Of ended statements. */
  stale: z.array(staleCause).optional(),
})
export type StatementStatus = z.infer<typeof statementStatus>

/** Where each column of a result comes from: tables, elements of FHIR, and what masking did to them. */
export const statementLineage = z.object({
  statement: z.string(),
  study: z.string(),
  sql: z.string(),
  basis: queryBasis.optional(),
  columns: z.array(
    z.object({
      name: z.string(),
      from: z.array(
        z.object({
          table: z.string(),
          column: z.string(),
          /** Elements it is read from, as they are written in JSON. */
          paths: z.array(z.string()),
          /** The rule that decided, in the catalogue's words. */
          masking: z.string(),
        }),
      ),
    }),
  ),
  /** Columns that decide which rows there are: of WHERE, joins and groups. */
  filteredBy: z.array(z.object({ table: z.string(), column: z.string() })),
})
export type StatementLineage = z.infer<typeof statementLineage>

export const statementHistoryRow = z.object({
  id: z.string(),
  study: z.string(),
  sql: z.string(),
  purpose: z.string(),
  state: statementState,
  submittedAt: z.string(),
  elapsedMs: z.number().nullable(),
  rows: z.number().int().nullable(),
  /** Null: there was no answer. */
  level: queryLevel.nullable(),
  snapshot: z.string().nullable(),
  problem: z.string().nullable(),
  parameters: statementParameters,
  cut: z.string().nullable(),
  pinned: z.boolean(),
  /** Until then its rows can be opened; null: they are not kept, or not any more. */
  keptUntil: z.string().nullable(),
})
export const statementPin = z.object({ pinned: z.boolean() })
export type StatementHistoryRow = z.infer<typeof statementHistoryRow>
export const statementHistory = z.object({ rows: z.array(statementHistoryRow) })
export type StatementHistory = z.infer<typeof statementHistory>

export const catalogueColumn = z.object({
  name: z.string(),
  /** DuckDB type as the engine writes it. */
  type: z.string(),
  /** How the column came through masking, in words. */
  masking: z.string(),
  description: z.string(),
  /** Elements it is read from, as they are written in JSON. */
  from: z.array(z.string()).optional(),
})
export type CatalogueColumn = z.infer<typeof catalogueColumn>
export const catalogueTable = z.object({
  name: z.string(),
  kind: z.enum(['flat', 'nested', 'file']),
  /** Living rows; null for flat tables whose rows are not the resources of their type. */
  rows: z.number().int().nullable(),
  description: z.string(),
  /** Of what changes under its name: a hash of what it says, as in a result's basis. */
  version: z.string().optional(),
  columns: z.array(catalogueColumn),
})
export type CatalogueTable = z.infer<typeof catalogueTable>
export const catalogue = z.object({
  study: z.string(),
  /** null: nothing has been published yet. */
  snapshot: z.string().nullable(),
  maskingPolicy: z.string(),
  /** Consent epoch of the snapshot: a result with a lower one is stale. */
  consentEpoch: z.number().int().optional(),
  people: z.number().int(),
  resources: z.number().int(),
  tables: z.array(catalogueTable),
})
export type Catalogue = z.infer<typeof catalogue>
