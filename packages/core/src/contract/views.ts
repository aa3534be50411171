import { z } from 'zod'
import type { Endpoint } from './endpoints.js'
import { catalogueColumn } from './query.js'

/** Views of a study: flat tables by SQL on FHIR v2 ViewDefinitions, shipped or its own. */

export const viewCharactersMax = 200_000

export const tableViewRequest = z
  .strictObject({
    study: z.string().min(1).max(32),
    view: z
      .record(z.string(), z.unknown())
      .refine((view) => JSON.stringify(view).length <= viewCharactersMax, `at most ${viewCharactersMax} characters`)
      .refine((view) => !JSON.stringify(view).includes('\\u0000'), 'no NUL')
      .describe('a SQL on FHIR v2 ViewDefinition; its name is the table’s'),
    check: z.boolean().optional().describe('only says what it would be; nothing is stored'),
  })
  .meta({ id: 'TableViewRequest' })
export type TableViewRequest = z.infer<typeof tableViewRequest>

const tableViewSummary = z.object({
  name: z.string(),
  type: z.string().describe('resource type of its rows'),
  title: z.string(),
  kind: z.enum(['shipped', 'own']),
  version: z.number().int().nullable().describe('null for shipped views and for one that was only checked'),
  by: z.string().nullable(),
  at: z.iso.datetime().nullable(),
})
export const tableViewList = z.object({ study: z.string(), views: z.array(tableViewSummary) }).meta({ id: 'TableViewList' })
export type TableViewList = z.infer<typeof tableViewList>
export const tableView = tableViewSummary
  .extend({
    study: z.string(),
    columns: z.array(catalogueColumn),
    document: z.record(z.string(), z.unknown()).describe('the ViewDefinition'),
    versions: z.array(z.object({ version: z.number().int(), by: z.string(), at: z.iso.datetime(), ended: z.boolean() })),
  })
  .meta({ id: 'TableView' })
export type TableView = z.infer<typeof tableView>

const system = 'query'
export const viewEndpoints = {
  views: { method: 'GET', path: '/query/api/v1/views', system, summary: 'Views of a study', query: ['study'], answer: tableViewList },
  addView: {
    method: 'POST',
    path: '/query/api/v1/views',
    system,
    summary: 'Add a view, or a further version of one: a flat table of the study from the next statement on',
    body: tableViewRequest,
    answer: tableView,
  },
  view: {
    method: 'GET',
    path: '/query/api/v1/views/{name}',
    system,
    summary: 'One view, its columns and versions',
    query: ['study'],
    answer: tableView,
  },
  removeView: {
    method: 'DELETE',
    path: '/query/api/v1/views/{name}',
    system,
    summary: 'End a view of the study’s own: its table goes from statements at once and from the next generation',
    query: ['study'],
    status: 204,
  },
} as const satisfies Record<string, Endpoint>
