import type { FastifyInstance } from 'fastify'
import { endpoints } from '@aquifer/core/contract'
import { isRefusal, refuse } from '@aquifer/core/refusal'
import { bind, paramOf, queryOf, wholeNumber } from '../bind.js'
import { grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'

const pageMax = 500

export function jobRoutes(app: FastifyInstance, { jobs }: RoutedSystems): void {
  bind(app, endpoints.jobs, {
    act: 'job',
    right: 'jobs.own',
    handler: async (request) => {
      const { study, kind, limit: asked } = queryOf(request)
      const limit = wholeNumber(asked, { min: 1, max: pageMax, otherwise: 50 })
      if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${pageMax}.`, parameter: 'limit' })
      const page = await jobs.list(grantOf(request), {
        limit,
        ...(study === undefined ? {} : { study }),
        ...(kind === undefined ? {} : { kind }),
      })
      return { body: { jobs: page } }
    },
  })
  bind(app, endpoints.job, {
    act: 'job',
    right: 'jobs.own',
    handler: async (request) => {
      const job = await jobs.see(grantOf(request), paramOf(request, 'id'))
      return isRefusal(job) ? job : { body: job }
    },
  })
  bind(app, endpoints.cancelJob, {
    act: 'job',
    right: 'jobs.own',
    handler: async (request) => {
      const job = await jobs.cancel(grantOf(request), paramOf(request, 'id'))
      return isRefusal(job) ? job : { body: job }
    },
  })
}
