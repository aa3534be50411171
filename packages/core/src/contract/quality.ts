import { z } from 'zod'
import { qualityCheckIds } from '../quality/index.js'
import type { Endpoint } from './endpoints.js'
import { feedView } from './feeds.js'
import { jobView } from './jobs.js'

const checkId = z.enum(qualityCheckIds)
const site = z.string().nullable().describe('null: the data names no site')
const sender = z.string().describe('account or client that sent; people: participants about themselves')
const app = z.string().nullable().describe('program that says its name by urn:aquifer:app')

const figures = {
  resources: z.number().int(),
  lastAt: z.iso.datetime().nullable().describe('stored last'),
  completeness: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('share of the expected elements that are there; null: nothing is expected of these types'),
  delay: z.object({
    measured: z.number().int().describe('events since the person entered the study'),
    half: z.string().nullable().describe('half arrived within this time'),
    most: z.string().nullable().describe('95 % arrived within this time; longer: beyond the last class'),
    classes: z.array(z.number().int()).describe('counts by delayClasses'),
  }),
  weeks: z.array(z.number().int()).describe('arrivals by week, the present one last'),
  checks: z.partialRecord(checkId, z.number().int()).describe('how many resources each check found; devices for silent-device'),
}

export const qualityFinding = z.object({
  check: checkId,
  site,
  sender,
  app,
  type: z.string(),
  code: z.string().describe('element, or code of a published system; empty: none of these'),
  name: z.string().nullable().describe('what the code measures, where it has limits'),
  count: z.number().int(),
  of: z.number().int().nullable().describe('resources of the type there'),
})
export type QualityFinding = z.infer<typeof qualityFinding>

const siteFigures = z.object({
  site,
  name: z.string(),
  people: z.number().int(),
  withoutData: z.number().int().describe('people of whom nothing but a profile is here'),
  ...figures,
})
const feedFigures = z.object({ sender, app, ...figures })
export type QualitySite = z.infer<typeof siteFigures>
export type QualityFeed = z.infer<typeof feedFigures>

export const qualityReport = z
  .object({
    study: z.string(),
    computedAt: z.iso.datetime().nullable().describe('null: never yet'),
    current: z.boolean().describe('nothing was stored since'),
    resources: z.number().int(),
    people: z.number().int(),
    limits: z
      .array(z.object({ id: checkId, name: z.string(), what: z.string(), threshold: z.string(), remedy: z.string() }))
      .describe('the checks'),
    delayClasses: z.array(z.string()).describe('upper ends of the classes of delay; one more class follows'),
    sites: z.array(siteFigures),
    feeds: z.array(feedFigures),
    elements: z.array(z.object({ site, type: z.string(), element: z.string(), missing: z.number().int(), of: z.number().int() })),
    findings: z.array(qualityFinding).describe('most frequent first'),
    silentFeeds: z.array(feedView).describe('for which an alarm stands; empty for who reaches some of the sites only'),
    job: jobView.nullable().describe('one that waits or runs'),
  })
  .meta({ id: 'QualityReport' })
export type QualityReport = z.infer<typeof qualityReport>

export const qualityRequest = z.strictObject({ study: z.string().min(1).max(32) }).meta({ id: 'QualityRequest' })

const system = 'pipeline'
export const qualityEndpoints = {
  quality: {
    method: 'GET',
    path: '/pipeline/api/v1/quality',
    system,
    summary: 'What is wrong with the data that came, by site and feed, as last looked through',
    query: ['study', 'site'],
    answer: qualityReport,
  },
  runQuality: {
    method: 'POST',
    path: '/pipeline/api/v1/quality',
    system,
    summary: 'Look through a study’s data anew, as a job',
    body: qualityRequest,
    answer: jobView,
    status: 202,
  },
} as const satisfies Record<string, Endpoint>
