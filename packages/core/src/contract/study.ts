import { z } from 'zod'
import { enrolments, outputFormats, partitions, studyKinds, studyStatuses } from '../study/index.js'

export const studyRequest = z
  .strictObject({
    id: z.string(),
    name: z.string().min(1).max(200),
    kind: z.enum(studyKinds).optional(),
    status: z.enum(studyStatuses).optional(),
    enrolment: z.enum(enrolments).optional(),
    sites: z.array(z.string().min(1).max(64)).max(1000).optional(),
    required: z.array(z.string().min(1).max(64)).max(20).optional(),
    masking: z.string().optional(),
    policy: z
      .string()
      .max(500_000)
      .optional()
      .describe('text of a masking policy that is the study’s own from its beginning, instead of masking'),
    publish: z.string().optional(),
    partition: z.enum(partitions).optional(),
    output: z.enum(outputFormats).optional().describe('form of the files that readers outside get (default parquet)'),
    keepSnapshots: z.string().optional().describe('how long old snapshots are kept for them, such as 30d (default: the last three)'),
    zone: z.string().optional(),
  })
  .meta({ id: 'StudyRequest', description: 'What a study is created from; all but id and name has a default' })
export type StudyRequestBody = z.infer<typeof studyRequest>

export const studyView = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(studyKinds),
    status: z.enum(studyStatuses),
    enrolment: z.enum(enrolments),
    sites: z.array(z.string()),
    required: z.array(z.string()),
    maskingPolicy: z.string(),
    publish: z.string(),
    partition: z.enum(partitions),
    zone: z.string(),
    version: z.number().int(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Study' })
export type StudyView = z.infer<typeof studyView>

export const studyList = z.object({ studies: z.array(studyView) }).meta({ id: 'StudyList' })
export type StudyList = z.infer<typeof studyList>
