import { z } from 'zod'
import { givesOneProof, oneProof, signingProof } from './identity.js'
import { addedKinds, relationshipKinds, rolePolicyDocument, roles } from '../access/index.js'
import { signatureMeanings } from './audit.js'

const instant = z.iso.datetime({ offset: true })
const fhirId = z.string().regex(/^[A-Za-z0-9.-]{1,64}$/, 'an id is 1 to 64 letters, digits, hyphens and dots')
const holder = z
  .string()
  .max(160)
  .regex(
    /^(Practitioner|RelatedPerson|Organization)\/[A-Za-z0-9.-]{1,64}$|^User\/[\x21-\x7e]{1,128}$/,
    'Type/id of a FHIR resource, or User/name',
  )

export const newRelationship = z
  .strictObject({
    kind: z.enum(addedKinds),
    holder,
    patient: fhirId.optional(),
    study: z.string().max(32).optional(),
    site: z.string().max(64).optional(),
    from: instant.optional().describe('start included; default now'),
    to: instant.optional().describe('end excluded; without it until it is ended'),
    basis: z.enum(['minority', 'non-competence']).optional().describe('of a guardian; minority ends by itself at majority'),
    finding: z
      .string()
      .regex(/^[\x20-\x7e]{1,255}$/, '1 to 255 printable ASCII characters')
      .optional()
      .describe('where the finding of non-competence is recorded'),
    phi: z.boolean().optional().describe('of an integrator: identified data, too'),
  })
  .meta({ id: 'NewRelationship' })
export type NewRelationship = z.infer<typeof newRelationship>

export const relationshipView = z
  .object({
    id: z.string(),
    kind: z.enum(relationshipKinds),
    holder: z.string(),
    target: z.string(),
    study: z.string().nullable().describe('null: every study of the person'),
    site: z.string().nullable(),
    from: instant,
    to: instant.nullable(),
    ended: instant.nullable(),
    grantedBy: z.string(),
    basis: z.string().nullable(),
    finding: z.string().nullable(),
    phi: z.boolean().nullable(),
  })
  .meta({ id: 'Relationship' })
export type RelationshipView = z.infer<typeof relationshipView>
export const relationshipList = z
  .object({ relationships: z.array(relationshipView), next: z.string().nullable() })
  .meta({ id: 'RelationshipList' })
export type RelationshipList = z.infer<typeof relationshipList>

export const whyAnswer = z
  .object({
    user: z.string(),
    role: z.enum(roles).nullable(),
    act: z.enum(['read', 'write']),
    resource: z.string(),
    study: z.string(),
    at: instant,
    allowed: z.boolean(),
    decidedBy: z.string().describe('the rule that said no, or relationship'),
    steps: z.array(z.object({ rule: z.string(), allowed: z.boolean(), says: z.string() })),
    relationships: z.array(
      z.object({ id: z.string(), kind: z.enum(relationshipKinds), site: z.string().nullable(), counts: z.boolean(), says: z.string() }),
    ),
    narrowedBy: z.array(z.string()).describe('claims of the token that take something away'),
    consent: z.object({ asked: z.boolean(), types: z.array(z.string()) }).describe('what would be asked next, after access passed'),
  })
  .meta({ id: 'WhyAnswer' })
export type WhyAnswer = z.infer<typeof whyAnswer>

export const rolePolicyProposal = z.strictObject({ document: z.unknown() }).meta({ id: 'RolePolicyProposal' })
export const rolePolicyText = z
  .strictObject({ text: z.string().max(500_000).describe('the document as it was written, so that lines can be named') })
  .meta({ id: 'RolePolicyText' })
export const rolePolicySigning = z
  .strictObject({
    meaning: z.enum(signatureMeanings),
    ...signingProof,
  })
  .refine(givesOneProof, oneProof)
  .meta({ id: 'RolePolicySigning' })
const rolePolicyChanges = z.array(
  z.object({ role: z.string(), kind: z.enum(['rights', 'read', 'write']), item: z.string(), change: z.enum(['granted', 'taken']) }),
)
export const rolePolicyChecked = z
  .object({
    findings: z.array(
      z.object({
        severity: z.enum(['error', 'warning']),
        path: z.string(),
        line: z.number().int().nullable(),
        message: z.string(),
        remedy: z.string(),
      }),
    ),
    changes: rolePolicyChanges.describe('against the policy in force; empty where the document cannot be read'),
  })
  .meta({ id: 'RolePolicyChecked' })
export type RolePolicyChecked = z.infer<typeof rolePolicyChecked>
export const rolePolicyVersion = z
  .object({
    version: z.number().int(),
    name: z.string(),
    state: z.enum(['proposed', 'in-force', 'superseded']),
    sha256: z.string(),
    proposedBy: z.string(),
    proposedAt: instant,
    activatedAt: instant.nullable(),
    signatures: z.array(
      z.object({
        id: z.string(),
        signer: z.string(),
        name: z.string(),
        role: z.string(),
        meaning: z.string(),
        at: instant,
        genuine: z.boolean(),
      }),
    ),
    changes: rolePolicyChanges.describe('against the policy in force'),
  })
  .meta({ id: 'RolePolicyVersion' })
export type RolePolicyVersion = z.infer<typeof rolePolicyVersion>
export const rolePolicyWhole = rolePolicyVersion.extend({ document: rolePolicyDocument }).meta({ id: 'RolePolicyWhole' })
export type RolePolicyWhole = z.infer<typeof rolePolicyWhole>
export const rolePolicyList = z
  .object({
    inForce: z.number().int().describe('0: the built-in policy'),
    document: rolePolicyDocument,
    builtIn: rolePolicyDocument.describe('what this version of the program comes with'),
    unnamed: z.array(z.string()).describe('rights that the policy in force gives to no role: they are denied to everybody'),
    versions: z.array(rolePolicyVersion),
  })
  .meta({ id: 'RolePolicyList' })
export type RolePolicyList = z.infer<typeof rolePolicyList>

export const breakGlassRequest = z
  .strictObject({
    study: z.string().max(32),
    patient: fhirId,
    reason: z.string().regex(/^[\x20-\x7e]{10,255}$/, '10 to 255 printable ASCII characters'),
    hours: z.number().int().min(1).max(24).optional().describe('default 4'),
  })
  .meta({ id: 'BreakGlassRequest' })
export type BreakGlassRequest = z.infer<typeof breakGlassRequest>
export const breakGlassReview = z
  .strictObject({ decision: z.enum(['justified', 'unjustified']), note: z.string().max(500).optional() })
  .meta({ id: 'BreakGlassReview' })
export type BreakGlassReview = z.infer<typeof breakGlassReview>
export const breakGlassView = z
  .object({
    id: z.string(),
    user: z.string(),
    role: z.string(),
    study: z.string(),
    patient: z.string(),
    reason: z.string(),
    from: instant,
    until: instant,
    isOpen: z.boolean(),
    review: z
      .object({ by: z.string(), at: instant, decision: z.enum(['justified', 'unjustified']), note: z.string().nullable() })
      .nullable(),
  })
  .meta({ id: 'BreakGlass' })
export type BreakGlassView = z.infer<typeof breakGlassView>
export const breakGlassList = z.object({ unreviewed: z.number().int(), cases: z.array(breakGlassView) }).meta({ id: 'BreakGlassList' })
export type BreakGlassList = z.infer<typeof breakGlassList>
