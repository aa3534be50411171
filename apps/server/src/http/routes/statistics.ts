import type { FastifyInstance } from 'fastify'
import { endpoints, statisticsRequest } from '@aquifer/core/contract'
import { isRefusal } from '@aquifer/core/refusal'
import { statisticsBy } from '../../query/index.js'
import { bind, bodyAs } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import { levelOf, reached, untilGone, type QuerySystems } from './query.js'

export function statisticsRoutes(app: FastifyInstance, systems: QuerySystems): void {
  bind(app, endpoints.statistics, {
    act: 'query',
    right: ['query.run', 'query.count'],
    handler: async (request) => {
      const body = bodyAs(request, statisticsRequest)
      if (isRefusal(body)) return body
      const study = await reached(systems, request, body.study)
      if (isRefusal(study)) return study
      const level = levelOf(request, undefined)
      if (isRefusal(level)) return level
      const { kind, purpose, cut, suppress } = body
      Object.assign(factsOf(request).detail, { statistics: kind, purpose, suppress, level, ...(cut === undefined ? {} : { cut }) })
      return untilGone(request, async (signal) => {
        const answer = await statisticsBy(systems.query, { study, actor: grantOf(request).user, request: body, level, signal })
        if (isRefusal(answer)) return answer
        factsOf(request).detail['statement'] = answer.statement
        return { body: answer }
      })
    },
  })
}
