import type { FastifyInstance } from 'fastify'
import { endpoints, participantRequest, participantStepRequest } from '@aquifer/core/contract'
import { isRefusal, refuse } from '@aquifer/core/refusal'
import { bodyAs, bind, paramOf, queryOf, wholeNumber } from '../bind.js'
import { grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { ofStudy } from './study.js'

const pageMax = 1_000

/** Figures and lists about a study's people, by subject number. */
export function consentPeopleRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { consents } = systems
  const reads = { act: 'consent', right: 'consent.participants' } as const
  bind(app, endpoints.consentAhead, {
    ...reads,
    handler: ofStudy(systems, async (study, request) => {
      const days = wholeNumber(queryOf(request)['days'], { min: 1, max: 3_650, otherwise: 90 })
      if (days === null) return refuse('bad-parameter', { detail: 'days is 1 to 3650.', parameter: 'days' })
      return consents.ahead(study, { grant: grantOf(request), days })
    }),
  })
  bind(app, endpoints.consentPeople, {
    ...reads,
    handler: ofStudy(systems, async (study, request) => {
      const { asOf, limit: asked, after } = queryOf(request)
      const limit = wholeNumber(asked, { min: 1, max: pageMax, otherwise: 100 })
      if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${pageMax}.`, parameter: 'limit' })
      return consents.people(study, { grant: grantOf(request), asOf: asOf ?? null, limit, after: after ?? null })
    }),
  })
  bind(app, endpoints.consentVersions, {
    ...reads,
    handler: ofStudy(systems, (study, request) => consents.versions(study, { grant: grantOf(request) })),
  })
}

export function participantRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { participants } = systems
  const reads = { act: 'consent', right: 'consent.participants' } as const
  const writes = { act: 'consent', right: 'consent.log' } as const
  bind(app, endpoints.participants, {
    ...reads,
    handler: ofStudy(systems, async (study, request) => {
      const { state, site, limit: asked, after } = queryOf(request)
      const limit = wholeNumber(asked, { min: 1, max: pageMax, otherwise: 100 })
      if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${pageMax}.`, parameter: 'limit' })
      const filter = { ...(state === undefined ? {} : { state }), ...(site === undefined ? {} : { site }) }
      return participants.list(study, grantOf(request), { ...filter, limit, after: after ?? null })
    }),
  })
  bind(app, endpoints.logParticipant, {
    ...writes,
    handler: ofStudy(systems, async (study, request) => {
      const body = bodyAs(request, participantRequest)
      return isRefusal(body) ? body : participants.add(study, grantOf(request), body)
    }),
  })
  bind(app, endpoints.participant, {
    ...reads,
    handler: ofStudy(systems, (study, request) => participants.see(study, grantOf(request), paramOf(request, 'subject'))),
  })
  bind(app, endpoints.moveParticipant, {
    ...writes,
    handler: ofStudy(systems, async (study, request) => {
      const body = bodyAs(request, participantStepRequest)
      return isRefusal(body) ? body : participants.move(study, grantOf(request), paramOf(request, 'subject'), body)
    }),
  })
  bind(app, endpoints.funnel, {
    ...reads,
    handler: ofStudy(systems, (study, request) => participants.funnel(study, grantOf(request), queryOf(request)['asOf'] ?? null)),
  })
}
