import { z } from 'zod'
import { participantStates } from '../consent/index.js'

const state = z.enum(participantStates)
const reason = z.string().min(1).max(255)
const at = z.iso.datetime({ offset: true }).or(z.iso.date()).describe('when it happened; now unless said')

export const participantRequest = z
  .strictObject({
    patient: z.string().min(1).max(64).optional().describe('id of the Patient, where it is known'),
    site: z.string().min(1).max(64).optional(),
    state: z.enum(['invited', 'screened']).optional(),
    at: at.optional(),
    reason: reason.optional(),
  })
  .meta({ id: 'ParticipantRequest', description: 'Somebody new in the log; the answer says the subject number' })
export const participantStepRequest = z
  .strictObject({ state, at: at.optional(), reason: reason.optional() })
  .meta({ id: 'ParticipantStep' })
export type ParticipantRequest = z.infer<typeof participantRequest>
export type ParticipantStepRequest = z.infer<typeof participantStepRequest>

export const participantView = z
  .object({
    subject: z.string(),
    site: z.string().nullable(),
    state,
    since: z.iso.datetime(),
    steps: z.array(z.object({ state, at: z.iso.datetime(), reason: z.string().nullable(), by: z.string() })).optional(),
  })
  .meta({ id: 'Participant' })
export type ParticipantView = z.infer<typeof participantView>
export const participantList = z
  .object({ participants: z.array(participantView), next: z.string().nullable() })
  .meta({ id: 'Participants' })
export type ParticipantList = z.infer<typeof participantList>

const counts = { invited: z.number().int(), screened: z.number().int(), enrolled: z.number().int(), completed: z.number().int() }
const funnelRow = z.object({
  site: z.string().nullable(),
  target: z.number().int().nullable(),
  reached: z.object(counts).describe('people who came this far, whatever came after'),
  standing: z.record(state, z.number().int()),
})
export const funnelView = z
  .object({
    study: z.string(),
    asOf: z.iso.date(),
    total: funnelRow,
    bySite: z.array(funnelRow),
    overTime: z.array(z.object({ month: z.string(), ...counts })),
  })
  .meta({ id: 'Funnel' })
export type FunnelView = z.infer<typeof funnelView>
