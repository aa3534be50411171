import { z } from 'zod'
import { generalizations } from '../risk/index.js'
import type { Endpoint } from './endpoints.js'

const count = z.union([z.number().int(), z.string()]).describe('people; a mark such as <11 where the number would be too small to be told')
const share = z.number().nullable().describe('0 to 1; null where it would tell a small number')

export const riskMeasures = z
  .object({
    people: count,
    classes: z.number().int().describe('groups of people who look alike'),
    minimum: count.nullable().describe('k: size of the smallest class'),
    median: count.nullable().describe('size of the class in which the middle person is'),
    unique: count.describe('people who are alone in their class'),
    below: count.describe('people in classes below the threshold'),
    risk: z.object({
      highest: share.describe('prosecutor: 1 / smallest class'),
      mean: share.describe('prosecutor: mean over people'),
      above: share.describe('share of people whose risk is above 1 / threshold'),
      journalist: share.describe('highest, for somebody of the population'),
      marketer: share.describe('share of people rightly named by an attacker who links all'),
    }),
  })
  .meta({ id: 'RiskMeasures' })
export type RiskMeasures = z.infer<typeof riskMeasures>

export const generalization = z.strictObject({ attribute: z.string().min(1).max(64), to: z.enum(generalizations) })

export const riskEffect = z.object({ generalizations: z.array(generalization), measures: riskMeasures, loss: z.number() })
export type RiskEffect = z.infer<typeof riskEffect>

export const riskFindings = z.object({
  attributes: z.array(z.string()).describe('quasi-identifiers that tell the people of this study apart'),
  measures: riskMeasures,
  sets: z
    .array(z.object({ attributes: z.array(z.string()), generalizations: z.array(generalization), measures: riskMeasures }))
    .describe('the same by fewer attributes: what an attacker has who knows only these'),
  sensitive: z
    .object({
      table: z.string(),
      values: z.number().int(),
      rare: count.describe('values that fewer people have than the threshold'),
      distinct: count.nullable().describe('l: fewest different values in a class'),
      entropy: z.number().nullable().describe('entropy l'),
      shared: z.object({ classes: count, people: count }).describe('classes in which a value is everybody’s'),
      closeness: z.number().nullable().describe('t: greatest distance of a class’s values from everybody’s'),
    })
    .nullable()
    .describe('null: too many values to go through'),
  combinations: z.object({
    upTo: z.number().int().describe('attributes looked at together'),
    worst: z.array(z.object({ attributes: z.array(z.string()), unique: count, minimal: count })),
    patterns: z
      .array(z.object({ values: z.array(z.object({ attribute: z.string(), value: z.string().nullable() })), people: count }))
      .nullable()
      .describe('values of people who are easiest to find; null for who may not see small groups'),
  }),
  effects: z.array(riskEffect).describe('each generalization alone'),
  path: z.array(riskEffect).describe('generalizations one upon the other until no class is too small'),
})
export type RiskFindings = z.infer<typeof riskFindings>

export const riskReport = z
  .object({
    study: z.string(),
    snapshot: z.iso.datetime().nullable().describe('null: nothing was published yet'),
    maskingPolicy: z.string(),
    computedAt: z.iso.datetime().nullable(),
    threshold: z.number().int(),
    detail: z.enum(['full', 'summary']).describe('summary: small numbers are marks, and no values are told'),
    findings: riskFindings.nullable(),
    snapshots: z.array(z.iso.datetime()).describe('snapshots whose summary is kept, newest first'),
  })
  .meta({ id: 'RiskReport' })
export type RiskReport = z.infer<typeof riskReport>

export const riskPreviewRequest = z
  .strictObject({
    study: z.string().min(1).max(32),
    generalizations: z.array(generalization).min(1).max(20),
    attributes: z.array(z.string().min(1).max(64)).min(1).max(20).optional().describe('quasi-identifiers to look at (default: all)'),
  })
  .meta({ id: 'RiskPreviewRequest' })
export type RiskPreviewRequest = z.infer<typeof riskPreviewRequest>
export const riskPreview = z
  .object({
    study: z.string(),
    snapshot: z.iso.datetime(),
    threshold: z.number().int(),
    before: riskMeasures,
    after: riskMeasures,
    loss: z.number().describe('share of the information in the quasi-identifiers that would be lost'),
  })
  .meta({ id: 'RiskPreview' })
export type RiskPreview = z.infer<typeof riskPreview>

const system = 'masking'
export const riskEndpoints = {
  risk: {
    method: 'GET',
    path: '/masking/api/v1/risk',
    system,
    summary: 'Re-identification risk of a study’s published snapshot, or the kept summary of an earlier one',
    query: ['study', 'snapshot'],
    answer: riskReport,
  },
  riskPreview: {
    method: 'POST',
    path: '/masking/api/v1/risk/preview',
    system,
    summary: 'What generalizations would change, on the published snapshot; nothing is stored',
    body: riskPreviewRequest,
    answer: riskPreview,
  },
} as const satisfies Record<string, Endpoint>
