import type { FastifyInstance, FastifyRequest } from 'fastify'
import { endpoints, previewRequest, withdrawalRequest } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Study } from '../../study/index.js'
import type { Answer } from '../answer.js'
import { bind, bodyAs, paramOf, queryOf, wholeNumber, type Handler } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import { fhirRequestOf } from '../fhir-request.js'
import type { RoutedSystems } from '../systems.js'
import { studyInPath } from './study.js'

const pageMax = 200

export function withdrawalRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { withdrawals } = systems
  const inStudy =
    (work: (study: Study, request: FastifyRequest) => Promise<object | Refusal>): Handler =>
    async (request): Promise<Answer | Refusal> => {
      const study = await studyInPath(systems, request)
      if (isRefusal(study)) return study
      const body = await work(study, request)
      return isRefusal(body) ? body : { body }
    }
  const one = (request: FastifyRequest): string => {
    const id = paramOf(request, 'withdrawal')
    factsOf(request).detail['withdrawal'] = id.slice(0, 64)
    return id
  }
  const changes = { act: 'withdrawal', right: 'consent.withdraw' } as const
  const reads = { act: 'withdrawal', right: 'consent.withdrawals' } as const
  bind(app, endpoints.previewWithdrawal, {
    ...changes,
    handler: inStudy(async (study, request) => {
      const body = bodyAs(request, previewRequest)
      return isRefusal(body) ? body : withdrawals.preview(study, grantOf(request), body)
    }),
  })
  bind(app, endpoints.withdraw, {
    ...changes,
    handler: inStudy(async (study, request) => {
      const body = bodyAs(request, withdrawalRequest)
      return isRefusal(body) ? body : withdrawals.start(study, fhirRequestOf(request), body)
    }),
  })
  bind(app, endpoints.withdrawals, {
    ...reads,
    handler: inStudy(async (study, request) => {
      const { limit: asked, before } = queryOf(request)
      const limit = wholeNumber(asked, { min: 1, max: pageMax, otherwise: 50 })
      if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${pageMax}.`, parameter: 'limit' })
      return withdrawals.list(study, grantOf(request), { limit, before: before ?? null })
    }),
  })
  bind(app, endpoints.withdrawal, {
    ...reads,
    handler: inStudy((study, request) => withdrawals.see(study, grantOf(request), one(request))),
  })
  bind(app, endpoints.resumeWithdrawal, {
    ...changes,
    handler: inStudy((study, request) => withdrawals.resume(study, grantOf(request), one(request))),
  })
  bind(app, endpoints.withdrawalCertificate, {
    ...reads,
    handler: inStudy((study, request) => withdrawals.certificate(study, grantOf(request), one(request))),
  })
}
