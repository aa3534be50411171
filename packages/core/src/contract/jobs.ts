import { z } from 'zod'

export const jobStates = ['queued', 'running', 'done', 'failed', 'cancelled'] as const
export const jobKinds = [
  'import',
  'replay',
  'verify-stores',
  'statement',
  'export',
  'audit-verify',
  'audit-export',
  'withdrawal',
  'invitation-delivery',
  'fhir-export',
  'quality',
  'download',
  'saved-query',
] as const

export const jobView = z
  .object({
    id: z.string(),
    kind: z.enum(jobKinds),
    study: z.string().nullable(),
    state: z.enum(jobStates),
    progress: z.number().min(0).max(1).nullable(),
    detail: z.record(z.string(), z.unknown()).describe('running figures of this kind of job'),
    result: z.unknown().nullable(),
    problem: z.string().nullable(),
    createdBy: z.string(),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Job' })
export type JobView = z.infer<typeof jobView>
export const jobList = z.object({ jobs: z.array(jobView) }).meta({ id: 'JobList' })
export type JobList = z.infer<typeof jobList>

export const importRefusal = z.object({
  reason: z.string(),
  detail: z.string(),
  count: z.number().int(),
  lines: z.array(z.number().int()).describe('the first lines this happened on'),
})
export const importFinding = z.object({
  kind: z.enum(['refused', 'repaired']),
  cause: z.string().describe('reason of the refusal, or name of the repair'),
  path: z.string().describe('element, without places in lists; empty where the whole line is meant'),
  message: z.string(),
  count: z.number().int(),
  lines: z.array(z.number().int()).describe('the first lines this happened on'),
})
export const importReport = z
  .object({
    study: z.string(),
    units: z.number().int(),
    read: z.number().int(),
    stored: z.number().int(),
    unchanged: z.number().int(),
    refused: z.number().int(),
    consentsRecorded: z.number().int(),
    repaired: z.record(z.string(), z.number().int()),
    refusals: z.array(importRefusal),
    findings: z.array(importFinding).describe('what to mend at the sender, by cause and element, most frequent first'),
    byType: z.record(z.string(), z.number().int()),
    elapsedMs: z.number(),
    cancelled: z.boolean(),
    dryRun: z.boolean().describe('all gates were passed or met, and nothing was stored'),
  })
  .meta({ id: 'ImportReport' })
export type ImportReport = z.infer<typeof importReport>
