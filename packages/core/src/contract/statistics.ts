import { z } from 'zod'
import { cutName } from './cuts.js'
import type { Endpoint } from './endpoints.js'
import { statementParameters } from './parameters.js'
import { queryBasis, sqlCharactersMax } from './query.js'

/** Statistics over the rows of a statement: POST /query/api/v1/statistics. Formulas and sources: docs/statistics.md. */

export const statisticsKinds = ['table-one', 'survival', 'incidence', 'missing', 'adherence'] as const
export type StatisticsKind = (typeof statisticsKinds)[number]
export const statisticsRowsMax = 1_000_000
export const statisticsGroupsMax = 12
export const statisticsVariablesMax = 60

const storable = (text: string): boolean => !text.includes('\0')
const column = z.string().min(1).max(128).describe('a column of the statement’s result')
const day = z.iso.date()
const level = z.number().gt(0.5).lt(1).default(0.95).describe('of the confidence interval')

const asked = {
  study: z.string().min(1).max(32),
  sql: z
    .string()
    .min(1)
    .max(sqlCharactersMax)
    .refine(storable, 'no NUL')
    .describe('SELECT with one row a person (adherence: one row a supply) and the column patient_key'),
  purpose: z.string().min(1).max(200).refine(storable, 'no NUL').default('analysis'),
  cut: cutName.optional(),
  parameters: statementParameters.optional(),
  suppress: z
    .boolean()
    .default(false)
    .describe('tell only what may leave the house: small counts as marks, figures of small groups left out. Callers of counts only always'),
}
export const tableOneRequest = z.strictObject({
  kind: z.literal('table-one'),
  ...asked,
  by: column.optional().describe('column of the groups that are compared'),
  variables: z
    .array(z.strictObject({ column, as: z.enum(['continuous', 'categorical']).optional().describe('numbers are continuous unless said') }))
    .min(1)
    .max(statisticsVariablesMax),
})
export const survivalRequest = z.strictObject({
  kind: z.literal('survival'),
  ...asked,
  time: column.describe('time to the event or to the end of follow-up, 0 or more'),
  event: column.describe('true or 1 where the event came, false or 0 where follow-up ended without'),
  group: column.optional(),
  unit: z.enum(['days', 'months', 'years']).default('days').describe('of the time column; goes into titles'),
  level,
  times: z.array(z.number().min(0)).max(50).optional().describe('of the at-risk table; evenly spaced unless said'),
})
export const incidenceRequest = z.strictObject({
  kind: z.literal('incidence'),
  ...asked,
  time: column.describe('time at risk of each person'),
  events: column.describe('number of events of each person'),
  group: column.optional(),
  unit: z.enum(['days', 'months', 'years']).default('years').describe('of the time column'),
  per: z.number().positive().default(1000).describe('rates are told per so much person-time'),
  level,
})
export const missingRequest = z.strictObject({
  kind: z.literal('missing'),
  ...asked,
  variables: z.array(column).max(statisticsVariablesMax).optional().describe('all but patient_key unless said'),
})
export const adherenceRequest = z.strictObject({
  kind: z.literal('adherence'),
  ...asked,
  start: column.describe('date of the supply'),
  days: column.describe('days of supply'),
  group: column.optional().describe('such as the medication; supplies of one group cover each other’s days'),
  until: day.describe('the period of observation ends with this day'),
  from: day.optional().describe('the period begins here; without it with each person’s first supply'),
  end: column
    .optional()
    .describe('the last day of the person where that is before until: of death, of leaving; without it everybody is observed to until'),
  threshold: z.number().gt(0).max(1).default(0.8).describe('people with at least this PDC are adherent'),
})
export const statisticsRequest = z.discriminatedUnion('kind', [
  tableOneRequest,
  survivalRequest,
  incidenceRequest,
  missingRequest,
  adherenceRequest,
])
export type StatisticsRequest = z.input<typeof statisticsRequest>
export type ReadStatisticsRequest = z.output<typeof statisticsRequest>

/** A count as it may be told: the number, or a mark: `<11` for a small one, another, which says nothing of its size, for one that would tell such a one. */
export const toldCount = z.union([z.number(), z.string()])
export type ToldCount = z.infer<typeof toldCount>
const figure = z.number().nullable()

/** null: there is none, or it may not be told. */
export const summaryFigures = z.object({
  n: toldCount.describe('with a value'),
  missing: toldCount,
  mean: figure,
  sd: figure,
  median: figure,
  q1: figure,
  q3: figure,
})
export type SummaryFigures = z.infer<typeof summaryFigures>
const statisticsGroup = z.object({ name: z.string().nullable().describe('null: no value'), people: toldCount })
const standardized = {
  smd: figure.describe('standardized difference; of more than two groups the mean of all pairs; null without groups'),
  pairs: z.array(z.object({ groups: z.tuple([z.string().nullable(), z.string().nullable()]), smd: figure })),
}
export const tableOneVariable = z.discriminatedUnion('as', [
  z.object({
    as: z.literal('continuous'),
    column: z.string(),
    overall: summaryFigures,
    groups: z.array(summaryFigures),
    ...standardized,
  }),
  z.object({
    as: z.literal('categorical'),
    column: z.string(),
    levels: z.array(
      z.object({
        value: z.string().nullable().describe('null: missing'),
        name: z.string().optional().describe('of a code: what the column of its texts says, code_text beside code'),
        overall: z.object({ n: toldCount, share: figure }),
        groups: z.array(z.object({ n: toldCount, share: figure })),
      }),
    ),
    ...standardized,
  }),
])
export type TableOneVariable = z.infer<typeof tableOneVariable>

const told = {
  /** Of the statement that gave the rows: its state, lineage and history are under this id. */
  statement: z.string(),
  basis: queryBasis,
  suppressed: z.number().int().describe('counts that are told as marks'),
  rule: z.enum(['none', 'small-cells']).describe('whether figures were suppressed and rounded'),
  notes: z.array(z.string()).describe('sentences that belong under the figure'),
  lineage: z.object({
    columns: z.array(z.object({ column: z.string(), type: z.string(), as: z.string() })),
    method: z.array(z.string()).describe('what was computed and how, with its source'),
    policy: z.string().nullable().describe('the small-cell rule in words'),
  }),
}
export const tableOneAnswer = z.object({
  kind: z.literal('table-one'),
  ...told,
  people: toldCount,
  groups: z.array(statisticsGroup),
  variables: z.array(tableOneVariable),
})
export type TableOneAnswer = z.infer<typeof tableOneAnswer>

/** One step: from this time on. */
export const survivalStep = z.object({
  time: z.number(),
  survival: z.number(),
  low: figure,
  high: figure,
})
export type SurvivalStep = z.infer<typeof survivalStep>
export const survivalGroup = z.object({
  name: z.string().nullable(),
  people: toldCount,
  events: toldCount,
  median: z.object({ value: figure, low: figure, high: figure }).describe('null: not reached, or not told'),
  drawn: z.array(survivalStep).describe('the curve to draw: from rounded cumulative events, cut where few are left; begins at 0 with 1'),
  ends: z.object({
    time: z.number().describe('where the drawn curve ends'),
    because: z.enum(['end', 'few-at-risk', 'rounding']),
  }),
  exact: z
    .array(
      survivalStep.extend({
        atRisk: z.number().int(),
        events: z.number().int(),
        censored: z.number().int().describe('after this step and before the next'),
        error: figure.describe('standard error by Greenwood'),
      }),
    )
    .nullable()
    .describe('every step as computed; null where small cells are suppressed: a step is one person’s'),
})
export type SurvivalGroup = z.infer<typeof survivalGroup>
export const survivalAnswer = z.object({
  kind: z.literal('survival'),
  ...told,
  unit: z.enum(['days', 'months', 'years']),
  level: z.number(),
  groups: z.array(survivalGroup),
  atRisk: z.object({ times: z.array(z.number()), counts: z.array(z.array(toldCount)).describe('by group, then time') }),
  logRank: z.object({ statistic: z.number(), df: z.number().int(), p: z.number() }).nullable(),
})
export type SurvivalAnswer = z.infer<typeof survivalAnswer>

export const incidenceAnswer = z.object({
  kind: z.literal('incidence'),
  ...told,
  unit: z.enum(['days', 'months', 'years']),
  per: z.number(),
  level: z.number(),
  groups: z.array(
    z.object({
      name: z.string().nullable(),
      people: toldCount,
      events: toldCount,
      time: figure,
      rate: figure,
      low: figure,
      high: figure,
    }),
  ),
})
export type IncidenceAnswer = z.infer<typeof incidenceAnswer>

export const missingAnswer = z.object({
  kind: z.literal('missing'),
  ...told,
  people: toldCount,
  complete: toldCount.describe('people with a value in every variable'),
  variables: z.array(z.object({ column: z.string(), missing: toldCount, share: figure })),
  patterns: z
    .array(z.object({ missing: z.array(z.string()), people: toldCount, share: figure }))
    .describe('which variables are missing together; the most frequent first'),
  patternsLeftOut: z.number().int(),
})
export type MissingAnswer = z.infer<typeof missingAnswer>

export const adherenceAnswer = z.object({
  kind: z.literal('adherence'),
  ...told,
  threshold: z.number(),
  groups: z.array(
    z.object({
      name: z.string().nullable(),
      people: toldCount,
      supplies: toldCount,
      pdc: summaryFigures.describe('proportion of days covered, 0 to 1'),
      mpr: summaryFigures.describe('medication possession ratio, 0 and up'),
      adherent: z.object({ n: toldCount, share: figure }),
      bins: z.array(z.object({ from: z.number(), to: z.number(), people: toldCount })).describe('histogram of PDC'),
    }),
  ),
})
export type AdherenceAnswer = z.infer<typeof adherenceAnswer>

export const statisticsAnswer = z
  .discriminatedUnion('kind', [tableOneAnswer, survivalAnswer, incidenceAnswer, missingAnswer, adherenceAnswer])
  .meta({ id: 'Statistics' })
export type StatisticsAnswer = z.infer<typeof statisticsAnswer>

export const statisticsEndpoints = {
  statistics: {
    method: 'POST',
    path: '/query/api/v1/statistics',
    system: 'query',
    summary: 'Table 1, survival, incidence, missing data or adherence over the rows of a statement',
    body: statisticsRequest,
    answer: statisticsAnswer,
  },
} as const satisfies Record<string, Endpoint>
