import { z } from 'zod'
import { outputFormats } from '../study/index.js'

export const stageNames = ['ingest', 'consent', 'repository', 'replicator', 'lake', 'masking', 'reservoir', 'query'] as const
export type StageName = (typeof stageNames)[number]

export const stageView = z.object({
  stage: z.enum(stageNames),
  zone: z.enum(['identified', 'masked']),
  state: z.enum(['ok', 'behind', 'failed', 'idle']),
  lagMs: z.number().nullable(),
  rate: z.number().nullable().describe('resources per second over the last minute'),
  count: z.number().nullable(),
  detail: z.string().nullable(),
})
export type StageView = z.infer<typeof stageView>

export const pipelineStatus = z
  .object({
    ready: z.boolean(),
    study: z.string().nullable(),
    snapshot: z.iso.datetime().nullable(),
    stages: z.array(stageView),
    held: z.number().int().describe('resources held back from masking'),
  })
  .meta({ id: 'PipelineStatus' })
export type PipelineStatus = z.infer<typeof pipelineStatus>

export const waitRequest = z
  .strictObject({ study: z.string().optional(), timeoutS: z.number().min(0).max(86_400).optional() })
  .meta({ id: 'PipelineWait' })
export type WaitRequest = z.infer<typeof waitRequest>
export const waitResult = z
  .object({ done: z.boolean(), elapsedMs: z.number(), snapshot: z.iso.datetime().nullable() })
  .meta({ id: 'PipelineWaited' })
export type WaitResult = z.infer<typeof waitResult>

export const generationView = z
  .object({
    study: z.string(),
    folder: z.string().describe('on the server’s machine'),
    generation: z.number().int(),
    output: z.enum(outputFormats),
    snapshot: z.iso.datetime().describe('the state of the reservoir that it shows'),
    publishedAt: z.iso.datetime(),
    maskingPolicy: z.string(),
  })
  .meta({ id: 'Generation', description: 'A whole, unchanging copy of a study’s masked rows for readers outside' })
export type GenerationView = z.infer<typeof generationView>
export const generationRequest = z.strictObject({ study: z.string() }).meta({ id: 'GenerationRequest' })

export const replayRequest = z
  .strictObject({ study: z.string().optional(), from: z.enum(['lake', 'repository']) })
  .meta({ id: 'PipelineReplay', description: 'Rebuilds the stores downstream of the one named' })
export type ReplayRequest = z.infer<typeof replayRequest>
