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

/** The newest signed block, as it is kept outside the database: text and signature (base64). */
export const auditHead = z.object({ head: z.string().max(100_000), mark: z.string().max(200) }).meta({ id: 'AuditHead' })
export const auditHeadAnswer = auditHead
  .extend({ publicKey: z.string().describe('PEM, Ed25519'), kid: z.string(), block: z.number().int(), position: z.number().int() })
  .meta({ id: 'AuditHeadWithKey' })
export type AuditHead = z.infer<typeof auditHead>
export type AuditHeadAnswer = z.infer<typeof auditHeadAnswer>

export const verifyRequest = z
  .object({ head: auditHead.optional().describe('a head that was kept elsewhere: the chain has to hold it') })
  .meta({ id: 'AuditVerifyRequest' })

export const auditFinding = z.object({
  kind: z.string(),
  says: z.string(),
  record: z.string().nullable(),
  position: z.number().int().nullable().describe('place in the whole trail, from 1'),
  block: z.number().int().nullable(),
})
export const auditVerification = z
  .object({
    whole: z.boolean().describe('nothing was found'),
    records: z.number().int(),
    proven: z.number().int(),
    unsealed: z.number().int().describe('newer than the last block: sealed within seconds'),
    withheld: z.number().int().describe('left out of a filtered file'),
    blocks: z.number().int(),
    takenOver: z.number().int().describe('records from before the server marked any'),
    head: z.object({ block: z.number().int(), position: z.number().int(), at: z.iso.datetime(), kid: z.string() }).nullable(),
    counts: z.record(z.string(), z.number().int()),
    findings: z.array(auditFinding).describe('the first thousand'),
    elapsedMs: z.number(),
    recordsPerSecond: z.number(),
  })
  .meta({ id: 'AuditVerification' })
export type AuditVerification = z.infer<typeof auditVerification>
