import type { FastifyInstance, FastifyRequest } from 'fastify'
import { endpoints, generationRequest, waitRequest } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { bind, bodyAs, queryOf } from '../bind.js'
import { factsOf } from '../context.js'
import type { Answer } from '../answer.js'
import type { PipelineDoor, RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

const waitDefaultS = 120
const notHere = (): Refusal => refuse('not-ready', { detail: 'The pipeline does not run in this process.' })

export function pipelineRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const door = doorOf(systems)
  bind(app, endpoints.pipelineStatus, {
    act: 'pipeline',
    right: 'pipeline.status',
    unaudited: true,
    handler: async (request) => {
      const [pipeline, study] = [door(), await nameOf(systems, request, queryOf(request)['study'])]
      if (isRefusal(pipeline)) return pipeline
      return isRefusal(study) ? study : { body: await pipeline.status(study) }
    },
  })
  bind(app, endpoints.pipelineWait, {
    act: 'pipeline',
    right: 'pipeline.status',
    handler: async (request) => {
      const body = bodyAs(request, waitRequest)
      if (isRefusal(body)) return body
      const [pipeline, study] = [door(), await nameOf(systems, request, body.study)]
      if (isRefusal(pipeline)) return pipeline
      if (isRefusal(study)) return study
      return { body: await pipeline.wait({ ...(study === null ? {} : { study }), timeoutS: body.timeoutS ?? waitDefaultS }) }
    },
  })
  generationRoutes(app, systems)
}

const doorOf = (systems: RoutedSystems) => (): PipelineDoor | Refusal => systems.pipeline ?? notHere()

function generationRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const door = doorOf(systems)
  const generation = async (request: FastifyRequest, id: string | undefined, fresh: boolean): Promise<Answer | Refusal> => {
    const [pipeline, study] = [door(), await studyNamed(systems, request, id)]
    if (isRefusal(pipeline)) return pipeline
    if (isRefusal(study)) return study
    if (study === null) return refuse('bad-parameter', { detail: 'Name the study.', parameter: 'study' })
    factsOf(request).sid = study.sid
    const found = await pipeline.generation(study.id, { fresh })
    return found === null ? notPublished() : { body: found }
  }
  bind(app, endpoints.generation, {
    act: 'pipeline',
    right: 'pipeline.status',
    handler: (request) => generation(request, queryOf(request)['study'], false),
  })
  bind(app, endpoints.publishGeneration, {
    act: 'pipeline',
    right: 'pipeline.control',
    handler: async (request) => {
      const body = bodyAs(request, generationRequest)
      return isRefusal(body) ? body : generation(request, body.study, true)
    },
  })
}

const notPublished = (): Refusal =>
  refuse('not-ready', { detail: 'Nothing of this study has been published to the reservoir yet.', retryAfterS: 5 })

async function nameOf(systems: RoutedSystems, request: FastifyRequest, id: string | undefined): Promise<string | null | Refusal> {
  const study = await studyNamed(systems, request, id)
  return study === null || isRefusal(study) ? study : study.id
}
