import type { FastifyInstance } from 'fastify'
import { sitesReached } from '@aquifer/core/access'
import { decisionsRequest, endpoints } from '@aquifer/core/contract'
import { isRefusal, refuse } from '@aquifer/core/refusal'
import { recordDecisions } from '../../import/index.js'
import { bind, bodyAs, queryOf, wholeNumber } from '../bind.js'
import { grantOf } from '../context.js'
import { fhirRequestOf } from '../fhir-request.js'
import type { RoutedSystems } from '../systems.js'
import { studyInPath } from './study.js'

const refusalsPageMax = 500

export function consentRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { consents } = systems
  bind(app, endpoints.consentSummary, {
    act: 'consent',
    right: 'consent.summary',
    handler: async (request) => {
      const study = await studyInPath(systems, request)
      if (isRefusal(study)) return study
      const summary = await consents.summary(study, {
        grant: grantOf(request),
        asOf: queryOf(request)['asOf'] ?? null,
      })
      return isRefusal(summary) ? summary : { body: summary }
    },
  })
  bind(app, endpoints.refusedWrites, {
    act: 'consent',
    right: 'consent.refusals',
    handler: async (request) => {
      const study = await studyInPath(systems, request)
      if (isRefusal(study)) return study
      const query = queryOf(request)
      const limit = wholeNumber(query['limit'], { min: 1, max: refusalsPageMax, otherwise: 50 })
      if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${refusalsPageMax}.`, parameter: 'limit' })
      const sites = sitesReached(grantOf(request), study.id)
      const limited = sites === null ? null : study.sites.filter((site) => sites.includes(site.id)).map((site) => site.site)
      const refused = await consents.refusedWrites(study, {
        limit,
        before: query['before'] ?? null,
        sites: limited,
      })
      return isRefusal(refused) ? refused : { body: refused }
    },
  })
  bind(app, endpoints.recordDecisions, {
    act: 'consent',
    right: 'consent.decide',
    handler: async (request) => {
      const study = await studyInPath(systems, request)
      if (isRefusal(study)) return study
      const body = bodyAs(request, decisionsRequest)
      if (isRefusal(body)) return body
      const asked = { ...fhirRequestOf(request), asked: { studies: [study.id], sites: body.site === undefined ? [] : [body.site] } }
      const outcome = await recordDecisions(systems.fhir, asked, body)
      return isRefusal(outcome) ? outcome : { body: outcome }
    },
  })
}
