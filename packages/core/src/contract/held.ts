import { z } from 'zod'
import type { Endpoint } from './endpoints.js'

export const heldGroup = z.object({
  cause: z.string().describe('names the group'),
  reason: z.string(),
  detail: z.string().nullable().describe('address of the unknown modifierExtension, where it tells nothing of the resource'),
  type: z.string(),
  count: z.number().int(),
  since: z.iso.datetime().nullable().describe('when the first of them was held'),
  ids: z.array(z.string()).nullable().describe('masked ids of the first of them; null for who may not see single resources'),
  remedy: z.string(),
})
export const heldGroups = z
  .object({
    study: z.string(),
    held: z.number().int(),
    groups: z.array(heldGroup),
    rebuilding: z
      .object({ rows: z.number().int(), of: z.number().int() })
      .nullable()
      .describe('the study is being masked anew: versions masked so far, of all in its lake'),
  })
  .meta({ id: 'HeldGroups' })
export type HeldGroups = z.infer<typeof heldGroups>
export type HeldGroup = z.infer<typeof heldGroup>

export const heldResources = z
  .object({
    study: z.string(),
    cause: z.string(),
    count: z.number().int(),
    resources: z.array(
      z.object({ type: z.string(), id: z.string().nullable(), version: z.number().int(), since: z.iso.datetime().nullable() }),
    ),
    next: z.number().int().nullable().describe('page after this one'),
  })
  .meta({ id: 'HeldResources' })
export type HeldResources = z.infer<typeof heldResources>

const policyBytesMax = 512 * 1024
export const heldPreviewRequest = z
  .strictObject({
    study: z.string(),
    policy: z
      .union([z.string().min(1).max(policyBytesMax), z.strictObject({ id: z.string().max(64) })])
      .describe('name of a built-in policy, the text of a policy file, or a stored version by its id'),
  })
  .meta({ id: 'HeldPreviewRequest' })

export const heldPreview = z
  .object({
    study: z.string(),
    policy: z.string(),
    passes: z.number().int(),
    stays: z.number().int(),
    groups: z.array(
      z.object({
        cause: z.string(),
        reason: z.string(),
        detail: z.string().nullable(),
        type: z.string(),
        passes: z.number().int(),
        withheld: z.number().int().describe('of a type that this policy never lets out: no longer held, and not there'),
        stays: z.number().int(),
        because: z.array(z.object({ reason: z.string(), detail: z.string().nullable(), count: z.number().int() })),
        missing: z.number().int().describe('not found in the lake, or without an id to look for'),
      }),
    ),
  })
  .meta({ id: 'HeldPreview' })
export type HeldPreview = z.infer<typeof heldPreview>

export const heldReleaseRequest = z
  .strictObject({ study: z.string(), reason: z.string().trim().min(1).max(500) })
  .meta({ id: 'HeldReleaseRequest' })
export const heldRelease = z
  .object({
    study: z.string(),
    held: z.number().int().describe('held before'),
    rows: z.number().int().describe('versions that are masked anew'),
  })
  .meta({ id: 'HeldRelease' })
export type HeldRelease = z.infer<typeof heldRelease>

const system = 'pipeline'
export const heldEndpoints = {
  heldGroups: {
    method: 'GET',
    path: '/pipeline/api/v1/held',
    system,
    summary: 'What of a study is held back from masking, by cause, with what to do about it',
    query: ['study'],
    answer: heldGroups,
  },
  heldResources: {
    method: 'GET',
    path: '/pipeline/api/v1/held/resources',
    system,
    summary: 'The resources of one cause, by masked id',
    query: ['study', 'cause', 'page'],
    answer: heldResources,
  },
  previewHeld: {
    method: 'POST',
    path: '/pipeline/api/v1/held/preview',
    system,
    summary: 'How many of the held resources another policy would let pass; nothing is stored',
    body: heldPreviewRequest,
    answer: heldPreview,
  },
  releaseHeld: {
    method: 'POST',
    path: '/pipeline/api/v1/held/release',
    system,
    summary: 'Mask the study anew from its lake under the active policy; what passes now is no longer held',
    body: heldReleaseRequest,
    answer: heldRelease,
    status: 202,
  },
} as const satisfies Record<string, Endpoint>
