import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  clientKeys,
  codeExchange,
  endpoints,
  firstAdministratorRequest,
  keyRotation,
  newClient,
  newPerson,
  passwordChange,
  personGrant,
  reviewDecision,
  reviewRequest,
  statusChange,
  tokenRevocation,
} from '@aquifer/core/contract'
import { reachesStudy } from '@aquifer/core/access'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { bind, bodyAs, paramOf, queryOf } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

const listBytesMax = 2 * 1024 * 1024

/** People, clients, keys and reviews of who has what. */
export function peopleRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  personRoutes(app, systems)
  codeRoutes(app, systems)
  clientRoutes(app, systems)
  reviewRoutes(app, systems)
}

const answered = <T>(made: T | Refusal): { body: T } | Refusal => (isRefusal(made) ? made : { body: made })
const nothing = (made: null | Refusal): Record<string, never> | Refusal => made ?? {}
/** Whom an act is about, for the trail. */
const about = (request: FastifyRequest, user: string): void => void (factsOf(request).detail = { ...factsOf(request).detail, user })
/** Which kind of resource somebody becomes; its id may be a medical record number, and of patients the trail keeps the surrogate. */
function aboutActor(request: FastifyRequest, actor: string | null | undefined): void {
  if (actor === undefined) return
  const [type = '', id = ''] = actor === null ? ['none'] : actor.split('/', 2)
  const facts = factsOf(request)
  facts.detail = { ...facts.detail, actor: type }
  if (type === 'Patient') facts.people.push(id)
}

function personRoutes(app: FastifyInstance, { identity: { people } }: RoutedSystems): void {
  const manage = { act: 'people', right: 'people.manage' } as const
  bind(app, endpoints.people, { act: 'people', right: 'people.list', handler: async () => ({ body: { users: await people.list() } }) })
  bind(app, endpoints.addPerson, {
    ...manage,
    handler: async (request) => {
      const body = bodyAs(request, newPerson)
      if (isRefusal(body)) return body
      about(request, body.name)
      aboutActor(request, body.actor)
      return answered(await people.add(grantOf(request), body))
    },
  })
  app.register(async (scope) => {
    scope.addContentTypeParser(['text/csv', 'text/plain'], { parseAs: 'string', bodyLimit: listBytesMax }, (_request, body, done) =>
      done(null, body),
    )
    bind(scope, endpoints.importPeople, {
      ...manage,
      handler: async (request) => {
        if (typeof request.body !== 'string') return refuse('unsupported-media-type', { detail: 'Send the list as text/csv.' })
        const invitations = await people.importCsv(grantOf(request), request.body)
        if (isRefusal(invitations)) return invitations
        factsOf(request).detail = { ...factsOf(request).detail, people: invitations.length }
        return { body: { invitations } }
      },
    })
    bind(scope, endpoints.checkPeople, {
      ...manage,
      handler: async (request) => {
        if (typeof request.body !== 'string') return refuse('unsupported-media-type', { detail: 'Send the list as text/csv.' })
        return answered(await people.checkCsv(grantOf(request), request.body))
      },
    })
  })
  bind(app, endpoints.personStatus, {
    ...manage,
    handler: async (request) => {
      const body = bodyAs(request, statusChange)
      if (isRefusal(body)) return body
      about(request, `${paramOf(request, 'id')} ${body.status}`)
      return answered(await people.setStatus(grantOf(request), paramOf(request, 'id'), body.status))
    },
  })
  bind(app, endpoints.personGrant, {
    ...manage,
    handler: async (request) => {
      const body = bodyAs(request, personGrant)
      if (isRefusal(body)) return body
      about(request, `${paramOf(request, 'id')} ${body.role}`)
      aboutActor(request, body.actor)
      return answered(await people.setGrant(grantOf(request), paramOf(request, 'id'), body))
    },
  })
  bind(app, endpoints.endSessions, {
    ...manage,
    handler: async (request) => {
      about(request, `${paramOf(request, 'id')} sessions ended`)
      return answered(await people.endSessions(grantOf(request), paramOf(request, 'id')))
    },
  })
  bind(app, endpoints.resetPerson, {
    ...manage,
    handler: async (request) => {
      about(request, paramOf(request, 'id'))
      return answered(await people.reset(grantOf(request), paramOf(request, 'id')))
    },
  })
}

function codeRoutes(app: FastifyInstance, { identity: { people } }: RoutedSystems): void {
  bind(app, endpoints.exchangeCode, {
    act: 'people',
    handler: async (request) => {
      const body = bodyAs(request, codeExchange)
      if (isRefusal(body)) return body
      factsOf(request).actor = body.user
      return nothing(await people.exchange(body))
    },
  })
  bind(app, endpoints.firstAdministrator, {
    act: 'people',
    handler: async (request) => {
      const body = bodyAs(request, firstAdministratorRequest)
      if (isRefusal(body)) return body
      factsOf(request).actor = body.name
      return nothing(await people.addFirst(body))
    },
  })
  bind(app, endpoints.changePassword, {
    act: 'people',
    handler: async (request) => {
      const body = bodyAs(request, passwordChange)
      return isRefusal(body) ? body : nothing(await people.changePassword(grantOf(request).user, body))
    },
  })
}

function clientRoutes(app: FastifyInstance, { identity, now }: RoutedSystems): void {
  const manage = { act: 'client', right: 'clients.manage' } as const
  bind(app, endpoints.clients, { ...manage, handler: async () => ({ body: { clients: await identity.clients.list() } }) })
  bind(app, endpoints.addClient, {
    ...manage,
    handler: async (request) => {
      const body = bodyAs(request, newClient)
      if (isRefusal(body)) return body
      about(request, `client:${body.name}`)
      return answered(await identity.clients.add(grantOf(request), body))
    },
  })
  bind(app, endpoints.clientStatus, {
    ...manage,
    handler: async (request) => {
      const body = bodyAs(request, statusChange)
      if (isRefusal(body)) return body
      about(request, `${paramOf(request, 'id')} ${body.status}`)
      return answered(await identity.clients.setStatus(grantOf(request), paramOf(request, 'id'), body.status))
    },
  })
  bind(app, endpoints.clientKeys, {
    ...manage,
    handler: async (request) => {
      const body = bodyAs(request, clientKeys)
      if (isRefusal(body)) return body
      about(request, `${paramOf(request, 'id')} keys`)
      return answered(await identity.clients.setKeys(grantOf(request), paramOf(request, 'id'), body))
    },
  })
  bind(app, endpoints.rotateKeys, {
    act: 'token',
    right: 'keys.rotate',
    handler: async (request) => {
      const body = bodyAs(request, keyRotation)
      if (isRefusal(body)) return body
      await identity.keys.rotate(now(), body.compromised === true)
      return { body: identity.keys.jwks(now()) }
    },
  })
  bind(app, endpoints.revokeTokenById, {
    act: 'token',
    right: 'people.manage',
    handler: async (request) => {
      const body = bodyAs(request, tokenRevocation)
      if (isRefusal(body)) return body
      await identity.revokeById(body.tokenId, grantOf(request).user)
      return {}
    },
  })
}

function reviewRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { reviews } = systems.identity
  const reached = (request: FastifyRequest, study: string | null): boolean =>
    study === null ? grantOf(request).studies === 'all' : reachesStudy(grantOf(request), study)
  const noReview = () => refuse('unknown', { detail: 'There is no such review.' })
  async function placeOf(request: FastifyRequest, asked: { study?: string | undefined; site?: string | undefined }) {
    const study = await studyNamed(systems, request, asked.study)
    if (isRefusal(study)) return study
    if (study === null && asked.site !== undefined)
      return refuse('bad-parameter', { detail: 'A site is one of a study.', parameter: 'site' })
    if (study === null && grantOf(request).studies !== 'all')
      return refuse('bad-parameter', { detail: 'Name a study.', parameter: 'study' })
    factsOf(request).sid = study?.sid ?? null
    return { study: study?.id ?? null, site: asked.site ?? null }
  }
  bind(app, endpoints.accessHolders, {
    act: 'access-review',
    right: 'access.review',
    handler: async (request) => {
      const place = await placeOf(request, queryOf(request))
      if (isRefusal(place)) return place
      return { body: { ...place, asOf: new Date(systems.now()).toISOString(), holders: await reviews.holders(grantOf(request), place) } }
    },
  })
  bind(app, endpoints.accessReviews, {
    act: 'access-review',
    right: 'access.review',
    handler: async (request) => ({ body: { reviews: (await reviews.list()).filter((review) => reached(request, review.study)) } }),
  })
  bind(app, endpoints.openAccessReview, {
    act: 'access-review',
    right: 'access.recertify',
    handler: async (request) => {
      const body = bodyAs(request, reviewRequest)
      if (isRefusal(body)) return body
      const place = await placeOf(request, body)
      return isRefusal(place) ? place : { body: await reviews.open(grantOf(request), place) }
    },
  })
  bind(app, endpoints.accessReview, {
    act: 'access-review',
    right: 'access.review',
    handler: async (request) => {
      const review = await reviews.byId(paramOf(request, 'id'))
      return review === null || !reached(request, review.study) ? noReview() : { body: review }
    },
  })
  bind(app, endpoints.decideAccessReview, {
    act: 'access-review',
    right: 'access.recertify',
    handler: async (request) => {
      const body = bodyAs(request, reviewDecision)
      if (isRefusal(body)) return body
      const review = await reviews.byId(paramOf(request, 'id'))
      if (review === null || !reached(request, review.study)) return noReview()
      about(request, `${body.holder} ${body.decision}`)
      return answered(await reviews.decide(grantOf(request), review.id, body))
    },
  })
}
