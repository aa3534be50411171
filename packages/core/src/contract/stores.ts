import { z } from 'zod'
import { jobView } from './jobs.js'
import { replayRequest } from './pipeline.js'
import type { Endpoint } from './endpoints.js'

export const storesRequest = z
  .strictObject({
    study: z.string().optional(),
    quick: z.boolean().optional().describe('repository and lake only: nothing is masked anew'),
  })
  .meta({ id: 'StoresVerification', description: 'Compares what the stores hold' })
export type StoresRequest = z.infer<typeof storesRequest>

const held = z.object({ rows: z.number().int(), hash: z.string().describe('of all rows, whatever their order') })

export const storesType = z.object({
  type: z.string(),
  current: z.number().int().describe('living resources of the study and profiles of its people, when it was asked'),
  repository: held.describe('versions up to the watermark'),
  lake: held.describe('versions up to the watermark'),
  reservoir: held.nullable().describe('living masked rows; null where they were not compared'),
  remade: held.nullable().describe('the same, masked anew from the lake'),
})
export const storesDifference = z.object({
  store: z
    .enum(['repository', 'lake', 'bucket', 'reservoir', 'published', 'files', 'cuts'])
    .describe('the one that differs from those before it, or whose files are not as they came'),
  type: z.string(),
  resource: z
    .string()
    .describe(
      'surrogate number in the repository, place in the lake, masked id, partition of what is published, id of a file, or name of a data cut and its file',
    ),
  version: z.number().int(),
  what: z.enum(['missing', 'not-expected', 'content', 'not-current', 'unreadable']),
})
export type StoresDifference = z.infer<typeof storesDifference>
export const storesStudy = z.object({
  study: z.string(),
  equal: z.boolean(),
  watermark: z.string().describe('place in the feed up to which was compared'),
  snapshot: z.iso.datetime().nullable(),
  notCompared: z.string().nullable().describe('why masked rows were not compared'),
  compared: z
    .object({ from: z.enum(['folder', 'bucket']), files: z.number().int(), bytes: z.number().int() })
    .nullable()
    .describe('the files of masked rows that were looked through, and where they were read; null where none were'),
  published: z
    .object({
      generation: z.number().int(),
      snapshot: z.iso.datetime(),
      files: z.number().int(),
      bytes: z.number().int(),
      not: z.string().nullable(),
    })
    .optional()
    .describe('the newest generation for readers outside, compared with the snapshot it is of; `not` says why its rows were not'),
  types: z.array(storesType),
  kept: z
    .array(z.object({ store: z.enum(['files', 'cuts']), files: z.number().int(), bytes: z.number().int() }))
    .optional()
    .describe('files as they came, and files of data cuts: each was read, and compared with the hash that was taken when it came'),
  found: z.number().int(),
  differences: z.array(storesDifference).describe('the first of them'),
})
export type StoresStudy = z.infer<typeof storesStudy>
export const storesReport = z
  .object({ equal: z.boolean(), at: z.iso.datetime(), elapsedMs: z.number(), studies: z.array(storesStudy) })
  .meta({ id: 'StoresReport' })
export type StoresReport = z.infer<typeof storesReport>

export const replayReport = z
  .object({
    from: z.enum(['lake', 'repository']),
    elapsedMs: z.number(),
    studies: z.array(z.object({ study: z.string(), rows: z.number().int().describe('versions in the lake') })),
  })
  .meta({ id: 'PipelineReplayed' })
export type ReplayReport = z.infer<typeof replayReport>

export const storeEndpoints = {
  verifyStores: {
    method: 'POST',
    path: '/pipeline/api/v1/verifications',
    system: 'pipeline',
    summary: 'A job that compares repository, lake and reservoir, resource by resource',
    body: storesRequest,
    answer: jobView,
  },
  replay: {
    method: 'POST',
    path: '/pipeline/api/v1/replays',
    system: 'pipeline',
    summary: 'A job that rebuilds the stores downstream of the one named, beside what is shown',
    body: replayRequest,
    answer: jobView,
  },
} as const satisfies Record<string, Endpoint>
