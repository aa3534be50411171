import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mayUse, sitesReached } from '@aquifer/core/access'
import { endpoints, qualityRequest } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Study } from '../../study/index.js'
import { bind, bodyAs, queryOf } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

const act = 'quality'

export function qualityRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { quality, feeds, jobs } = systems
  const named = async (request: FastifyRequest, id: string | undefined): Promise<Study | Refusal> => {
    const study = await studyNamed(systems, request, id)
    if (isRefusal(study)) return study
    if (study === null) return refuse('bad-parameter', { detail: 'Name the study.', parameter: 'study' })
    factsOf(request).sid = study.sid
    return study
  }
  bind(app, endpoints.quality, {
    act,
    right: 'quality.read',
    handler: async (request) => {
      const { study: id, site = null } = queryOf(request)
      const study = await named(request, id)
      if (isRefusal(study)) return study
      const grant = grantOf(request)
      const reached = sitesReached(grant, study.id)
      if (site !== null && !(study.sites.some((each) => each.id === site) && (reached === null || reached.includes(site))))
        return refuse('unknown', { detail: 'There is no such site here.' })
      Object.assign(factsOf(request).detail, { site })
      const silentFeeds = mayUse(grant, 'feeds.read')
        ? (await feeds.list(grant, study)).feeds.filter(({ silentSince }) => silentSince !== null)
        : []
      return { body: await quality.report(study, { grant, site, silentFeeds, jobs }) }
    },
  })
  bind(app, endpoints.runQuality, {
    act,
    right: 'quality.run',
    handler: async (request) => {
      const body = bodyAs(request, qualityRequest)
      if (isRefusal(body)) return body
      const study = await named(request, body.study)
      if (isRefusal(study)) return study
      const job = await quality.start(study, { grant: grantOf(request), jobs })
      Object.assign(factsOf(request).detail, { job: job.id })
      return { body: job }
    },
  })
}
