import { z } from 'zod'

const counts = {
  enrolled: z.number().int(),
  active: z.number().int(),
  proposed: z.number().int(),
  suspended: z.number().int(),
  withdrawn: z.number().int(),
  expired: z.number().int(),
  missing: z.number().int(),
}
export const consentStates = ['active', 'proposed', 'suspended', 'withdrawn', 'expired', 'missing'] as const
export type ConsentState = (typeof consentStates)[number]

const { enrolled, ...byStatus } = counts
export const consentSummary = z
  .object({
    study: z.string(),
    asOf: z.iso.date(),
    epoch: z.number().int().describe('rises with every consent decision of the study'),
    required: z.array(z.string()),
    total: z.object({ enrolled, byStatus: z.object(byStatus) }),
    bySite: z.array(z.object({ site: z.string().nullable(), ...counts })),
    byType: z.array(z.object({ type: z.string(), ...byStatus })),
    overTime: z.array(z.object({ date: z.iso.date(), enrolled: z.number().int(), active: z.number().int(), withdrawn: z.number().int() })),
  })
  .meta({ id: 'ConsentSummary' })
export type ConsentSummary = z.infer<typeof consentSummary>

export const refusalCauses = [
  'no-consent',
  'proposed',
  'suspended',
  'withdrawn',
  'expired',
  'not-yet-active',
  'not-enrolled',
  'study-not-open',
  'no-person',
  'not-permitted',
  'invalid',
] as const
export type RefusedWriteCause = (typeof refusalCauses)[number]

export const refusedWrite = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  site: z.string().nullable(),
  resourceType: z.string(),
  cause: z.enum(refusalCauses),
  missing: z.array(z.string()),
  client: z.string(),
  count: z.number().int().describe('resources refused together'),
  remedy: z.string(),
  subject: z.string().nullable().describe('a subject number, never the identifier that was sent'),
})
export type RefusedWrite = z.infer<typeof refusedWrite>
export const refusedWrites = z
  .object({ total: z.number().int(), today: z.number().int(), rows: z.array(refusedWrite), next: z.string().nullable() })
  .meta({ id: 'RefusedWrites' })
export type RefusedWrites = z.infer<typeof refusedWrites>

export const decisionsRequest = z
  .strictObject({
    patients: z.array(z.string().min(1).max(64)).min(1).max(10_000),
    site: z.string().optional(),
    types: z.array(z.string()).optional().describe('the study’s required types unless said'),
    evidence: z.string().min(1).max(255),
    from: z.string().optional(),
  })
  .meta({ id: 'ConsentDecisions', description: 'Consent collected elsewhere, recorded as active Contracts' })
export type DecisionsRequest = z.infer<typeof decisionsRequest>

export const decisionsResult = z
  .object({
    recorded: z.number().int(),
    unchanged: z.number().int(),
    refused: z.array(z.object({ patient: z.string(), reason: z.enum(['withdrawn', 'suspended']) })),
  })
  .meta({ id: 'ConsentDecisionsResult' })
export type DecisionsResult = z.infer<typeof decisionsResult>
