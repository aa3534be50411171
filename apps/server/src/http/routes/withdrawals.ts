import type { FastifyInstance, FastifyRequest } from 'fastify'
import { endpoints, previewRequest, withdrawalRequest } from '@aquifer/core/contract'
import { isRefusal, refuse } from '@aquifer/core/refusal'
import { bind, bodyAs, paramOf, queryOf, wholeNumber } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import { fhirRequestOf } from '../fhir-request.js'
import type { RoutedSystems } from '../systems.js'
import { ofStudy } from './study.js'

const pageMax = 200

export function withdrawalRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { withdrawals } = systems
  const one = (request: FastifyRequest): string => {
    const id = paramOf(request, 'withdrawal')
    factsOf(request).detail['withdrawal'] = id.slice(0, 64)
    return id
  }
  const changes = { act: 'withdrawal', right: 'consent.withdraw' } as const
  const reads = { act: 'withdrawal', right: 'consent.withdrawals' } as const
  bind(app, endpoints.previewWithdrawal, {
    act: 'withdrawal',
    right: ['consent.withdraw', 'consent.preview'],
    handler: ofStudy(systems, async (study, request) => {
      const body = bodyAs(request, previewRequest)
      return isRefusal(body) ? body : withdrawals.preview(study, grantOf(request), body)
    }),
  })
  bind(app, endpoints.withdraw, {
    ...changes,
    handler: ofStudy(systems, async (study, request) => {
      const body = bodyAs(request, withdrawalRequest)
      return isRefusal(body) ? body : withdrawals.start(study, fhirRequestOf(request), body)
    }),
  })
  bind(app, endpoints.withdrawals, {
    ...reads,
    handler: ofStudy(systems, async (study, request) => {
      const { limit: asked, before } = queryOf(request)
      const limit = wholeNumber(asked, { min: 1, max: pageMax, otherwise: 50 })
      if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${pageMax}.`, parameter: 'limit' })
      return withdrawals.list(study, grantOf(request), { limit, before: before ?? null })
    }),
  })
  bind(app, endpoints.withdrawal, {
    ...reads,
    handler: ofStudy(systems, (study, request) => withdrawals.see(study, grantOf(request), one(request))),
  })
  bind(app, endpoints.resumeWithdrawal, {
    ...changes,
    handler: ofStudy(systems, (study, request) => withdrawals.resume(study, grantOf(request), one(request))),
  })
  bind(app, endpoints.withdrawalCertificate, {
    ...reads,
    handler: ofStudy(systems, (study, request) => withdrawals.certificate(study, grantOf(request), one(request))),
  })
}
