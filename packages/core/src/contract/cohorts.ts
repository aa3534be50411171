import { z } from 'zod'
import { cutName } from './cuts.js'
import type { Endpoint } from './endpoints.js'
import { toldCount } from './statistics.js'

/** Cohorts: who is in, as criteria. The same as SQL and as a sentence: `@aquifer/core/cohort`. */

export const cohortRulesMax = 40
export const cohortDepthMax = 5
export const cohortCodesMax = 500

const day = z.iso.date()
const plain = z.string().refine((text) => !/\p{Cc}/u.test(text), 'no control characters')
export const cohortName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,47}$/, 'a small letter, then small letters, digits and underscores, at most 48')

/** Which codes: those of a loaded code list, or named ones, of one code system where it is said. */
export const cohortCodes = z.union([
  z.strictObject({ list: plain.min(1).max(128) }),
  z.strictObject({ system: plain.min(1).max(300).optional(), codes: z.array(plain.min(1).max(128)).min(1).max(cohortCodesMax) }),
])
export type CohortCodes = z.infer<typeof cohortCodes>
/** Days that count, both included. Where masking keeps years only, their years count. */
export const cohortWindow = z.strictObject({ from: day.optional(), to: day.optional() })
export type CohortWindow = z.infer<typeof cohortWindow>
export const comparisons = ['<', '<=', '=', '>=', '>'] as const

const happened = {
  of: cohortCodes,
  window: cohortWindow.optional(),
  atLeast: z.number().int().min(2).max(1000).optional().describe('so many records; 1 unless said'),
}
export const cohortLeaf = z.discriminatedUnion('is', [
  z.strictObject({ is: z.literal('condition'), ...happened }),
  z.strictObject({ is: z.literal('medication'), ...happened }),
  z.strictObject({ is: z.literal('procedure'), ...happened }),
  z.strictObject({
    is: z.literal('observation'),
    ...happened,
    value: z
      .strictObject({ comparison: z.enum(comparisons), number: z.number(), unit: plain.min(1).max(40).optional() })
      .optional()
      .describe(
        'of the observation itself or of a component with the code, compared in the usual unit of the codes. number is in unit, where it is said, else in the usual unit; readings in a unit that cannot be brought into it do not meet the rule',
      ),
  }),
  z
    .strictObject({
      is: z.literal('age'),
      min: z.number().int().min(0).max(130).optional(),
      max: z.number().int().min(0).max(130).optional(),
      on: day,
    })
    .refine(({ min, max }) => min !== undefined || max !== undefined, 'min or max')
    .describe('in whole years on a day, both bounds included'),
  z.strictObject({
    is: z.literal('sex'),
    in: z
      .array(z.enum(['female', 'male', 'other', 'unknown']))
      .min(1)
      .max(4),
  }),
])
export type CohortLeaf = z.infer<typeof cohortLeaf>

export type CohortCriterion =
  CohortLeaf | { is: 'all'; of: CohortCriterion[] } | { is: 'any'; of: CohortCriterion[] } | { is: 'not'; of: CohortCriterion }
export const cohortCriterion: z.ZodType<CohortCriterion> = z.lazy(() =>
  z.union([
    cohortLeaf,
    z.strictObject({ is: z.literal('all'), of: z.array(cohortCriterion).min(1).max(cohortRulesMax) }),
    z.strictObject({ is: z.literal('any'), of: z.array(cohortCriterion).min(1).max(cohortRulesMax) }),
    z.strictObject({ is: z.literal('not'), of: cohortCriterion }),
  ]),
)
/** Rules that all have to hold, in the order in which the funnel tells them. */
export const cohortCriteria = z.strictObject({ all: z.array(cohortCriterion).max(cohortRulesMax) }).meta({ id: 'CohortCriteria' })
export type CohortCriteria = z.infer<typeof cohortCriteria>

const study = z.string().min(1).max(32)
const purpose = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !text.includes('\0'), 'no NUL')
  .default('analysis')
export const cohortCountRequest = z.strictObject({ study, criteria: cohortCriteria, purpose, cut: cutName.optional() })
export type CohortCountRequest = z.input<typeof cohortCountRequest>

export const governanceCauses = ['no-consent', 'withdrawn', 'under-age', 'held'] as const
export const cohortCount = z
  .object({
    study: z.string(),
    snapshot: z.string(),
    maskingPolicy: z.string(),
    consentEpoch: z.number().int(),
    cut: z.string().optional(),
    people: toldCount.describe('who meet every rule'),
    of: toldCount.describe('all people of the reservoir who may be read'),
    sentence: z.string(),
    names: z
      .array(z.object({ is: z.string(), code: z.string(), name: z.string() }))
      .describe('what the dictionary of the study calls codes of the rules, by kind of rule; none for counts only'),
    notes: z.array(z.string()).describe('of days that are approximate, of readings that a rule cannot compare (a band)'),
    sql: z.string(),
    rounded: z.boolean().describe('counts are rounded and held against earlier answers, since the caller may see counts only'),
    statement: z.string().optional().describe('of rounded counts: under which the caller’s history has them'),
    funnel: z.array(
      z.object({
        rule: z.string().describe('the rule as a sentence'),
        alone: toldCount.describe('who meet this rule, whatever the others say'),
        after: toldCount.describe('who meet this and all rules before it'),
      }),
    ),
    governance: z
      .array(z.object({ cause: z.enum(governanceCauses), what: z.string(), people: z.string().describe('a band, such as 1–10') }))
      .describe('people of the study who are not in the reservoir, whatever the rules say; never by rule, which would tell of them'),
  })
  .meta({ id: 'CohortCount' })
export type CohortCount = z.infer<typeof cohortCount>

export const cohortDraft = z.strictObject({
  study,
  name: cohortName.describe('statements read it as the table cohort_<name>'),
  title: z
    .string()
    .min(1)
    .max(200)
    .refine((text) => !text.includes('\0'), 'no NUL'),
  criteria: cohortCriteria,
  note: z
    .string()
    .max(500)
    .refine((text) => !text.includes('\0'), 'no NUL')
    .default(''),
})
export type CohortDraft = z.input<typeof cohortDraft>
/** A save names the version it was made from; 409 when somebody saved meanwhile. */
export const cohortSave = cohortDraft.omit({ name: true }).extend({ version: z.number().int().min(1) })
export type CohortSave = z.input<typeof cohortSave>

const cohortVersion = z.object({
  version: z.number().int(),
  title: z.string(),
  note: z.string(),
  by: z.string(),
  at: z.iso.datetime(),
  sha256: z.string().describe('of the criteria: equal rules, equal hash'),
})
export const cohortSummary = cohortVersion.extend({ name: z.string(), study: z.string(), table: z.string(), sentence: z.string() })
export type CohortSummary = z.infer<typeof cohortSummary>
export const cohortList = z.object({ study: z.string(), cohorts: z.array(cohortSummary) }).meta({ id: 'Cohorts' })
export type CohortList = z.infer<typeof cohortList>
export const cohortView = cohortSummary
  .extend({
    criteria: cohortCriteria,
    sql: z.string(),
    newest: z.number().int(),
    versions: z.array(cohortVersion).describe('newest first'),
  })
  .meta({ id: 'Cohort' })
export type CohortView = z.infer<typeof cohortView>

export const cohortDiff = z
  .object({
    study: z.string(),
    name: z.string(),
    from: z.number().int(),
    to: z.number().int(),
    rules: z.array(z.object({ change: z.enum(['same', 'added', 'removed']), rule: z.string() })),
  })
  .meta({ id: 'CohortDiff' })
export type CohortDiff = z.infer<typeof cohortDiff>

const system = 'query'
const path = '/query/api/v1/cohorts'
export const cohortEndpoints = {
  countCohort: {
    method: 'POST',
    path: `${path}/count`,
    system,
    summary: 'How many people meet criteria, rule by rule, and who is left out by governance',
    body: cohortCountRequest,
    answer: cohortCount,
  },
  cohorts: {
    method: 'GET',
    path,
    system,
    summary: 'Saved cohorts of a study, newest version of each',
    query: ['study'],
    answer: cohortList,
  },
  createCohort: { method: 'POST', path, system, summary: 'Save a cohort under a name', body: cohortDraft, answer: cohortView, status: 201 },
  cohort: {
    method: 'GET',
    path: `${path}/{name}`,
    system,
    summary: 'One cohort: criteria, SQL, sentence, versions',
    query: ['study', 'version'],
    answer: cohortView,
  },
  saveCohort: {
    method: 'PUT',
    path: `${path}/{name}`,
    system,
    summary: 'The next version of a cohort; 409 when somebody saved meanwhile',
    body: cohortSave,
    answer: cohortView,
  },
  cohortDiff: {
    method: 'GET',
    path: `${path}/{name}/diff`,
    system,
    summary: 'Rules that two versions of a cohort differ by',
    query: ['study', 'from', 'to'],
    answer: cohortDiff,
  },
} as const satisfies Record<string, Endpoint>
