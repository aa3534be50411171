import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mayUse } from '@aquifer/core/access'
import { endpoints, riskPreviewRequest } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { RiskDesk } from '../../risk/index.js'
import type { Study } from '../../study/index.js'
import { bind, bodyAs, queryOf } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

const act = 'risk'

export function riskRoutes(app: FastifyInstance, systems: RoutedSystems, risk: RiskDesk): void {
  const named = async (request: FastifyRequest, id: string | undefined): Promise<Study | Refusal> => {
    const study = await studyNamed(systems, request, id)
    if (isRefusal(study)) return study
    if (study === null) return refuse('bad-parameter', { detail: 'Name the study.', parameter: 'study' })
    factsOf(request).sid = study.sid
    return study
  }
  bind(app, endpoints.risk, {
    act,
    right: ['risk.read', 'risk.summary'],
    handler: async (request) => {
      const { study: id, snapshot = null } = queryOf(request)
      const study = await named(request, id)
      if (isRefusal(study)) return study
      const full = mayUse(grantOf(request), 'risk.read')
      const report = await risk.report(study, { full, snapshot })
      if (isRefusal(report)) return report
      Object.assign(factsOf(request).detail, { snapshot: report.snapshot, detail: report.detail })
      return { body: report }
    },
  })
  bind(app, endpoints.riskPreview, {
    act,
    right: 'risk.read',
    handler: async (request) => {
      const body = bodyAs(request, riskPreviewRequest)
      if (isRefusal(body)) return body
      const study = await named(request, body.study)
      if (isRefusal(study)) return study
      const preview = await risk.preview(study, body)
      return isRefusal(preview) ? preview : { body: preview }
    },
  })
}
