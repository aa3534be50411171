import { z } from 'zod'
import type { Endpoint } from './endpoints.js'

export const leakView = z.object({
  id: z.string().describe('names the finding; nothing of the source can be read from it'),
  kind: z.enum(['name', 'identifier', 'contact', 'address', 'id', 'date', 'canary']).describe('what of a person it is'),
  place: z.string().describe('resource type and element where it stood'),
  late: z.boolean().describe('the text was published before the person came whose it is'),
  since: z.iso.datetime(),
})
export type LeakView = z.infer<typeof leakView>
export const leakList = z
  .object({ study: z.string(), blocked: z.boolean().describe('nothing further is published'), leaks: z.array(leakView) })
  .meta({ id: 'Leaks', description: 'What the leak gate stopped before it was published; analysts stay at the last good snapshot' })
export type LeakList = z.infer<typeof leakList>

export const leakAcceptance = z
  .strictObject({ study: z.string(), id: z.string().max(500), reason: z.string().min(10).max(500).describe('why this names nobody') })
  .meta({ id: 'LeakAcceptance' })

const system = 'masking'
export const leakEndpoints = {
  leaks: {
    method: 'GET',
    path: '/masking/api/v1/leaks',
    system,
    summary: 'What the leak gate stopped in a study',
    query: ['study'],
    answer: leakList,
  },
  acceptLeak: {
    method: 'POST',
    path: '/masking/api/v1/leaks/acceptances',
    system,
    summary: 'Answer for it that a finding names nobody; what was stopped is published',
    body: leakAcceptance,
    answer: leakList,
  },
} as const satisfies Record<string, Endpoint>
