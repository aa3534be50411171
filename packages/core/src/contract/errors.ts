import { z } from 'zod'

/** RFC 9457, with the few members of ours that a client may act on. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional(),
    code: z.string().describe('the refusal’s code, stable'),
    correlationId: z.string().optional(),
    missing: z.array(z.string()).optional(),
    remedy: z.string().optional(),
    position: z.number().int().optional(),
    suggestion: z.string().optional(),
    issues: z.array(z.object({ severity: z.string(), path: z.string(), code: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof problem>
