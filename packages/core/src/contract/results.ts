import { z } from 'zod'
import { queryBasis, queryLevel, sqlCharactersMax, statementRows, suppressedCell } from './query.js'

/** Results that are kept on the server, and files of them to take away. */

export const windowRowsDefault = 1_000
export const filterMax = 20

export const resultFilter = z
  .object({
    column: z.string().max(1_000),
    op: z.enum(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'contains', 'null', 'not-null']),
    value: z.string().max(10_000).optional(),
  })
  .refine(
    ({ op, value }) => (op === 'null' || op === 'not-null') === (value === undefined),
    'null and not-null have no value, all others one',
  )
export type ResultFilter = z.infer<typeof resultFilter>
/** The parameter `filter` of a window: JSON; a row has to meet all of them. */
export const resultFilters = z.array(resultFilter).max(filterMax)

/** Some rows of a kept result. */
export const resultWindow = statementRows.extend({
  offset: z.number().int(),
  matching: z.number().int().describe('rows of the kept result that the filters leave'),
})
export type ResultWindow = z.infer<typeof resultWindow>
/** Header of a window in Arrow: offset and matching, as JSON. */
export const windowHeader = 'x-aquifer-window'

export const downloadFormats = ['arrow', 'csv', 'json', 'parquet', 'xlsx'] as const
export const downloadRequest = z.object({ statement: z.string().min(1).max(64), format: z.enum(downloadFormats) })
export type DownloadRequest = z.infer<typeof downloadRequest>
export type DownloadFormat = DownloadRequest['format']

/** A whole answer, kept or not, has no more rows for who may not release results: what a screen shows, not a file of the data. */
export const screenRowsMax = 1_000
export const releaseForms = ['csv', 'html', 'pdf', 'print', 'svg', 'png'] as const
/** A file that the caller's program is about to write of results: recorded first. */
export const releaseNotice = z.object({
  study: z.string().min(1).max(32),
  form: z.enum(releaseForms),
  statements: z.array(z.string().min(1).max(64)).max(200).describe('of the caller, whose results are in it'),
  rows: z.number().int().min(0).max(1_000_000_000).describe('rows of results in it; 0: figures and drawings only'),
})
export type ReleaseNotice = z.infer<typeof releaseNotice>

export const downloadFile = z.object({
  name: z.string(),
  type: z.string(),
  bytes: z.number().int(),
  sha256: z.string(),
  rows: z.number().int(),
})
export const downloadManifest = z
  .object({
    download: z.string(),
    statement: z.string(),
    study: z.string(),
    sql: z.string(),
    parameters: z.record(z.string(), z.unknown()),
    purpose: z.string(),
    basis: queryBasis.describe('what the rows rest on: snapshot or data cut, masking policy, consent as of'),
    requestedBy: z.string(),
    requestedAt: z.iso.datetime(),
    writtenAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    rowsBefore: z.number().int().describe('counted before the file was written'),
    rowsAfter: z.number().int().describe('counted in the file'),
    file: downloadFile,
    suppressed: z
      .array(suppressedCell)
      .optional()
      .describe('of counts only: cells of the file that are empty because they are hidden; columns named …_status say so, too'),
    codebook: z.object({ name: z.string(), sha256: z.string() }),
  })
  .meta({ id: 'DownloadManifest' })
export type DownloadManifest = z.infer<typeof downloadManifest>

export const downloadCodebook = z
  .object({
    statement: z.string(),
    columns: z.array(
      z.object({
        name: z.string(),
        type: z.string(),
        /** Columns of tables that it can be from; empty for what is computed from nothing of a table. */
        from: z.array(z.object({ table: z.string(), column: z.string(), paths: z.array(z.string()), masking: z.string() })),
        meaning: z.string().optional().describe('of a column that the platform added: what its values say'),
      }),
    ),
  })
  .meta({ id: 'DownloadCodebook' })
export type DownloadCodebook = z.infer<typeof downloadCodebook>

export const downloadView = z.object({
  id: z.string(),
  study: z.string().nullable(),
  statement: z.string(),
  format: z.enum(downloadFormats),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled', 'gone']),
  progress: z.number().nullable(),
  requestedBy: z.string(),
  requestedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  level: queryLevel
    .nullable()
    .describe('of the result; null: no file yet, or no more. Who gets counts only is told nothing of a file of rows'),
  file: downloadFile.nullable(),
  problem: z.string().nullable(),
})
export type DownloadView = z.infer<typeof downloadView>
export const downloadList = z.object({ downloads: z.array(downloadView) }).meta({ id: 'DownloadList' })
export type DownloadList = z.infer<typeof downloadList>

export const completionsRequest = z.object({
  study: z.string().min(1).max(32),
  sql: z.string().max(sqlCharactersMax),
  position: z.number().int().min(0).max(sqlCharactersMax).describe('characters before the place'),
  parameters: z.array(z.string().max(64)).max(100).default([]),
})
export type CompletionsRequest = z.infer<typeof completionsRequest>
export const completions = z
  .object({
    from: z.number().int().describe('the place from which a completion replaces what is written'),
    completions: z.array(
      z.object({
        text: z.string(),
        kind: z.enum(['keyword', 'table', 'column', 'function', 'alias', 'cte', 'parameter', 'value']),
        detail: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'Completions' })
export type Completions = z.infer<typeof completions>

const change = z.object({ from: z.unknown(), to: z.unknown() })
export const statementDiff = z
  .object({
    from: z.string(),
    to: z.string(),
    sql: z.array(z.object({ is: z.enum(['same', 'removed', 'added']), text: z.string() })).describe('lines of the two texts, in order'),
    parameters: z.record(z.string(), change).describe('parameters whose type or value differ'),
    basis: z.record(z.string(), change).describe('what the rows rest on, where it differs'),
    rows: z.object({ from: z.number().int().nullable(), to: z.number().int().nullable(), difference: z.number().int().nullable() }),
  })
  .meta({ id: 'StatementDiff' })
export type StatementDiff = z.infer<typeof statementDiff>
