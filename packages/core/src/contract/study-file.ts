import { z } from 'zod'
import { enrolments, outputFormats, partitions, studyKinds, studyStatuses } from '../study/index.js'

const day = z.iso.date()
const consentType = z.string().min(1).max(64)
const formVersion = z.strictObject({
  type: consentType,
  version: z.string().min(1).max(64),
  document: z.string().min(1).max(500).describe('where the document is kept'),
  language: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/),
  site: z.string().nullable().default(null),
  approved: day.describe('of the ethics committee'),
  from: day,
  reconsentBy: day.nullable().default(null).describe('last day on which consents under an older version count'),
})
const visit = z.strictObject({
  id: z.string().min(1).max(64),
  title: z.string().min(1).max(200),
  day: z.number().int(),
  before: z.number().int().min(0).default(0),
  after: z.number().int().min(0).default(0),
})
const appRule = z.strictObject({
  app: z.string().min(1).max(200),
  versions: z.array(z.string().min(1).max(64)).nullable().default(null),
  required: z.array(consentType).max(20).default([]),
})

const letter = z.strictObject({ subject: z.string().max(200), text: z.string().max(10_000) })

/** A study as one file: all of it is optional but the id; what is left out stays as it is. */
export const studyFile = z
  .strictObject({
    id: z.string(),
    name: z.string().min(1).max(200).optional(),
    kind: z.enum(studyKinds).optional(),
    status: z.enum(studyStatuses).optional(),
    enrolment: z.enum(enrolments).optional(),
    sites: z.array(z.string().min(1).max(64)).max(1000).optional(),
    required: z.array(consentType).max(20).optional(),
    masking: z.string().optional(),
    publish: z.string().optional(),
    partition: z.enum(partitions).optional(),
    zone: z.string().optional(),
    jurisdiction: z.string().nullable().optional(),
    legalHold: z.boolean().optional(),
    strict: z.boolean().optional().describe('refuse what would have to be mended to be valid'),
    targets: z.record(z.string(), z.number().int().min(0)).optional(),
    forms: z.array(formVersion).max(500).optional(),
    apps: z.array(appRule).max(200).optional(),
    visits: z.array(visit).max(500).optional(),
    reminders: z.array(z.number().int()).max(10).optional().describe('days before an invitation runs out on which the clock reminds'),
    letters: z
      .record(z.string(), letter)
      .optional()
      .describe('letters of invitation in the study’s own words, by language; {study}, {until} and {link} are filled in'),
    output: z.enum(outputFormats).optional().describe('form of the files that readers outside get'),
    keepSnapshots: z.string().nullable().optional().describe('how long old snapshots are kept for them, such as 30d; null: the last three'),
  })
  .meta({ id: 'StudyFile' })
export type StudyFile = z.infer<typeof studyFile>

export const studyDiff = z
  .object({
    study: z.string(),
    exists: z.boolean(),
    version: z.number().int().describe('the version the file is compared with; 0 for a new study'),
    changes: z.array(z.object({ path: z.string(), from: z.unknown(), to: z.unknown() })),
  })
  .meta({ id: 'StudyDiff' })
export type StudyDiff = z.infer<typeof studyDiff>
export const studyApplied = studyDiff.extend({ applied: z.boolean() }).meta({ id: 'StudyApplied' })
export type StudyApplied = z.infer<typeof studyApplied>
export const studyVersions = z
  .object({
    versions: z.array(
      z.object({ version: z.number().int(), at: z.iso.datetime(), by: z.string(), document: z.record(z.string(), z.unknown()) }),
    ),
  })
  .meta({ id: 'StudyVersions' })
export type StudyVersions = z.infer<typeof studyVersions>
