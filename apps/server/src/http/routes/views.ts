import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mayUse } from '@aquifer/core/access'
import { endpoints, tableViewRequest } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { ViewActor, ViewDesk } from '../../query/index.js'
import type { Study } from '../../study/index.js'
import { bind, bodyAs, paramOf, queryOf } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

const act = 'view'

export function viewRoutes(app: FastifyInstance, systems: RoutedSystems, views: ViewDesk): void {
  const named = async (request: FastifyRequest, id: string | undefined): Promise<Study | Refusal> => {
    const study = await studyNamed(systems, request, id)
    if (isRefusal(study)) return study
    if (study === null) return refuse('bad-parameter', { detail: 'Name the study.', parameter: 'study' })
    factsOf(request).sid = study.sid
    return study
  }
  bind(app, endpoints.views, {
    act,
    right: 'views.read',
    handler: async (request) => {
      const study = await named(request, queryOf(request)['study'])
      return isRefusal(study) ? study : { body: await views.list(study) }
    },
  })
  bind(app, endpoints.view, {
    act,
    right: 'views.read',
    handler: async (request) => {
      const study = await named(request, queryOf(request)['study'])
      if (isRefusal(study)) return study
      const view = await views.read(study, paramOf(request, 'name'))
      return isRefusal(view) ? view : { body: view }
    },
  })
  bind(app, endpoints.addView, {
    act,
    right: 'views.change',
    handler: async (request) => {
      const body = bodyAs(request, tableViewRequest)
      if (isRefusal(body)) return body
      const study = await named(request, body.study)
      if (isRefusal(study)) return study
      const { check = false, view: document } = body
      const view = await views.add(study, { document, check, by: actorOf(request) })
      if (isRefusal(view)) return view
      Object.assign(factsOf(request).detail, check ? { checked: view.name } : { added: view.name, version: view.version })
      return { status: check ? 200 : 201, body: view }
    },
  })
  bind(app, endpoints.removeView, {
    act,
    right: ['views.change', 'views.govern'],
    handler: async (request) => {
      const study = await named(request, queryOf(request)['study'])
      if (isRefusal(study)) return study
      const name = paramOf(request, 'name')
      const removed = await views.remove(study, name, actorOf(request))
      if (isRefusal(removed)) return removed
      factsOf(request).detail['ended'] = name
      return { status: 204 }
    },
  })
}

const actorOf = (request: FastifyRequest): ViewActor => {
  const grant = grantOf(request)
  return { user: grant.user, governs: mayUse(grant, 'views.govern') }
}
