import { z } from 'zod'
import { roles } from '../access/index.js'
import { isClientName, isPersonName, passwordMax } from '../identity/index.js'

const names = z.array(z.string().min(1).max(64)).max(1000)
const personName = z.string().refine(isPersonName, 'letters, digits and . _ @ + -, at most 64')
const password = z
  .string()
  .min(1)
  .max(passwordMax * 4)

export const personGrant = z
  .strictObject({
    role: z.enum(roles),
    studies: names.optional().describe('["*"]: all studies'),
    sites: names.optional().describe('empty: all sites of the studies'),
    patient: z.string().max(128).nullable().optional(),
    actor: z
      .string()
      .max(128)
      .nullable()
      .optional()
      .describe('the FHIR resource the person is, such as `Practitioner/x`; left out it stays as it is, null takes it away'),
  })
  .meta({ id: 'PersonGrant', description: 'A role and how far it reaches' })
export type PersonGrant = z.infer<typeof personGrant>

export const newPerson = personGrant
  .extend({
    name: personName,
    display: z.string().min(1).max(128).optional(),
    email: z.string().max(254).optional(),
    subject: z.string().min(1).max(255).optional().describe('the person’s name at an outside provider'),
  })
  .meta({ id: 'NewPerson' })
export type NewPerson = z.infer<typeof newPerson>

export const personView = z
  .object({
    user: z.string(),
    name: z.string(),
    email: z.string().nullable(),
    role: z.string(),
    studies: z.array(z.string()),
    sites: z.array(z.string()),
    patient: z.string().nullable(),
    actor: z.string().nullable(),
    status: z.enum(['active', 'disabled']),
    hasPassword: z.boolean(),
    lockedUntil: z.iso.datetime().nullable().describe('after failed sign-ins'),
    sessions: z.number().int().describe('open now'),
    signedInAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Person' })
export type PersonView = z.infer<typeof personView>
export const personList = z.object({ users: z.array(personView) }).meta({ id: 'People' })
export type PersonList = z.infer<typeof personList>

export const invitation = z
  .object({ user: z.string(), code: z.string(), expiresAt: z.iso.datetime() })
  .meta({ id: 'OneTimeCode', description: 'Shown once: the person exchanges it for a password of his own' })
export type Invitation = z.infer<typeof invitation>
export const invitations = z.object({ invitations: z.array(invitation) }).meta({ id: 'OneTimeCodes' })
export type Invitations = z.infer<typeof invitations>

export const staffCheck = z
  .object({
    lines: z.array(
      z.object({
        line: z.number().int(),
        name: z.string(),
        display: z.string(),
        role: z.string(),
        studies: z.string(),
        sites: z.string(),
        faults: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: 'StaffCheck', description: 'A staff list as it would be taken, line by line; nobody was added' })
export type StaffCheck = z.infer<typeof staffCheck>

export const statusChange = z.strictObject({ status: z.enum(['active', 'disabled']) }).meta({ id: 'StatusChange' })
export const codeExchange = z.strictObject({ user: personName, code: z.string().min(1).max(64), password }).meta({ id: 'CodeExchange' })
export const firstAdministratorRequest = z
  .strictObject({ code: z.string().min(1).max(64), name: personName, display: z.string().min(1).max(128).optional(), password })
  .meta({ id: 'FirstAdministrator' })
export const passwordChange = z.strictObject({ current: password, next: password }).meta({ id: 'PasswordChange' })

// The bounds that X.520 sets for both names.
const subjectName = z.string().regex(/^[^\p{C}]{1,64}$/u, 'at most 64 characters, without control characters')
export const certificateSubject = z
  .strictObject({ commonName: subjectName, organizationalUnit: subjectName })
  .meta({ id: 'CertificateSubject', description: 'CN and OU of a client certificate; both must match' })
export type CertificateSubject = z.infer<typeof certificateSubject>

export const newClient = personGrant
  .partial({ role: true })
  .omit({ patient: true, actor: true })
  .extend({
    name: z.string().refine(isClientName, 'letters, digits and . _ -, at most 64'),
    display: z.string().min(1).max(128).optional(),
    people: names.optional().describe('the people a device stands for'),
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(20) }).optional(),
    jwksUrl: z.url().max(2000).optional(),
    certificate: certificateSubject.optional().describe('of its client certificate, beside keys or instead of them'),
    redirects: z.array(z.url().max(2000)).min(1).max(20).optional().describe('of a program that signs people in'),
    ttlS: z
      .number()
      .int()
      .min(60)
      .max(3660 * 86_400)
      .optional(),
  })
  .meta({ id: 'NewClient' })
export type NewClient = z.infer<typeof newClient>
export const clientView = z
  .object({
    client: z.string(),
    name: z.string(),
    kind: z.enum(['headless', 'interactive']),
    role: z.string().nullable(),
    studies: z.array(z.string()),
    sites: z.array(z.string()),
    people: z.array(z.string()),
    scopes: z.array(z.string()),
    certificate: certificateSubject.nullable(),
    status: z.enum(['active', 'disabled']),
    expiresAt: z.iso.datetime().nullable(),
    keys: z.array(z.object({ kid: z.string().nullable(), kind: z.string() })).describe('its public keys, where it gave them'),
    jwksUrl: z.string().nullable().describe('where its public keys are fetched from'),
    redirects: z.array(z.string()),
    madeBy: z.string(),
    madeAt: z.iso.datetime(),
    usedAt: z.iso.datetime().nullable().describe('its newest request, by the audit trail'),
  })
  .meta({ id: 'Client' })
export type ClientView = z.infer<typeof clientView>
export const clientList = z.object({ clients: z.array(clientView) }).meta({ id: 'Clients' })
export type ClientList = z.infer<typeof clientList>

export const clientKeys = newClient.pick({ jwks: true, jwksUrl: true }).meta({ id: 'ClientKeys', description: 'One of the two' })
export type ClientKeys = z.infer<typeof clientKeys>
export const keyRotation = z.strictObject({ compromised: z.boolean().optional() }).meta({ id: 'KeyRotation' })
export const keySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).meta({ id: 'KeySet' })
export const tokenRevocation = z
  .strictObject({ tokenId: z.string().min(1).max(128).describe('the jti of a token') })
  .meta({ id: 'TokenRevocation' })

export const accessHolder = z
  .object({
    holder: z.string(),
    name: z.string(),
    kind: z.enum(['person', 'client']),
    role: z.string(),
    studies: z.array(z.string()),
    sites: z.array(z.string()),
    reaches: z
      .enum(['every-site', 'sites', 'persons', 'nobody'])
      .optional()
      .describe(
        'whom at the place: everybody, everybody at the sites named, single persons, or nobody now; not in lists frozen before it was told',
      ),
    identified: z.boolean().describe('sees identified clinical data'),
    signedInAt: z.iso.datetime().nullable(),
    certificate: certificateSubject.optional().describe('by which a client may come in'),
  })
  .meta({ id: 'AccessHolder' })
export type AccessHolder = z.infer<typeof accessHolder>
export const accessHolders = z
  .object({ study: z.string().nullable(), site: z.string().nullable(), asOf: z.iso.datetime(), holders: z.array(accessHolder) })
  .meta({ id: 'AccessHolders', description: 'Who can see it today' })
export type AccessHolders = z.infer<typeof accessHolders>

export const reviewRequest = z
  .strictObject({ study: z.string().min(1).max(64).optional(), site: z.string().min(1).max(64).optional() })
  .meta({ id: 'ReviewRequest' })
export const reviewDecision = z
  .strictObject({ holder: z.string().min(1).max(128), decision: z.enum(['keep', 'revoke']), note: z.string().max(255).optional() })
  .meta({ id: 'ReviewDecision' })
export type ReviewDecision = z.infer<typeof reviewDecision>
export const accessReviewView = z
  .object({
    id: z.string(),
    study: z.string().nullable(),
    site: z.string().nullable(),
    madeBy: z.string(),
    madeAt: z.iso.datetime(),
    dueAt: z.iso.datetime(),
    open: z.number().int().describe('holders without a decision'),
    items: z.array(
      accessHolder.extend({
        decision: z.enum(['keep', 'revoke']).nullable(),
        note: z.string(),
        decidedBy: z.string().nullable(),
        decidedAt: z.iso.datetime().nullable(),
      }),
    ),
  })
  .meta({ id: 'AccessReview' })
export type AccessReviewView = z.infer<typeof accessReviewView>
export const accessReviewList = z.object({ reviews: z.array(accessReviewView) }).meta({ id: 'AccessReviews' })
export type AccessReviewList = z.infer<typeof accessReviewList>
