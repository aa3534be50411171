import type { FastifyInstance, FastifyRequest } from 'fastify'
import { endpoints, leakAcceptance, type LeakList } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { bind, bodyAs, queryOf } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import type { PipelineDoor, RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

/** What the gate before publication stopped, and who answers for letting it go. */
export function leakRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  bind(app, endpoints.leaks, {
    act: 'masking',
    right: 'leaks.read',
    handler: async (request) => {
      const asked = await doorAndStudy(systems, request, queryOf(request)['study'])
      return isRefusal(asked) ? asked : { body: viewOf(asked) }
    },
  })
  bind(app, endpoints.acceptLeak, {
    act: 'masking',
    right: 'leaks.accept',
    handler: async (request) => {
      const body = bodyAs(request, leakAcceptance)
      if (isRefusal(body)) return body
      const asked = await doorAndStudy(systems, request, body.study)
      if (isRefusal(asked)) return asked
      const { id, reason } = body
      const facts = factsOf(request)
      Object.assign(facts.detail, { leak: id, reason })
      const acceptance = { id, reason, by: grantOf(request).user, at: systems.now() }
      if (!(await asked.door.acceptLeak(asked.study, acceptance, () => systems.trail.record(facts, answered))))
        return refuse('unknown', { detail: 'No such finding stands in this study.' })
      return { body: viewOf(asked) }
    },
  })
}

const answered = 200

interface Asked {
  door: PipelineDoor
  study: string
}

async function doorAndStudy(systems: RoutedSystems, request: FastifyRequest, id: string | undefined): Promise<Asked | Refusal> {
  if (systems.pipeline === null) return refuse('not-ready', { detail: 'The pipeline does not run in this process.' })
  const study = await studyNamed(systems, request, id)
  if (isRefusal(study)) return study
  if (study === null) return refuse('bad-parameter', { detail: 'Name the study.', parameter: 'study' })
  return { door: systems.pipeline, study: study.id }
}

function viewOf({ door, study }: Asked): LeakList {
  const leaks = door.leaks(study)
  return { study, blocked: leaks.length > 0, leaks: leaks.map((leak) => ({ ...leak, since: new Date(leak.since).toISOString() })) }
}
