import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { mayUse, type Right } from '@aquifer/core/access'
import type { AuditAct } from '@aquifer/core/audit'
import type { Endpoint } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { sendAnswer, type Answer } from './answer.js'
import { factsOf, grantOf } from './context.js'

export type Handler = (request: FastifyRequest) => Promise<Answer | Refusal>
export interface Binding {
  act: AuditAct
  /** of several any one is enough */
  right?: Right | readonly Right[]
  unaudited?: boolean
  fhir?: boolean
  /** the handler reads the body as it comes */
  streams?: boolean
  /** what it sends holds nobody's data, and goes on when somebody of its study withdraws */
  outlives?: boolean
  handler: Handler
}

export const routePath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

/** Binds a handler to an address of the contract; the role is asked before the body is looked at. */
export function bind(app: FastifyInstance, endpoint: Endpoint, binding: Binding): void {
  app.route({
    method: endpoint.method,
    url: routePath(endpoint.path),
    config: {
      open: endpoint.open === true,
      unaudited: binding.unaudited === true,
      fhir: binding.fhir === true,
      streams: binding.streams === true,
      outlives: binding.outlives === true,
    },
    handler: async (request, reply) => {
      factsOf(request).act = binding.act
      return sendAnswer(request, reply, await answerTo(request, endpoint, binding))
    },
  })
}

async function answerTo(request: FastifyRequest, endpoint: Endpoint, binding: Binding): Promise<Answer | Refusal> {
  if (binding.right !== undefined) {
    const grant = grantOf(request)
    if (![binding.right].flat().some((right) => mayUse(grant, right)))
      return refuse('not-permitted', { detail: `The role ${grant.role} does not permit this.` })
  }
  const answer = await binding.handler(request)
  if (isRefusal(answer) || endpoint.status === undefined || answer.status !== undefined) return answer
  return { ...answer, status: endpoint.status }
}

/** The body as the contract says it must be, or every finding at once. */
export function bodyAs<Schema extends z.ZodType>(request: FastifyRequest, schema: Schema): z.output<Schema> | Refusal<'invalid'> {
  const parsed = schema.safeParse(request.body ?? {})
  if (parsed.success && isStorable(parsed.data)) return parsed.data
  const found = parsed.error?.issues ?? [{ path: [], message: 'A text has no NUL and no half of a character in it.' }]
  const issues = found.map((issue) => ({
    severity: 'error' as const,
    path: issue.path.join('.'),
    code: 'invalid',
    message: issue.message,
  }))
  return refuse('invalid', {
    detail: issues.map((issue) => (issue.path === '' ? issue.message : `${issue.path}: ${issue.message}`)).join('; '),
    issues,
  })
}

// The database keeps every text but those with a NUL or with half of a character.
function isStorable(body: unknown): boolean {
  const left = [body]
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    if (typeof each === 'string' && (each.includes('\0') || /\p{Surrogate}/u.test(each))) return false
    if (typeof each === 'object' && each !== null)
      for (const entry of Object.entries(each)) for (const part of entry) left.push(part ?? null)
  }
  return true
}

/** Query parameters, each once; a repeated one keeps its first value. */
export function queryOf(request: FastifyRequest): Record<string, string> {
  const query: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.query as Record<string, unknown>)) {
    const first: unknown = Array.isArray(value) ? value[0] : value
    if (typeof first === 'string') query[name] = first
  }
  return query
}

export const paramOf = (request: FastifyRequest, name: string): string => (request.params as Record<string, string>)[name] ?? ''

export function wholeNumber(text: string | undefined, bounds: { min: number; max: number; otherwise: number }): number | null {
  if (text === undefined) return bounds.otherwise
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return number >= bounds.min && number <= bounds.max ? number : null
}
