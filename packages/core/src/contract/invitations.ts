import { z } from 'zod'
import { invitationFilters, invitationKinds, invitationStates } from '../registration/index.js'

const instant = z.iso.datetime({ offset: true })
const kind = z.enum(invitationKinds)

export const invitationRequest = z
  .strictObject({
    kind: kind.default('patient'),
    patient: z
      .string()
      .regex(/^[A-Za-z0-9\-.]{1,64}$/, 'an id is 1 to 64 letters, digits, hyphens and dots')
      .optional()
      .describe('whose care is meant, or a Patient who is stored; else the server gives the id'),
    subject: z.string().min(1).max(64).optional().describe('or the subject number of somebody enrolled'),
    basis: z.enum(['minority', 'non-competence']).optional().describe('of a guardian; minority unless said'),
    finding: z
      .string()
      .regex(/^[\x20-\x7e]{1,255}$/, '1 to 255 printable ASCII characters')
      .optional()
      .describe('where a finding of non-competence is recorded'),
    site: z.string().min(1).max(64).optional(),
    email: z.email().max(254).optional().describe('where it is sent if a way of delivery is set up'),
    language: z
      .string()
      .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/)
      .default('en'),
    days: z.number().int().min(1).max(180).default(30),
  })
  .meta({ id: 'InvitationRequest' })
export type InvitationRequest = z.infer<typeof invitationRequest>

export const invitationView = z
  .object({
    id: z.string(),
    kind,
    subject: z.string().nullable(),
    site: z.string().nullable(),
    language: z.string(),
    state: z.enum(invitationStates),
    sentAt: instant,
    expiresAt: instant,
    remindedAt: instant.nullable().describe('when it was sent anew, under another code'),
    reminders: z.number().int().describe('sent by the clock under the present code'),
    endedAt: instant.nullable(),
    delivery: z.enum(['by-hand', 'waiting', 'delivered', 'failed']),
    communication: z.record(z.string(), z.unknown()).describe('the same as a FHIR Communication'),
  })
  .meta({ id: 'Invitation' })
export type InvitationView = z.infer<typeof invitationView>
export const revealedInvitation = invitationView
  .extend({
    code: z.string().nullable().describe('for who invites by hand; null where it is sent to the person'),
    link: z.string().nullable(),
  })
  .meta({ id: 'RevealedInvitation' })
export type RevealedInvitation = z.infer<typeof revealedInvitation>
export const revealedInvitations = z.object({ invitations: z.array(revealedInvitation) }).meta({ id: 'RevealedInvitations' })

export const invitationList = z
  .object({
    invitations: z.array(invitationView),
    counts: z.record(z.enum(invitationFilters), z.number().int()).describe('of all of them, whatever the list is narrowed to'),
    next: z.string().nullable(),
  })
  .meta({ id: 'Invitations' })
export type InvitationList = z.infer<typeof invitationList>

export const rosterPreview = z
  .object({
    people: z.number().int(),
    lines: z.array(z.object({ line: z.number().int(), language: z.string(), site: z.string().nullable(), faults: z.array(z.string()) })),
  })
  .meta({ id: 'RosterPreview', description: 'Each line of a list and what is wrong there; addresses are not repeated' })
export type RosterPreview = z.infer<typeof rosterPreview>

export const openedInvitation = z
  .object({
    kind,
    study: z.string(),
    name: z.string(),
    site: z.string().nullable(),
    invitedBy: z.string().nullable().describe('who invites, by name; null where a program did'),
    language: z.string(),
    expiresAt: instant,
    required: z.array(z.string()).describe('consents that taking part needs'),
    forms: z.array(z.object({ type: z.string(), version: z.string(), document: z.string(), language: z.string(), approved: z.iso.date() })),
    patientNeeded: z.boolean().describe('whether it has to be said who the person is'),
  })
  .meta({ id: 'OpenedInvitation' })
export type OpenedInvitation = z.infer<typeof openedInvitation>
