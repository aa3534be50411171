import type { FastifyInstance, FastifyRequest } from 'fastify'
import { cutRequest, cutRetirement, endpoints } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { CutDesk } from '../../pipeline/index.js'
import type { Study } from '../../study/index.js'
import { bind, bodyAs, paramOf, queryOf } from '../bind.js'
import { callerOf, factsOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

/** Named snapshots that outlive all others. */
export function cutRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  bind(app, endpoints.cuts, {
    act: 'pipeline',
    right: 'cut.read',
    handler: async (request) => {
      const asked = await askedOf(systems, request, queryOf(request)['study'])
      return isRefusal(asked) ? asked : { body: { cuts: await asked.cuts.list(asked.study) } }
    },
  })
  bind(app, endpoints.cut, {
    act: 'pipeline',
    right: 'cut.read',
    handler: async (request) => {
      const asked = await askedOf(systems, request, queryOf(request)['study'])
      if (isRefusal(asked)) return asked
      const cut = await asked.cuts.show(asked.study, paramOf(request, 'name'))
      return isRefusal(cut) ? cut : { body: cut }
    },
  })
  bind(app, endpoints.createCut, {
    act: 'pipeline',
    right: 'cut.make',
    handler: async (request) => {
      const body = bodyAs(request, cutRequest)
      if (isRefusal(body)) return body
      const asked = await signedBy(systems, request, body)
      if (isRefusal(asked)) return asked
      Object.assign(factsOf(request).detail, { did: 'cut', cut: body.name, reason: body.reason })
      const made = await asked.cuts.create(callerOf(request), asked.study, body)
      if (isRefusal(made)) return made
      Object.assign(factsOf(request).detail, { snapshot: made.snapshot, sha256: made.sha256, signature: made.signature?.id })
      return { body: made }
    },
  })
  bind(app, endpoints.retireCut, {
    act: 'pipeline',
    right: 'cut.make',
    handler: async (request) => {
      const body = bodyAs(request, cutRetirement)
      if (isRefusal(body)) return body
      const asked = await signedBy(systems, request, body)
      if (isRefusal(asked)) return asked
      const name = paramOf(request, 'name')
      Object.assign(factsOf(request).detail, { did: 'retire-cut', cut: name.slice(0, 64), reason: body.reason })
      const retired = await asked.cuts.retire(callerOf(request).grant.user, asked.study, { name, reason: body.reason })
      return isRefusal(retired) ? retired : { body: retired }
    },
  })
}

async function askedOf(
  systems: RoutedSystems,
  request: FastifyRequest,
  id: string | undefined,
): Promise<{ cuts: CutDesk; study: Study } | Refusal> {
  const study = await studyNamed(systems, request, id)
  if (isRefusal(study)) return study
  if (study === null) return refuse('bad-parameter', { detail: 'Name the study.', parameter: 'study' })
  factsOf(request).sid = study.sid
  if (systems.cuts === null) return refuse('not-ready', { detail: 'The pipeline does not run in this process.' })
  return { cuts: systems.cuts, study }
}

/** The proof before anything is told: whoever found a session open learns nothing more from it. */
async function signedBy(
  systems: RoutedSystems,
  request: FastifyRequest,
  body: { study: string; password?: string | undefined; ticket?: string | undefined },
): Promise<{ cuts: CutDesk; study: Study } | Refusal> {
  const { user } = callerOf(request).grant
  if (user.startsWith('local:'))
    return refuse('not-permitted', { detail: 'A data cut is signed by a person: a service account has no password to confirm.' })
  const confirmed = await systems.identity.confirmations.confirm(user, body)
  return isRefusal(confirmed) ? confirmed : askedOf(systems, request, body.study)
}
