import type { FastifyInstance, FastifyRequest } from 'fastify'
import { reachesStudy } from '@aquifer/core/access'
import { endpoints, replayRequest, storesRequest, type JobView } from '@aquifer/core/contract'
import { isRefusal, refuse } from '@aquifer/core/refusal'
import { bind, bodyAs } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

/** Jobs over all stores: comparing them, and rebuilding one from another. */
export function storeRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const queued = async (request: FastifyRequest, kind: JobView['kind'], body: { study?: string | undefined }) => {
    const study = await studyNamed(systems, request, body.study)
    if (isRefusal(study)) return study
    const grant = grantOf(request)
    const beyond = study === null && (await systems.studies.list()).some(({ id }) => !reachesStudy(grant, id))
    if (beyond) return refuse('invalid', { detail: 'Name the study: not all of them are within your reach.' })
    const facts = factsOf(request)
    facts.sid = study?.sid ?? null
    facts.detail = { ...facts.detail, job: kind }
    const asked = { ...body, ...(study === null ? {} : { study: study.id }) }
    return { body: await systems.jobs.queue({ kind, sid: facts.sid, actor: grant.user, request: asked }) }
  }
  bind(app, endpoints.verifyStores, {
    act: 'pipeline',
    right: 'pipeline.control',
    handler: async (request) => {
      const body = bodyAs(request, storesRequest)
      return isRefusal(body) ? body : queued(request, 'verify-stores', body)
    },
  })
  bind(app, endpoints.replay, {
    act: 'pipeline',
    right: 'pipeline.control',
    handler: async (request) => {
      const body = bodyAs(request, replayRequest)
      return isRefusal(body) ? body : queued(request, 'replay', body)
    },
  })
}
