import { z } from 'zod'
import type { Endpoint } from './endpoints.js'
import { givesOneProof, oneProof, signingProof } from './identity.js'

const instant = z.iso.datetime()
const study = z.string().min(1).max(32)
export const cutName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dots, underscores and hyphens, at most 64')
const reason = z.string().min(10).max(500)

export const cutView = z
  .object({
    study: z.string(),
    name: z.string(),
    state: z.enum(['standing', 'retired']),
    at: instant,
    by: z.string(),
    reason: z.string(),
    snapshot: instant.describe('the state of the reservoir that it keeps'),
    maskingPolicy: z.string(),
    consentEpoch: z.number().int(),
    resources: z.number().int().describe('when it was made'),
    people: z.number().int().describe('when it was made'),
    rows: z.record(z.string(), z.number().int()).describe('what is in it now, by type'),
    sha256: z.string().describe('of what was signed'),
    signature: z
      .object({ id: z.string(), signer: z.string(), name: z.string(), at: instant, meaning: z.string(), genuine: z.boolean() })
      .nullable()
      .describe('of whoever made it'),
    genuine: z.boolean().describe('the server’s seal under it holds, and it is what was signed'),
    whole: z.boolean().nullable().describe('every file has the bytes that were sealed; null where they were not read'),
    removals: z
      .array(z.object({ at: instant, act: z.string(), rows: z.number().int(), files: z.number().int() }))
      .describe('people who were taken out by a withdrawal'),
    retired: z.object({ at: instant, by: z.string(), reason: z.string() }).nullable(),
  })
  .meta({ id: 'DataCut', description: 'A named, signed snapshot of a study’s masked rows that outlives all others' })
export type CutView = z.infer<typeof cutView>
export const cutList = z.object({ cuts: z.array(cutView) }).meta({ id: 'DataCuts' })
export type CutList = z.infer<typeof cutList>

export const cutRequest = z
  .strictObject({ ...signingProof, study, name: cutName, reason: reason.describe('what it is for') })
  .refine(givesOneProof, oneProof)
  .meta({ id: 'DataCutRequest' })
export type CutRequest = z.infer<typeof cutRequest>
export const cutRetirement = z
  .strictObject({ ...signingProof, study, reason: reason.describe('why it is needed no more') })
  .refine(givesOneProof, oneProof)
  .meta({ id: 'DataCutRetirement' })
export type CutRetirement = z.infer<typeof cutRetirement>

const base = '/pipeline/api/v1/cuts'
const system = 'pipeline'
export const cutEndpoints = {
  cuts: { method: 'GET', path: base, system, summary: 'Data cuts of a study, newest first', query: ['study'], answer: cutList },
  createCut: {
    method: 'POST',
    path: base,
    system,
    summary: 'Freeze the present snapshot under a name, signed by whoever asks',
    body: cutRequest,
    answer: cutView,
    status: 201,
  },
  cut: {
    method: 'GET',
    path: `${base}/{name}`,
    system,
    summary: 'One data cut, with every file proven',
    query: ['study'],
    answer: cutView,
  },
  retireCut: {
    method: 'POST',
    path: `${base}/{name}/retirement`,
    system,
    summary: 'Its rows go; that it was there stays',
    body: cutRetirement,
    answer: cutView,
  },
} as const satisfies Record<string, Endpoint>
