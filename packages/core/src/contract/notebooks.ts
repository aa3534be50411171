import { z } from 'zod'
import { cohortCriteria, cohortName } from './cohorts.js'
import { cutName } from './cuts.js'
import { statisticsKinds } from './statistics.js'

/** Notebooks of /query/api/v1: cells, versions. Results are not part of them. */

export const notebookCellsMax = 500
export const cellSourceMax = 100_000
export const choicesMax = 200
export const codesMax = 2000

// The database stores every character but this one.
const storable = (text: string): boolean => !text.includes('\0')

export const chartType = z.enum(['bar', 'line', 'area', 'scatter', 'histogram', 'box', 'heatmap', 'survival'])
export type ChartType = z.infer<typeof chartType>

const columnName = z.string().max(128)
export const notebookChart = z.object({
  type: chartType,
  /** Name of the cell whose rows are drawn. */
  of: z.string().max(64),
  /** Across. Histogram: the column that is counted; box: the groups; survival: the time. */
  x: columnName,
  /** Upwards. Heat map: the value of a field, the number of rows without one; survival: the share that is left. */
  y: z.array(columnName).max(8),
  /** One series per value; of a heat map the vertical axis. */
  series: columnName.optional(),
  /** Survival: edges of the band, and how many are at risk. */
  lower: columnName.optional(),
  upper: columnName.optional(),
  atRisk: columnName.optional(),
  /** Histogram: about how many bins. */
  bins: z.number().int().min(2).max(100).optional(),
  /** Stands above the chart and in its files. */
  caption: z.string().max(300).optional(),
})
export type NotebookChart = z.infer<typeof notebookChart>

const shortText = z.string().max(500).refine(storable, 'no NUL')
/** Typed, and bound under the cell's name: `where onset_at <= $as_of`. */
export const notebookParameter = z.discriminatedUnion('type', [
  z.object({ type: z.literal('date'), value: z.iso.date().nullable() }),
  z.object({ type: z.literal('number'), value: z.number().nullable() }),
  z.object({ type: z.literal('text'), value: shortText }),
  z.object({ type: z.literal('choice'), value: shortText, choices: z.array(shortText).max(choicesMax) }),
  z.object({ type: z.literal('codes'), value: z.array(shortText).max(codesMax) }),
])
export type NotebookParameter = z.infer<typeof notebookParameter>

/** A figure over the rows of a result: what the form of its kind holds. */
export const notebookStatistics = z.object({
  kind: z.enum(statisticsKinds),
  of: z.string().max(64),
  variables: z.array(columnName).max(60).default([]),
  group: columnName.optional(),
  time: columnName.optional(),
  event: columnName.optional(),
  start: columnName.optional(),
  days: columnName.optional(),
  end: columnName.optional(),
  from: z.iso.date().optional(),
  until: z.iso.date().optional(),
  unit: z.enum(['days', 'months', 'years']).optional(),
  per: z.number().positive().optional(),
  suppress: z.boolean().optional(),
})
export type NotebookStatistics = z.infer<typeof notebookStatistics>

/** Who is in, as criteria; under a name it is a saved cohort. */
export const notebookCohort = z.object({ criteria: cohortCriteria, saved: cohortName.optional(), version: z.number().int().optional() })
export type NotebookCohort = z.infer<typeof notebookCohort>

export const notebookCell = z.object({
  id: z.string().min(1).max(64),
  kind: z.enum(['sql', 'markdown', 'chart', 'parameter', 'statistics', 'cohort']),
  name: z.string().max(64).refine(storable, 'no NUL'),
  source: z.string().max(cellSourceMax).refine(storable, 'no NUL'),
  chart: notebookChart.optional(),
  parameter: notebookParameter.optional(),
  statistics: notebookStatistics.optional(),
  cohort: notebookCohort.optional(),
})
export type NotebookCell = z.infer<typeof notebookCell>

export const notebookDraft = z.object({
  study: z.string().min(1).max(32),
  title: z.string().min(1).max(200).refine(storable, 'no NUL'),
  /** The data cut that its cells read; null: the living data. */
  cut: cutName.nullable().default(null),
  cells: z.array(notebookCell).max(notebookCellsMax).default([]),
})
export type NotebookDraft = z.input<typeof notebookDraft>
/** A save names the version it was made from; 409 when somebody saved meanwhile. */
export const notebookSave = notebookDraft.omit({ study: true }).extend({ version: z.number().int().min(1) })
export type NotebookSave = z.input<typeof notebookSave>
export const notebook = z.object({
  id: z.string(),
  study: z.string(),
  title: z.string(),
  version: z.number().int(),
  updatedAt: z.string(),
  cut: z.string().nullable(),
  cells: z.array(notebookCell),
})
export type Notebook = z.infer<typeof notebook>
export const notebookSummary = notebook.omit({ cells: true })
export type NotebookSummary = z.infer<typeof notebookSummary>
export const notebookList = z.object({ notebooks: z.array(notebookSummary) })
export type NotebookList = z.infer<typeof notebookList>

/** Every save is a version. */
export const notebookVersion = z.object({
  version: z.number().int(),
  title: z.string(),
  by: z.string(),
  at: z.string(),
  cells: z.number().int().describe('how many'),
})
export type NotebookVersion = z.infer<typeof notebookVersion>
export const notebookVersions = z.object({ versions: z.array(notebookVersion).describe('newest first') })
export type NotebookVersions = z.infer<typeof notebookVersions>
