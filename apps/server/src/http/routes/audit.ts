import type { FastifyInstance } from 'fastify'
import { endpoints, verifyRequest } from '@aquifer/core/contract'
import { isRefusal, refuse } from '@aquifer/core/refusal'
import { bind, bodyAs, queryOf, wholeNumber } from '../bind.js'
import { grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

const pageMax = 1000

export function auditRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  sealRoutes(app, systems)
  bind(app, endpoints.auditRecords, {
    act: 'audit',
    right: 'audit.read',
    handler: async (request) => {
      const query = queryOf(request)
      const limit = wholeNumber(query['limit'], { min: 1, max: pageMax, otherwise: 100 })
      if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${pageMax}.`, parameter: 'limit' })
      const before = query['before']
      if (before !== undefined && !/^\d{1,18}$/.test(before))
        return refuse('bad-parameter', { detail: 'before is the id of an earlier page’s last record.', parameter: 'before' })
      const study = await studyNamed(systems, request, query['study'])
      if (isRefusal(study)) return study
      if (study === null && grantOf(request).studies !== 'all')
        return refuse('scope-missing', { detail: 'Name the study: your grant does not reach all of them.' })
      return {
        body: await systems.audits.list({
          limit,
          ...(before === undefined ? {} : { before: BigInt(before) }),
          ...(study === null ? {} : { sid: study.sid }),
        }),
      }
    },
  })
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
