import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { answerForm, inForm } from './formats.js'
import { bugOutcome, bugProblem, headersOf, statusOf, toOperationOutcome, toProblem } from './refusals.js'

export interface Answer {
  status?: number
  headers?: Record<string, string>
  /** bytes, strings and streams go as they are; anything else as JSON */
  body?: unknown
  type?: string
}

export const fhirType = 'application/json+fhir; charset=utf-8'
const problemType = 'application/problem+json; charset=utf-8'

const wantsFhir = (request: FastifyRequest): boolean => request.routeOptions.config.fhir === true || request.url.startsWith('/fhir-server/')

export function sendRefusal(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  request.aquifer.facts.refusal = refusal.refusal
  void reply.code(statusOf(refusal)).headers(headersOf(refusal))
  if (wantsFhir(request)) return sendFhir(request, reply, JSON.stringify(toOperationOutcome(refusal)))
  return reply.type(problemType).send(JSON.stringify(toProblem(refusal, request.aquifer.facts.correlationId)))
}

export function sendBug(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { correlationId } = request.aquifer.facts
  void reply.code(500)
  if (wantsFhir(request)) return sendFhir(request, reply, JSON.stringify(bugOutcome(correlationId)))
  return reply.type(problemType).send(JSON.stringify(bugProblem(correlationId)))
}

/** FHIR in the form that was asked for; where none of ours was, as for the refusal that says so, in DSTU2's JSON. */
function sendFhir(request: FastifyRequest, reply: FastifyReply, json: string | Buffer): FastifyReply {
  const form = answerForm(request)
  if (form === null) return reply.type(fhirType).send(json)
  // XML is a page to a browser, and a narrative in it is HTML.
  if (form.format === 'xml') void reply.header('content-security-policy', "default-src 'none'; sandbox")
  return reply.type(`${form.type}; charset=utf-8`).send(inForm(json, form))
}

export function sendAnswer(request: FastifyRequest, reply: FastifyReply, answer: Answer | Refusal): FastifyReply {
  if (isRefusal(answer)) return sendRefusal(request, reply, answer)
  void reply.code(answer.status ?? 200).headers(answer.headers ?? {})
  if (answer.body === undefined) return reply.send()
  const isText = typeof answer.body === 'string' || Buffer.isBuffer(answer.body)
  if (isText && (answer.type === undefined || answer.type === fhirType)) return sendFhir(request, reply, answer.body as string | Buffer)
  if (typeof answer.body === 'string' || Buffer.isBuffer(answer.body) || answer.body instanceof Readable)
    return reply.type(answer.type ?? fhirType).send(answer.body)
  return reply.type(answer.type ?? 'application/json; charset=utf-8').send(JSON.stringify(answer.body))
}
