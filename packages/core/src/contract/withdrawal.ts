import { z } from 'zod'
import { withdrawalActs, withdrawalOrigins, withdrawalStates } from '../consent/index.js'

const act = z.enum(withdrawalActs)
const printable = (max: number) => z.string().regex(new RegExp(`^[\\x20-\\x7e]{1,${max}}$`), `1 to ${max} printable ASCII characters`)
const who = {
  patient: z.string().min(1).max(64).optional().describe('id of the Patient'),
  subject: z.string().min(1).max(64).optional().describe('or the subject number, such as HARBOR-00012'),
}

export const previewRequest = z
  .strictObject({ ...who, act: act.optional().describe('the default of the study’s kind unless said') })
  .meta({ id: 'WithdrawalPreviewRequest' })
export const withdrawalRequest = z
  .strictObject({ ...who, act: act.optional(), reason: printable(255), evidence: printable(255) })
  .meta({ id: 'WithdrawalRequest', description: 'A person withdraws from a study' })
export type PreviewRequest = z.infer<typeof previewRequest>
export type WithdrawalRequestBody = z.infer<typeof withdrawalRequest>

export const stepEffects = ['keep', 'block', 'withhold', 'remove'] as const
export const withdrawalPreview = z
  .object({
    study: z.string(),
    kind: z.string(),
    subject: z.string(),
    act,
    allowed: z.array(act),
    stores: z.array(
      z.object({
        store: z.string(),
        effect: z.enum(stepEffects),
        counts: z.record(z.string(), z.number()).describe('what it touches, by kind'),
        expectedMs: z.number().int().describe('how long it is expected to take'),
      }),
    ),
    seenNoMoreWithinMs: z.number().int().describe('from the answer on; 0 where what is here stays in use'),
    expectedMs: z.number().int(),
    kept: z.array(z.string()).describe('what stays, and why'),
    retentionYears: z.number().int().nullable(),
  })
  .meta({ id: 'WithdrawalPreview' })
export type WithdrawalPreview = z.infer<typeof withdrawalPreview>

export const withdrawalStep = z.object({
  store: z.string(),
  effect: z.enum(stepEffects),
  state: z.enum(['open', 'running', 'done', 'failed']),
  counts: z.record(z.string(), z.number()),
  verified: z.boolean(),
  note: z.string().nullable(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
})
export const withdrawalView = z
  .object({
    id: z.string(),
    study: z.string(),
    subject: z.string(),
    act,
    origin: z.enum(withdrawalOrigins).describe('asked for, or said by a Contract'),
    state: z.enum(withdrawalStates),
    reason: z.string(),
    evidence: z.string(),
    requestedBy: z.string(),
    requestedAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    cancellable: z.boolean(),
    problem: z.string().nullable(),
    job: z.string().nullable(),
    certificate: z.boolean().describe('whether it can be fetched'),
    steps: z.array(withdrawalStep),
  })
  .meta({ id: 'Withdrawal' })
export type WithdrawalView = z.infer<typeof withdrawalView>
export const withdrawalList = z.object({ withdrawals: z.array(withdrawalView), next: z.string().nullable() }).meta({ id: 'Withdrawals' })
export type WithdrawalList = z.infer<typeof withdrawalList>

export const signedCertificate = z
  .object({
    certificate: z.record(z.string(), z.unknown()),
    signature: z.object({ algorithm: z.literal('Ed25519'), keyId: z.string(), publicKey: z.string(), value: z.string() }),
  })
  .meta({ id: 'WithdrawalCertificate', description: 'Signed over the canonical JSON of certificate; verifiable offline' })
