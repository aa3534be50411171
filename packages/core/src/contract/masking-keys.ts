import { z } from 'zod'
import { givesOneProof, oneProof, signingProof } from './identity.js'

const instant = z.iso.datetime({ offset: true })
const study = z.string().max(32)
const reason = z.string().regex(/^[\x20-\x7e]{10,255}$/, '10 to 255 printable ASCII characters')
const holdersMax = 20

export const keyRotationRequest = z.strictObject({ study, reason }).meta({ id: 'MaskingKeyRotation' })
export const keyEscrowRequest = z
  .strictObject({
    study,
    holders: z.array(z.string().min(1).max(128)).min(2).max(holdersMax).describe('user names, one share each'),
    needed: z.number().int().min(2).max(holdersMax).describe('how many of the shares make the key'),
    reason,
  })
  .meta({ id: 'KeyEscrowRequest' })
export type KeyEscrowRequest = z.infer<typeof keyEscrowRequest>
export const keyShareRequest = z.strictObject(signingProof).refine(givesOneProof, oneProof).meta({ id: 'KeyShareRequest' })
export const keyShare = z
  .object({ escrow: z.string(), holder: z.string(), share: z.string().describe('told once, and kept nowhere here any more') })
  .meta({ id: 'KeyShare' })
export type KeyShare = z.infer<typeof keyShare>
export const keyRestoreRequest = z
  .strictObject({
    shares: z.array(z.string().min(1).max(500)).min(2).max(holdersMax),
    use: z.boolean().optional().describe('mask by this key from now on; otherwise it only opens what it made'),
    reason,
  })
  .meta({ id: 'KeyRestoreRequest' })
export type KeyRestoreRequest = z.infer<typeof keyRestoreRequest>
export const keyRestored = z
  .object({
    escrow: z.string(),
    key: z.string(),
    fingerprint: z.string(),
    matches: z.literal(true).describe('the shares made the key that was escrowed; otherwise the request is refused'),
    present: z.boolean().describe('the key was here all the time, unchanged'),
    used: z.boolean(),
  })
  .meta({ id: 'KeyRestored' })
export type KeyRestored = z.infer<typeof keyRestored>

export const keyEscrowView = z
  .object({
    id: z.string(),
    study: z.string(),
    key: z.string(),
    fingerprint: z.string(),
    needed: z.number().int(),
    reason: z.string(),
    by: z.string(),
    at: instant,
    expiresAt: instant.describe('until when holders fetch their shares'),
    shares: z.array(z.object({ holder: z.string(), collectedAt: instant.nullable() })),
  })
  .meta({ id: 'KeyEscrow' })
export type KeyEscrowView = z.infer<typeof keyEscrowView>
export const maskingKeyList = z
  .object({
    study: z.string(),
    keys: z.array(
      z.object({
        id: z.string(),
        fingerprint: z.string(),
        since: instant.nullable().describe('in use since; null: not recorded'),
        retiredAt: instant.nullable().describe('null: in use'),
      }),
    ),
    escrows: z.array(keyEscrowView),
  })
  .meta({ id: 'MaskingKeyList' })
export type MaskingKeyList = z.infer<typeof maskingKeyList>

export const reidentificationRequest = z
  .strictObject({ study, pseudonym: z.string().min(8).max(80).describe('patient_key of a masked row'), reason })
  .meta({ id: 'ReidentificationRequest' })
export type ReidentificationRequest = z.infer<typeof reidentificationRequest>
export const reidentificationDecision = z
  .strictObject({ approve: z.boolean(), note: z.string().max(500).optional(), ...signingProof })
  .refine(givesOneProof, oneProof)
  .meta({ id: 'ReidentificationDecision' })
export const reidentificationView = z
  .object({
    id: z.string(),
    study: z.string(),
    state: z.enum(['requested', 'approved', 'denied', 'answered', 'expired']),
    reason: z.string(),
    requestedBy: z.string(),
    requestedAt: instant,
    decidedBy: z.string().nullable(),
    decidedAt: instant.nullable(),
    note: z.string().nullable(),
    answerUntil: instant.nullable(),
    outcome: z.string().nullable(),
  })
  .meta({ id: 'Reidentification' })
export type ReidentificationView = z.infer<typeof reidentificationView>
export const reidentificationList = z.object({ requests: z.array(reidentificationView) }).meta({ id: 'ReidentificationList' })
export type ReidentificationList = z.infer<typeof reidentificationList>
export const reidentificationAnswer = z
  .object({ id: z.string(), type: z.literal('Patient'), patient: z.string() })
  .meta({ id: 'ReidentificationAnswer', description: 'Told once, to the person who asked' })
export type ReidentificationAnswer = z.infer<typeof reidentificationAnswer>
