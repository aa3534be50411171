import { z } from 'zod'
import { aheadKinds } from '../consent/index.js'

export const aheadView = z
  .object({
    study: z.string(),
    until: z.iso.datetime(),
    counts: z.object({ 'comes-of-age': z.number().int(), expires: z.number().int(), 'reconsent-due': z.number().int() }),
    rows: z.array(
      z.object({
        subject: z.string(),
        site: z.string().nullable(),
        kind: z.enum(aheadKinds),
        at: z.iso.datetime(),
        type: z.string(),
        open: z.boolean().describe('re-consent is asked for already'),
      }),
    ),
  })
  .meta({ id: 'ConsentAhead' })
export type ConsentAhead = z.infer<typeof aheadView>

const status = z.enum(['active', 'reconsent-due', 'proposed', 'suspended', 'withdrawn', 'expired', 'missing'])
export const personDecisions = z
  .object({
    study: z.string(),
    asOf: z.iso.date(),
    studyVersion: z.number().int(),
    people: z.array(
      z.object({
        subject: z.string(),
        site: z.string().nullable(),
        given: z.boolean(),
        reason: z.string().describe('in words, why data may or may not enter'),
        types: z.array(
          z.object({
            type: z.string(),
            status,
            form: z.string().nullable(),
            since: z.iso.datetime().nullable(),
            until: z.iso.datetime().nullable(),
          }),
        ),
      }),
    ),
    next: z.string().nullable(),
  })
  .meta({ id: 'PersonDecisions', description: 'Decisions with reasons, by subject number' })
export type PersonDecisions = z.infer<typeof personDecisions>

export const versionMatrix = z
  .object({
    study: z.string(),
    versions: z.array(
      z.object({
        type: z.string(),
        version: z.string(),
        language: z.string(),
        site: z.string().nullable(),
        approved: z.iso.date(),
        from: z.iso.date(),
        reconsentBy: z.iso.date().nullable(),
      }),
    ),
    cells: z.array(
      z.object({
        site: z.string().nullable(),
        type: z.string(),
        version: z.string().nullable(),
        people: z.number().int(),
        due: z.number().int(),
      }),
    ),
  })
  .meta({ id: 'VersionMatrix', description: 'Who consented under which form version, by site' })
export type VersionMatrix = z.infer<typeof versionMatrix>
