import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isResourceType, parseReference } from '@aquifer/core/fhir'
import {
  breakGlassRequest,
  breakGlassReview,
  endpoints,
  newRelationship,
  rolePolicyProposal,
  rolePolicySigning,
  rolePolicyText,
} from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Access } from '../../access/index.js'
import type { Identity } from '../../identity/index.js'
import { bind, bodyAs, paramOf, queryOf, wholeNumber } from '../bind.js'
import { callerOf, factsOf, grantOf } from '../context.js'

const pageMax = 1_000

export function accessRoutes(app: FastifyInstance, systems: { access: Access; identity: Identity }): void {
  const { access } = systems
  policyRoutes(app, systems)
  breakGlassRoutes(app, access)
  const { relationships } = access
  bind(app, endpoints.relationships, {
    act: 'access',
    right: 'relationships.read',
    handler: async (request) => {
      const query = queryOf(request)
      const limit = wholeNumber(query['limit'], { min: 1, max: pageMax, otherwise: 100 })
      if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${pageMax}.`, parameter: 'limit' })
      const state = (['open', 'ended'] as const).find((each) => each === query['state']) ?? null
      if (state === null && query['state'] !== undefined)
        return refuse('bad-parameter', { detail: 'state is open or ended.', parameter: 'state' })
      const said = (name: string): string | null => query[name] ?? null
      const page = {
        study: said('study'),
        kind: said('kind'),
        holder: said('holder'),
        patient: said('patient'),
        search: said('search'),
        state,
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

function policyRoutes(app: FastifyInstance, { access, identity }: { access: Access; identity: Identity }): void {
  const { policies } = access
  bind(app, endpoints.rolePolicies, { act: 'access', right: 'policy.read', handler: async () => ({ body: await policies.list() }) })
  bind(app, endpoints.rolePolicy, {
    act: 'access',
    right: 'policy.read',
    handler: async (request) => {
      const version = await policies.version(versionIn(request))
      return isRefusal(version) ? version : { body: version }
    },
  })
  bind(app, endpoints.checkRolePolicy, {
    act: 'access',
    right: 'policy.read',
    handler: async (request) => {
      const body = bodyAs(request, rolePolicyText)
      return isRefusal(body) ? body : { body: policies.check(body.text) }
    },
  })
  bind(app, endpoints.proposeRolePolicy, {
    act: 'access',
    right: 'policy.propose',
    handler: async (request) => {
      const body = bodyAs(request, rolePolicyProposal)
      const proposed = isRefusal(body) ? body : await policies.propose(grantOf(request), body.document)
      if (isRefusal(proposed)) return proposed
      factsOf(request).detail['policy'] = proposed.version
      return { body: proposed }
    },
  })
  bind(app, endpoints.signRolePolicy, {
    act: 'sign',
    right: 'policy.sign',
    handler: async (request) => {
      const body = bodyAs(request, rolePolicySigning)
      if (isRefusal(body)) return body
      const { grant, name } = callerOf(request)
      // A service token has no password; that it cannot sign is said by the policies.
      const again = grant.user.startsWith('local:') ? null : await identity.confirmations.confirm(grant.user, body)
      const signed = isRefusal(again) ? again : await policies.sign(grant, { name, meaning: body.meaning }, versionIn(request))
      if (isRefusal(signed)) return signed
      const signature = signed.signatures.findLast(({ signer }) => signer === grant.user)?.id ?? null
      factsOf(request).detail = { ...factsOf(request).detail, policy: signed.version, meaning: body.meaning, signature }
      return { body: signed }
    },
  })
}

const versionIn = (request: FastifyRequest): number =>
  wholeNumber(paramOf(request, 'version'), { min: 0, max: 999_999_999, otherwise: -1 }) ?? -1

function breakGlassRoutes(app: FastifyInstance, { breakGlass }: Access): void {
  bind(app, endpoints.openBreakGlass, {
    act: 'break-glass',
    right: 'break-glass.open',
    handler: async (request) => {
      const body = bodyAs(request, breakGlassRequest)
      const opened = isRefusal(body) ? body : await breakGlass.open(grantOf(request), factsOf(request), body)
      return isRefusal(opened) ? opened : { body: opened }
    },
  })
  bind(app, endpoints.breakGlassCases, {
    act: 'break-glass',
    right: 'break-glass.review',
    handler: async (request) => ({ body: await breakGlass.list(grantOf(request)) }),
  })
  bind(app, endpoints.reviewBreakGlass, {
    act: 'break-glass',
    right: 'break-glass.review',
    handler: async (request) => {
      const body = bodyAs(request, breakGlassReview)
      if (isRefusal(body)) return body
      const reviewed = await breakGlass.review(grantOf(request), factsOf(request), paramOf(request, 'id'), body)
      return isRefusal(reviewed) ? reviewed : { body: reviewed }
    },
  })
}
