import { z } from 'zod'
import type { Endpoint } from './endpoints.js'

export const displayStates = ['pending', 'approved', 'rejected'] as const
export type DisplayListState = (typeof displayStates)[number]

export const displayView = z.object({
  system: z.string(),
  code: z.string(),
  text: z.string(),
  state: z.enum(displayStates),
  people: z.union([z.literal('<11'), z.number().int()]).describe('whose data holds the text, counted up to 64'),
  waits: z.enum(['too-few-people', 'names-somebody']).nullable().describe('why it did not enter by itself'),
  shown: z.boolean().describe('the text that stands for this code in masked data; of several that may, one does'),
  decided: z.object({ by: z.string(), at: z.iso.datetime(), reason: z.string() }).nullable(),
})
export type DisplayView = z.infer<typeof displayView>
export const displayList = z
  .object({
    study: z.string(),
    state: z.enum(displayStates),
    total: z.number().int(),
    displays: z.array(displayView),
    next: z.number().int().nullable().describe('page after this one'),
  })
  .meta({ id: 'Displays' })
export type DisplayList = z.infer<typeof displayList>

const decisionsMax = 5000
export const displayDecisionsRequest = z
  .strictObject({
    study: z.string(),
    decisions: z
      .array(
        z.strictObject({
          system: z.string().max(1000),
          code: z.string().max(1000),
          text: z.string().min(1).max(1000),
          decision: z.enum(['approve', 'reject', 'undo']),
          reason: z.string().trim().min(1).max(500),
          confirm: z.literal(true).optional().describe('asked for where a word of the text names somebody of the study'),
        }),
      )
      .min(1)
      .max(decisionsMax),
  })
  .meta({ id: 'DisplayDecisionsRequest' })
export type DisplayDecisionsRequest = z.infer<typeof displayDecisionsRequest>
export const displayOutcomes = ['recorded', 'needs-confirmation', 'unknown'] as const
export const displayDecisionsResult = z
  .object({
    study: z.string(),
    recorded: z.number().int(),
    outcomes: z
      .array(z.enum(displayOutcomes))
      .describe('one for each decision, in their order; unknown: no data of the study holds the text'),
  })
  .meta({ id: 'DisplayDecisionsResult' })
export type DisplayDecisionsResult = z.infer<typeof displayDecisionsResult>

const system = 'masking'
export const displayEndpoints = {
  displays: {
    method: 'GET',
    path: '/masking/api/v1/displays',
    system,
    summary: 'The study’s dictionary of displays: texts that wait for a decision, stand in masked data, or were rejected',
    query: ['study', 'state', 'page'],
    answer: displayList,
  },
  decideDisplays: {
    method: 'POST',
    path: '/masking/api/v1/displays/decisions',
    system,
    summary: 'Approve or reject displays, or take a decision back',
    body: displayDecisionsRequest,
    answer: displayDecisionsResult,
  },
} as const satisfies Record<string, Endpoint>
