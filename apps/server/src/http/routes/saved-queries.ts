import type { FastifyInstance, FastifyRequest } from 'fastify'
import { endpoints, savedQueryDraft } from '@aquifer/core/contract'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { mayReachStudy } from '../../access/index.js'
import type { JobDesk } from '../../jobs/index.js'
import type { SavedQueryDesk } from '../../query/index.js'
import { bind, bodyAs, paramOf, queryOf } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import { mine, reached, type QuerySystems } from './query.js'

type Own = Exclude<Awaited<ReturnType<SavedQueryDesk['see']>>, Refusal>

export function savedQueryRoutes(app: FastifyInstance, systems: QuerySystems, jobs: JobDesk): void {
  const { savedQueries: desk } = systems
  const own = async (request: FastifyRequest): Promise<Own | Refusal> => {
    const found = await desk.see(paramOf(request, 'id'), grantOf(request).user)
    if (isRefusal(found)) return found
    factsOf(request).sid = found.study.sid
    return mayReachStudy(grantOf(request), found.study) ?? found
  }
  bind(app, endpoints.savedQueries, {
    ...mine,
    handler: async (request) => {
      const study = await reached(systems, request, queryOf(request)['study'])
      return isRefusal(study) ? study : { body: { queries: await desk.list(study, grantOf(request).user) } }
    },
  })
  bind(app, endpoints.saveQuery, {
    ...mine,
    handler: async (request) => {
      const body = bodyAs(request, savedQueryDraft)
      if (isRefusal(body)) return body
      const study = await reached(systems, request, body.study)
      if (isRefusal(study)) return study
      const saved = await desk.save(study, grantOf(request).user, body)
      if (isRefusal(saved)) return saved
      Object.assign(factsOf(request).detail, { saved: saved.id, purpose: saved.purpose, every: saved.every })
      return { body: saved }
    },
  })
  bind(app, endpoints.savedQuery, {
    ...mine,
    handler: async (request) => {
      const found = await own(request)
      return isRefusal(found) ? found : { body: desk.view(found.row, found.study) }
    },
  })
  bind(app, endpoints.removeSavedQuery, {
    ...mine,
    handler: async (request) => {
      const found = await own(request)
      if (isRefusal(found)) return found
      await desk.remove(found.row.id)
      return { status: 204 }
    },
  })
  bind(app, endpoints.runSavedQuery, {
    ...mine,
    handler: async (request) => {
      const found = await own(request)
      if (isRefusal(found)) return found
      const job = await desk.run(found.row)
      Object.assign(factsOf(request).detail, { saved: found.row.id, purpose: found.row.purpose, job: job.id })
      return { body: jobs.view(job, found.study.id) }
    },
  })
}
