import { z } from 'zod'
import { givesOneProof, oneProof, signingProof } from './identity.js'

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
  name: z.string().nullable().describe('of the user, as known now'),
  external: z.string().nullable().describe('the user as the caller’s own provider names him'),
  source: z.string().nullable().describe('remote address'),
  patients: z.array(z.string()).describe('people whose data it was, by surrogate number'),
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

export const disclosure = z.object({
  day: z.string(),
  first: z.iso.datetime(),
  last: z.iso.datetime(),
  times: z.number().int(),
  who: z.string(),
  role: z.string(),
  self: z.boolean(),
  what: z.string(),
  study: z.string().nullable(),
  reason: z.string().nullable(),
  words: z.string().describe('the whole as one sentence for the person concerned'),
})
export const disclosureList = z
  .object({ disclosures: z.array(disclosure), complete: z.boolean().describe('false: older ones follow with a later from or to') })
  .meta({ id: 'DisclosureList' })
export type DisclosureList = z.infer<typeof disclosureList>

export const exportFormats = ['csv', 'json', 'pdf', 'trail'] as const
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/)
export const auditExportRequest = z
  .object({
    format: z.enum(exportFormats).describe('trail: lines, links and signed blocks, for verification offline'),
    study: z.string().max(64).optional(),
    person: z.string().max(64).optional().describe('Patient id'),
    from: day.optional(),
    to: day.optional().describe('a day is included, an instant is not'),
  })
  .meta({ id: 'AuditExportRequest' })
export const auditExportManifest = z
  .object({
    file: z.string(),
    format: z.enum(exportFormats),
    rows: z.number().int(),
    bytes: z.number().int(),
    sha256: z.string(),
    filters: z.record(z.string(), z.string()),
    by: z.string(),
    at: z.iso.datetime(),
  })
  .meta({ id: 'AuditExportManifest' })
export type AuditExportManifest = z.infer<typeof auditExportManifest>

export const signatureMeanings = ['approval', 'review', 'responsibility', 'authorship', 'verification'] as const
export const signatureRequest = z
  .object({
    ...signingProof,
    meaning: z.enum(signatureMeanings),
    subject: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('resource'), type: z.string().max(64), id: z.string().max(64), version: z.number().int().min(1) }),
      z.object({ kind: z.literal('job'), id: z.string().max(64) }),
      z.object({ kind: z.literal('document'), id: z.string().min(1).max(200), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
    ]),
    study: z.string().max(64).optional(),
  })
  .refine(givesOneProof, oneProof)
  .meta({ id: 'SignatureRequest' })
export type SignatureRequest = z.infer<typeof signatureRequest>
export const signatureView = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    signer: z.string(),
    name: z.string(),
    role: z.string(),
    meaning: z.string(),
    subject: z.object({ kind: z.string(), id: z.string(), sha256: z.string() }),
    study: z.string().nullable(),
    genuine: z.boolean().describe('the signature is this server’s and unchanged'),
    matches: z.boolean().nullable().describe('the record is still what was signed; null where this server does not keep it'),
  })
  .meta({ id: 'Signature' })
export type SignatureView = z.infer<typeof signatureView>
export const signatureList = z.object({ signatures: z.array(signatureView) }).meta({ id: 'SignatureList' })
