import { z } from 'zod'
import { cutName } from './cuts.js'
import type { Endpoint } from './endpoints.js'
import { jobView } from './jobs.js'
import { statementParameters } from './parameters.js'
import { sqlCharactersMax } from './query.js'

/** Statements that are kept under a title and may run by themselves, each run with a report of what changed. */

const storable = (text: string): boolean => !text.includes('\0')
export const savedQueryDraft = z.object({
  study: z.string().min(1).max(32),
  title: z.string().min(1).max(200).refine(storable, 'no NUL'),
  sql: z.string().min(1).max(sqlCharactersMax).refine(storable, 'no NUL'),
  parameters: statementParameters.default({}),
  purpose: z.string().min(1).max(200).refine(storable, 'no NUL').default('analysis'),
  cut: cutName.optional(),
  every: z
    .string()
    .regex(/^\d{1,3}[hd]$/)
    .optional()
    .describe('how often it runs by itself, 1h to 90d; without it only when asked'),
  mail: z
    .boolean()
    .default(false)
    .describe('whether its owner is told by mail when the result changed; the mail says that, and nothing of it'),
})
export type SavedQueryDraft = z.output<typeof savedQueryDraft>

/** What a run found beside the one before, in bands: reports lie with jobs, which more people see than rows. */
export const savedQueryReport = z
  .object({
    saved: z.string(),
    at: z.iso.datetime(),
    statement: z.string().describe('whose rows are kept'),
    previous: z.string().nullable(),
    changed: z.boolean(),
    rows: z.string().describe('rows more or fewer than before, as a band: 0, 1–10, 11–20; of fewer −(1–10)'),
    added: z.string().nullable().describe('rows that were not there, as a band; null where the two cannot be compared'),
    removed: z.string().nullable(),
    basis: z.record(z.string(), z.object({ from: z.unknown(), to: z.unknown() })),
  })
  .meta({ id: 'SavedQueryReport' })
export type SavedQueryReport = z.infer<typeof savedQueryReport>

export const savedQueryView = z
  .object({
    id: z.string(),
    study: z.string(),
    title: z.string(),
    sql: z.string(),
    parameters: statementParameters,
    purpose: z.string(),
    cut: z.string().nullable(),
    every: z.string().nullable(),
    nextAt: z.iso.datetime().nullable(),
    mail: z.boolean(),
    createdAt: z.iso.datetime(),
    last: savedQueryReport.nullable(),
  })
  .meta({ id: 'SavedQuery' })
export type SavedQueryView = z.infer<typeof savedQueryView>
export const savedQueryList = z.object({ queries: z.array(savedQueryView) }).meta({ id: 'SavedQueryList' })

const system = 'query'
const base = '/query/api/v1/saved-queries'
export const savedQueryEndpoints = {
  savedQueries: { method: 'GET', path: base, system, summary: 'Saved queries of the caller', query: ['study'], answer: savedQueryList },
  saveQuery: {
    method: 'POST',
    path: base,
    system,
    summary: 'Save a query, and have it run by itself',
    body: savedQueryDraft,
    answer: savedQueryView,
    status: 201,
  },
  savedQuery: {
    method: 'GET',
    path: `${base}/{id}`,
    system,
    summary: 'A saved query and what its newest run found',
    answer: savedQueryView,
  },
  removeSavedQuery: { method: 'DELETE', path: `${base}/{id}`, system, summary: 'Forget a saved query', status: 204 },
  runSavedQuery: {
    method: 'POST',
    path: `${base}/{id}/runs`,
    system,
    summary: 'Run a saved query now; the job’s result is the report',
    answer: jobView,
    status: 202,
  },
} as const satisfies Record<string, Endpoint>
