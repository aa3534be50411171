import { z } from 'zod'
import { withdrawalActs } from '../consent/index.js'

const id = z.string().regex(/^[A-Za-z0-9\-.]{1,64}$/, 'an id is 1 to 64 letters, digits, hyphens and dots')
const printable = (max: number) => z.string().regex(new RegExp(`^[\\x20-\\x7e]{1,${max}}$`), `1 to ${max} printable ASCII characters`)
const resource = z.record(z.string(), z.unknown())
const instant = z.iso.datetime({ offset: true })
const place = {
  study: z.string().min(1).max(64).optional().describe('the token’s only study unless said'),
  site: z.string().min(1).max(64).optional(),
}
const accountName = z.string().regex(/^[a-z][a-z0-9._-]{1,62}$/, 'lower-case letters, digits, dots, underscores, hyphens')
const account = z.strictObject({ user: accountName, display: z.string().min(1).max(200) })
const staffAccount = account.extend({ role: z.enum(['practitioner', 'care-manager', 'investigator']).default('practitioner') })
export type AccountRequest = z.infer<typeof account> & { role?: z.infer<typeof staffAccount>['role'] }
const ownAccount = account.extend({
  password: z.string().min(1).max(1024).optional().describe('chosen by the person; without one the answer tells a one-time code for it'),
})

export const patientRegistration = z
  .strictObject({
    ...place,
    patient: resource.describe('the Patient; an id of your own may be in it'),
    contracts: z
      .array(resource)
      .max(20)
      .default([])
      .describe('consents as Contracts; subject and study are put in where they are left out'),
    consentOnFile: z
      .strictObject({ evidence: printable(255) })
      .optional()
      .describe('an active Contract of every required type is recorded that is not given here or stored'),
    account: account.optional(),
  })
  .meta({ id: 'PatientRegistration' })
export type PatientRegistration = z.infer<typeof patientRegistration>

export const practitionerRegistration = z
  .strictObject({
    ...place,
    practitioner: resource.optional().describe('a new Practitioner'),
    id: id.optional().describe('or the id of one who is stored'),
    from: instant.optional(),
    to: instant.optional(),
    account: staffAccount.optional(),
  })
  .refine(({ practitioner, id: stored }) => (practitioner === undefined) !== (stored === undefined), 'practitioner or id, one of them')
  .meta({ id: 'PractitionerRegistration' })
export type PractitionerRegistration = z.infer<typeof practitionerRegistration>

export const thirdPartyRegistration = z
  .strictObject({
    ...place,
    patient: id,
    relatedPerson: resource.describe('the RelatedPerson; its patient is put in where it is left out'),
    kind: z.enum(['guardian', 'third-party']),
    basis: z.enum(['minority', 'non-competence']).optional().describe('of a guardian; minority unless said'),
    finding: printable(255).optional().describe('where a finding of non-competence is recorded'),
    from: instant.optional(),
    to: instant.optional(),
    account: account.optional(),
  })
  .meta({ id: 'ThirdPartyRegistration' })
export type ThirdPartyRegistration = z.infer<typeof thirdPartyRegistration>

const code = z.string().min(1).max(128)
export const invitationCode = z.strictObject({ code }).meta({ id: 'InvitationCode' })
export const acceptance = z
  .strictObject({
    code,
    decision: z.enum(['accept', 'decline']),
    consents: z.array(z.string().min(1).max(64)).max(20).default([]).describe('types of consent the person gives'),
    patient: resource.optional().describe('what is said of the person; needed where no Patient is stored'),
    relatedPerson: resource.optional().describe('who stands in for the person or is close to him; needed where such a one was invited'),
    account: ownAccount.optional(),
  })
  .meta({ id: 'InvitationAcceptance' })
export type Acceptance = z.infer<typeof acceptance>
export const careManagerAcceptance = z.strictObject({ code }).meta({ id: 'CareManagerAcceptance' })
export type CareManagerAcceptance = z.infer<typeof careManagerAcceptance>
export const invitedAccountRequest = z.strictObject({ code, account: ownAccount }).meta({ id: 'InvitedAccountRequest' })
export type InvitedAccountRequest = z.infer<typeof invitedAccountRequest>

export const relationshipRemoval = z.strictObject({ relationship: z.string().min(1).max(64) }).meta({ id: 'RelationshipRemoval' })
export type RelationshipRemoval = z.infer<typeof relationshipRemoval>
export const patientRemoval = z
  .strictObject({
    ...place,
    patient: id.optional(),
    subject: z.string().min(1).max(64).optional().describe('or the subject number'),
    act: z.enum(withdrawalActs).optional().describe('the default of the study’s kind unless said'),
    reason: printable(255),
    evidence: printable(255),
  })
  .meta({ id: 'PatientRemoval' })
export type PatientRemoval = z.infer<typeof patientRemoval>
export const practitionerRemoval = z.strictObject({ ...place, practitioner: id }).meta({ id: 'PractitionerRemoval' })
export type PractitionerRemoval = z.infer<typeof practitionerRemoval>

const accountAnswer = z
  .object({
    user: z.string(),
    code: z
      .string()
      .nullable()
      .describe('one-time code for a password: told where the account was made, and again to the same request while nobody used it'),
  })
  .nullable()
export type AccountAnswer = z.infer<typeof accountAnswer>
const contracts = z.array(z.string())
export const patientRegistered = z
  .object({
    study: z.string(),
    site: z.string().nullable(),
    patient: z.string(),
    subject: z.string().nullable().describe('null after a refusal by the person'),
    contracts,
    relatedPerson: z.string().nullable().optional().describe('who decided, where that was not the person himself'),
    account: accountAnswer,
  })
  .meta({ id: 'PatientRegistered' })
export type PatientRegistered = z.infer<typeof patientRegistered>
export const practitionerRegistered = z
  .object({ study: z.string(), site: z.string(), practitioner: z.string(), relationship: z.string(), account: accountAnswer })
  .meta({ id: 'PractitionerRegistered' })
export type PractitionerRegistered = z.infer<typeof practitionerRegistered>
export const thirdPartyRegistered = z
  .object({
    study: z.string(),
    patient: z.string(),
    relatedPerson: z.string(),
    relationship: z.string(),
    kind: z.string(),
    until: instant.nullable().describe('when it ends by itself'),
    account: accountAnswer,
  })
  .meta({ id: 'ThirdPartyRegistered' })
export type ThirdPartyRegistered = z.infer<typeof thirdPartyRegistered>
export const relationshipRemoved = z
  .object({ relationship: z.string(), kind: z.string(), ended: instant })
  .meta({ id: 'RelationshipRemoved' })
export type RelationshipRemoved = z.infer<typeof relationshipRemoved>
export const patientRemoved = z
  .object({
    study: z.string(),
    subject: z.string(),
    act: z.enum(withdrawalActs).describe('what the withdrawal does, by the study’s kind'),
    withdrawal: z.string(),
    relationships: z.number().int().describe('ended with it'),
    invitations: z.number().int().describe('revoked with it'),
  })
  .meta({ id: 'PatientRemoved' })
export type PatientRemoved = z.infer<typeof patientRemoved>
export const practitionerRemoved = z
  .object({
    study: z.string(),
    practitioner: z.string(),
    relationships: z.array(z.string()),
    disabled: z.array(z.string()).describe('accounts that nothing else holds open'),
  })
  .meta({ id: 'PractitionerRemoved' })
export type PractitionerRemoved = z.infer<typeof practitionerRemoved>
export const careManagerAccepted = z
  .object({ study: z.string(), patient: z.string(), relationship: z.string() })
  .meta({ id: 'CareManagerAccepted' })
export const invitedAccount = z.object({ account: accountAnswer }).meta({ id: 'InvitedAccount' })
export type InvitedAccount = z.infer<typeof invitedAccount>
