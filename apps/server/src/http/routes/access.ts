import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isResourceType, parseReference } from '@aquifer/core/fhir'
import { endpoints, newRelationship } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Access } from '../../access/index.js'
import { bind, bodyAs, paramOf, queryOf, wholeNumber } from '../bind.js'
import { factsOf, grantOf } from '../context.js'

const pageMax = 1_000

export function accessRoutes(app: FastifyInstance, { access }: { access: Access }): void {
  const { relationships } = access
  bind(app, endpoints.relationships, {
    act: 'access',
    right: 'relationships.read',
    handler: async (request) => {
      const query = queryOf(request)
      const limit = wholeNumber(query['limit'], { min: 1, max: pageMax, otherwise: 100 })
      if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${pageMax}.`, parameter: 'limit' })
      const said = (name: string): string | null => query[name] ?? null
      const page = {
        study: said('study'),
        kind: said('kind'),
        holder: said('holder'),
        patient: said('patient'),
        after: said('after'),
        limit,
      }
      const list = await relationships.list(grantOf(request), page)
      return isRefusal(list) ? list : { body: list }
    },
  })
  bind(app, endpoints.addRelationship, {
    act: 'access',
    right: 'relationships.change',
    handler: async (request) => {
      const body = reasonMissing(request) ?? bodyAs(request, newRelationship)
      if (isRefusal(body)) return body
      const added = await relationships.add(grantOf(request), factsOf(request), body)
      return isRefusal(added) ? added : { body: added }
    },
  })
  bind(app, endpoints.endRelationship, {
    act: 'access',
    right: 'relationships.change',
    handler: async (request) => {
      const ended = reasonMissing(request) ?? (await relationships.end(grantOf(request), factsOf(request), paramOf(request, 'id')))
      return isRefusal(ended) ? ended : { body: ended }
    },
  })
  bind(app, endpoints.why, {
    act: 'access',
    right: 'access.why',
    handler: async (request) => {
      const question = questionIn(request)
      const answer = isRefusal(question) ? question : await access.why(grantOf(request), question)
      return isRefusal(answer) ? answer : { body: answer }
    },
  })
}

function reasonMissing(request: FastifyRequest): Refusal | null {
  if (factsOf(request).reason !== null) return null
  return refuse('bad-header', { detail: 'A change of relationships needs a reason in X-Aquifer-Reason.', header: 'X-Aquifer-Reason' })
}

function questionIn(request: FastifyRequest): Parameters<Access['why']>[1] | Refusal {
  const query = queryOf(request)
  const { user, study } = query
  const act = query['act'] ?? 'read'
  const resource = query['resource'] ?? ''
  const wrong = (parameter: string, detail: string): Refusal => refuse('bad-parameter', { detail, parameter })
  if (user === undefined) return wrong('user', 'Whose case is it? Name the user.')
  if (study === undefined) return wrong('study', 'Name the study.')
  if (act !== 'read' && act !== 'write') return wrong('act', 'act is read or write.')
  const reference = parseReference(resource)
  const isNamed = reference.kind === 'relative' && reference.version === undefined
  if (!isNamed && !isResourceType(resource)) return wrong('resource', 'resource is Type/id, or a type.')
  const listed = (text: string | undefined): string[] | null => (text === undefined ? null : text.split(',').filter((part) => part !== ''))
  return {
    user,
    study,
    act,
    type: isNamed ? reference.type : resource,
    id: isNamed ? reference.id : null,
    claims: { studies: listed(query['tokenStudies']), sites: listed(query['tokenSites']), patient: query['tokenPatient'] ?? null },
  }
}
