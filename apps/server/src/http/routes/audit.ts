import type { FastifyInstance, FastifyRequest } from 'fastify'
import { reachesPerson, type Grant } from '@aquifer/core/access'
import { endpoints, verifyRequest } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Answer } from '../answer.js'
import { fhirType } from '../answer.js'
import { bind, bodyAs, queryOf, wholeNumber } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { exportRoutes } from './audit-exports.js'
import { signatureRoutes } from './signatures.js'
import { studyNamed } from './study.js'

const pageMax = 1000

export function auditRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  sealRoutes(app, systems)
  exportRoutes(app, systems)
  signatureRoutes(app, systems)
  disclosureRoute(app, systems)
  bind(app, endpoints.auditRecords, {
    act: 'audit',
    right: 'audit.read',
    handler: async (request) => {
      const asked = await askedOf(systems, request)
      if (isRefusal(asked)) return asked
      const page = await systems.audits.search(grantOf(request), asked, asked.page)
      return isRefusal(page) ? page : { body: page }
    },
  })
  bind(app, endpoints.auditEvents, {
    act: 'audit',
    right: 'audit.read',
    handler: async (request) => {
      const asked = await askedOf(systems, request)
      if (isRefusal(asked)) return asked
      const found = await systems.audits.events(grantOf(request), asked, asked.page)
      return isRefusal(found) ? found : eventBundle(request, found)
    },
  })
}

function eventBundle(request: FastifyRequest, { events, next }: { events: Record<string, unknown>[]; next: string | null }): Answer {
  const here = `${request.protocol}://${request.host || 'localhost'}/audit/api/v1/events`
  const address = (more: Record<string, string>): string => {
    const query = new URLSearchParams({ ...queryOf(request), ...more }).toString()
    return query === '' ? here : `${here}?${query}`
  }
  const link = [{ relation: 'self', url: address({}) }, ...(next === null ? [] : [{ relation: 'next', url: address({ before: next }) }])]
  const entry = events.map((resource) => ({ fullUrl: `${here}/${String(resource['id'])}`, resource, search: { mode: 'match' } }))
  return {
    type: fhirType,
    body: JSON.stringify({ resourceType: 'Bundle', type: 'searchset', link, ...(entry.length > 0 ? { entry } : {}) }),
  }
}

const filters = new Set(['actor', 'role', 'action', 'outcome', 'from', 'to', 'patient', 'correlation'])

async function askedOf(systems: RoutedSystems, request: FastifyRequest) {
  const { study: studyId, limit: asked, before, ...query } = queryOf(request)
  // A filter that is overlooked would show a trail of something else.
  const unknown = Object.keys(query).find((name) => !filters.has(name))
  if (unknown !== undefined)
    return refuse('bad-parameter', { detail: `${unknown} is no filter here: ${[...filters].join(', ')}.`, parameter: unknown })
  const limit = wholeNumber(asked, { min: 1, max: pageMax, otherwise: 100 })
  if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${pageMax}.`, parameter: 'limit' })
  if (before !== undefined && !/^\d{1,18}$/.test(before))
    return refuse('bad-parameter', { detail: 'before is the id of an earlier page’s last record.', parameter: 'before' })
  const study = await studyNamed(systems, request, studyId)
  if (isRefusal(study)) return study
  const facts = factsOf(request)
  facts.sid = study?.sid ?? null
  if (query['patient'] !== undefined) facts.people.push(query['patient'])
  const { actor, role, action, outcome, from, to, patient, correlation } = query
  const page = { limit, ...(before === undefined ? {} : { before: BigInt(before) }) }
  return { study, actor, role, action, outcome, from, to, patient, correlation, page }
}

function sealRoutes(app: FastifyInstance, { audits, jobs }: RoutedSystems): void {
  bind(app, endpoints.auditHead, {
    act: 'audit',
    right: 'audit.verify',
    handler: async () => {
      const head = await audits.head()
      return isRefusal(head) ? head : { body: head }
    },
  })
  bind(app, endpoints.verifyAudit, {
    act: 'audit',
    right: 'audit.verify',
    handler: async (request) => {
      const body = bodyAs(request, verifyRequest)
      if (isRefusal(body)) return body
      return { body: await jobs.queue({ kind: 'audit-verify', sid: null, actor: grantOf(request).user, request: body }) }
    },
  })
}

// Bound to persons: this one, and not just anybody.
const isOwn = (grant: Grant, patient: string): boolean => reachesPerson(grant, [patient]) && !reachesPerson(grant, ['\u0000'])
const ownRoles = new Set<string>(['patient', 'guardian'])

function disclosureRoute(app: FastifyInstance, { audits }: RoutedSystems): void {
  bind(app, endpoints.disclosures, {
    act: 'audit',
    right: 'audit.disclosures',
    handler: async (request): Promise<Answer | Refusal> => {
      const { patient, from, to } = queryOf(request)
      if (patient === undefined || !/^[A-Za-z0-9.-]{1,64}$/.test(patient))
        return refuse('bad-parameter', { detail: 'patient is the id of a Patient.', parameter: 'patient' })
      const grant = grantOf(request)
      const mine = ownRoles.has(grant.role)
      if (mine && !isOwn(grant, patient)) return refuse('unknown', { detail: 'There is no such person here.' })
      factsOf(request).people.push(patient)
      const found = await audits.disclosures(grant, { patient, from, to, mine })
      return isRefusal(found) ? found : { body: found }
    },
  })
}
