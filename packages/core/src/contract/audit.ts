import { z } from 'zod'

export const auditRecord = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  request: z.string().describe('the correlation id'),
  actor: z.string(),
  role: z.string(),
  action: z.string(),
  study: z.string().nullable(),
  outcome: z.enum(['done', 'refused', 'failed']),
  reason: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  entries: z.array(z.record(z.string(), z.unknown())).describe('resources by surrogate number, never by an id that a client chose'),
})
export const auditPage = z.object({ records: z.array(auditRecord), next: z.string().nullable() }).meta({ id: 'AuditPage' })
export type AuditPage = z.infer<typeof auditPage>
