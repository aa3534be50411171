import { z } from 'zod'
import { signatureMeanings } from './audit.js'
import { givesOneProof, oneProof, signingProof } from './identity.js'

const instant = z.iso.datetime({ offset: true })
const policyText = z.string().max(500_000).describe('the policy file as it was written, so that lines can be named')
/** What a proposal may accept with its signatures. */
export const acceptances = ['live-date-shift'] as const

export const maskingPolicyText = z.strictObject({ text: policyText }).meta({ id: 'MaskingPolicyText' })
export const maskingPolicyProposal = z
  .strictObject({
    study: z.string().max(32),
    text: policyText,
    reason: z.string().max(500).optional(),
    accepts: z
      .array(z.enum(acceptances))
      .max(acceptances.length)
      .optional()
      .describe('live-date-shift: that a study which publishes continuously shows the shift of dates to whoever watches it'),
  })
  .meta({ id: 'MaskingPolicyProposal' })
export type MaskingPolicyProposal = z.infer<typeof maskingPolicyProposal>
export const maskingPolicyRejection = z.strictObject({ reason: z.string().min(1).max(500) }).meta({ id: 'MaskingPolicyRejection' })
export const maskingPolicySigning = z
  .strictObject({ meaning: z.enum(signatureMeanings), ...signingProof })
  .refine(givesOneProof, oneProof)
  .meta({ id: 'MaskingPolicySigning' })

const problems = z.array(
  z.object({ path: z.string(), line: z.number().int().nullable(), message: z.string(), remedy: z.string().nullable() }),
)
const changes = z.array(
  z.object({
    path: z.string(),
    from: z.string().nullable().describe('null: not there'),
    to: z.string().nullable(),
  }),
)
export const maskingPolicyChecked = z
  .object({
    name: z.string().nullable(),
    version: z.number().int().nullable(),
    problems,
    changes: changes.describe('against safe-harbor; empty where the policy cannot be read'),
  })
  .meta({ id: 'MaskingPolicyChecked' })
export type MaskingPolicyChecked = z.infer<typeof maskingPolicyChecked>

const policyNamed = z
  .union([z.strictObject({ name: z.string().max(64) }), z.strictObject({ id: z.string().max(64) }), z.strictObject({ text: policyText })])
  .describe('a built-in policy by name, a stored one by id, or a text')
export const maskingPolicyComparison = z.strictObject({ before: policyNamed, after: policyNamed }).meta({ id: 'MaskingPolicyComparison' })
export const maskingPolicyDiff = z.object({ before: z.string(), after: z.string(), changes }).meta({ id: 'MaskingPolicyDiff' })
export type MaskingPolicyDiff = z.infer<typeof maskingPolicyDiff>

export const maskingTraceRequest = z
  .strictObject({
    policy: policyNamed,
    resource: z.unknown().optional().describe('looked at and forgotten; without it an example of the type is made'),
    type: z.string().max(64).optional(),
    seed: z.string().max(64).optional(),
  })
  .meta({ id: 'MaskingTraceRequest' })
export type MaskingTraceRequest = z.infer<typeof maskingTraceRequest>
export const maskingTrace = z
  .object({
    policy: z.string(),
    type: z.string(),
    held: z.string().nullable().describe('why the resource is held back'),
    steps: z.array(
      z.object({
        path: z.string(),
        phiClass: z.string().nullable(),
        treatment: z.string().nullable(),
        outcome: z.enum(['kept', 'changed', 'removed']),
        rule: z.string().nullable().describe('the rule of the policy that decided; null where the class did'),
        method: z.string().nullable().describe('what that rule did'),
      }),
    ),
    example: z.unknown().optional().describe('the example that was made, and what became of it'),
    masked: z.unknown().optional(),
  })
  .meta({ id: 'MaskingTrace' })
export type MaskingTrace = z.infer<typeof maskingTrace>

export const policyStates = ['proposed', 'in-review', 'active', 'retired', 'rejected'] as const
export const maskingPolicyVersion = z
  .object({
    id: z.string(),
    study: z.string(),
    name: z.string(),
    version: z.number().int(),
    label: z.string().describe('as rows and records name it'),
    state: z.enum(policyStates),
    initial: z.boolean().describe('the study began with it: no signatures were needed'),
    accepts: z.array(z.enum(acceptances)),
    reason: z.string().nullable(),
    sha256: z.string(),
    genuine: z.boolean().describe('the document is what was proposed'),
    proposedBy: z.string(),
    proposedAt: instant,
    activatedAt: instant.nullable(),
    retiredAt: instant.nullable(),
    rejected: z.object({ by: z.string(), at: instant, reason: z.string() }).nullable(),
    signaturesNeeded: z.number().int(),
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
    changes: changes.describe('against the policy in force in the study'),
  })
  .meta({ id: 'MaskingPolicyVersion' })
export type MaskingPolicyVersion = z.infer<typeof maskingPolicyVersion>
export const maskingPolicyWhole = maskingPolicyVersion
  .extend({ text: z.string(), document: z.unknown().describe('what the policy says in full') })
  .meta({ id: 'MaskingPolicyWhole' })
export type MaskingPolicyWhole = z.infer<typeof maskingPolicyWhole>
export const maskingPolicyList = z
  .object({
    builtIn: z.array(z.object({ name: z.string(), label: z.string() })),
    inForce: z.array(
      z.object({
        study: z.string(),
        label: z.string().nullable().describe('null: the policy that the study names cannot be trusted, and nothing is masked'),
        id: z.string().nullable().describe('null: built in'),
      }),
    ),
    versions: z.array(maskingPolicyVersion).describe('newest first'),
  })
  .meta({ id: 'MaskingPolicyList' })
export type MaskingPolicyList = z.infer<typeof maskingPolicyList>

const stamp = z.object({ policy: z.string(), key: z.string().describe('id of the key, not the key'), at: instant.nullable() })
export const maskingProgress = z
  .object({
    study: z.string(),
    state: z.enum(['empty', 'current', 'masking-anew', 'failed']),
    shown: stamp.nullable().describe('what analysts see'),
    next: stamp.nullable().describe('what is made beside it, until it is whole'),
    done: z.number().int().describe('versions of resources of the one that is made'),
    total: z.number().int(),
    held: z.number().int(),
    reason: z.string().nullable().describe('why it fails'),
  })
  .meta({ id: 'MaskingProgress' })
export type MaskingProgress = z.infer<typeof maskingProgress>
export const maskingProgressList = z.object({ studies: z.array(maskingProgress) }).meta({ id: 'MaskingProgressList' })
export type MaskingProgressList = z.infer<typeof maskingProgressList>
