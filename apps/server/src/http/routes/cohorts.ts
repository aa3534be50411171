import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mayUse } from '@aquifer/core/access'
import { cohortCountRequest, cohortDraft, cohortSave, endpoints } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { countCohort, type CohortChange, type CohortDesk, type LeftOut, type Query } from '../../query/index.js'
import type { Study } from '../../study/index.js'
import { bind, bodyAs, paramOf, queryOf, wholeNumber } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

const act = 'cohort'
interface CohortSystems {
  cohorts: CohortDesk
  query: Query
}

export function cohortRoutes(app: FastifyInstance, systems: RoutedSystems, { cohorts, query }: CohortSystems): void {
  const named = async (request: FastifyRequest, id: string | undefined): Promise<Study | Refusal> => {
    const study = await studyNamed(systems, request, id)
    if (isRefusal(study)) return study
    if (study === null) return refuse('bad-parameter', { detail: 'Name the study.', parameter: 'study' })
    factsOf(request).sid = study.sid
    return study
  }
  bind(app, endpoints.countCohort, {
    act,
    right: 'cohorts.count',
    handler: async (request) => {
      const body = bodyAs(request, cohortCountRequest)
      if (isRefusal(body)) return body
      const study = await named(request, body.study)
      if (isRefusal(study)) return study
      const { criteria, cut, purpose } = body
      const level = mayUse(grantOf(request), 'query.run') ? 'rows' : 'counts'
      Object.assign(factsOf(request).detail, { counted: criteria.all.length, purpose, level, ...(cut === undefined ? {} : { cut }) })
      const asked = { criteria, cut, purpose, level, actor: grantOf(request).user } as const
      const counted = await countCohort(query, study, { ...asked, leftOut: await leftOutOf(systems, study) })
      return isRefusal(counted) ? counted : { body: counted }
    },
  })
  bind(app, endpoints.cohorts, {
    act,
    right: 'cohorts.read',
    handler: async (request) => {
      const study = await named(request, queryOf(request)['study'])
      return isRefusal(study) ? study : { body: await cohorts.list(study) }
    },
  })
  savedRoutes(app, { cohorts, named })
}

/** Counts of the identified side, of which only bands leave. */
async function leftOutOf({ consents, held }: RoutedSystems, study: Study): Promise<LeftOut> {
  const people = await consents.leftOut(study)
  const groups = (await held?.groups(study.id, { ids: false }))?.groups ?? []
  return { ...people, held: groups.filter(({ type }) => type === 'Patient').reduce((total, { count }) => total + count, 0) }
}

type Named = (request: FastifyRequest, id: string | undefined) => Promise<Study | Refusal>

function savedRoutes(app: FastifyInstance, { cohorts, named }: { cohorts: CohortDesk; named: Named }): void {
  const save = async (request: FastifyRequest, study: string, change: Omit<CohortChange, 'by'>) => {
    const found = await named(request, study)
    if (isRefusal(found)) return found
    const saved = await cohorts.save(found, { ...change, by: grantOf(request).user })
    if (isRefusal(saved)) return saved
    Object.assign(factsOf(request).detail, { saved: saved.name, version: saved.version })
    return { body: saved }
  }
  bind(app, endpoints.createCohort, {
    act,
    right: 'cohorts.change',
    handler: async (request) => {
      const body = bodyAs(request, cohortDraft)
      if (isRefusal(body)) return body
      const { study, ...change } = body
      return save(request, study, { ...change, after: null })
    },
  })
  bind(app, endpoints.saveCohort, {
    act,
    right: 'cohorts.change',
    handler: async (request) => {
      const body = bodyAs(request, cohortSave)
      if (isRefusal(body)) return body
      const { study, version, ...change } = body
      return save(request, study, { ...change, name: paramOf(request, 'name'), after: version })
    },
  })
  bind(app, endpoints.cohort, {
    act,
    right: 'cohorts.read',
    handler: async (request) => {
      const asked = queryOf(request)
      const study = await named(request, asked['study'])
      if (isRefusal(study)) return study
      const version = versionOf(asked['version'])
      if (version === null) return notAVersion('version')
      const cohort = await cohorts.read(study, paramOf(request, 'name'), asked['version'] === undefined ? null : version)
      return isRefusal(cohort) ? cohort : { body: cohort }
    },
  })
  bind(app, endpoints.cohortDiff, {
    act,
    right: 'cohorts.read',
    handler: async (request) => {
      const asked = queryOf(request)
      const study = await named(request, asked['study'])
      if (isRefusal(study)) return study
      const [from, to] = [versionOf(asked['from']), versionOf(asked['to'])]
      if (from === null || to === null) return notAVersion(from === null ? 'from' : 'to')
      const diff = await cohorts.diff(study, paramOf(request, 'name'), { from, to })
      return isRefusal(diff) ? diff : { body: diff }
    },
  })
}

const versionOf = (text: string | undefined): number | null => wholeNumber(text, { min: 1, max: 1_000_000, otherwise: 1 })
const notAVersion = (parameter: string): Refusal =>
  refuse('bad-parameter', { detail: `${parameter} is the number of a version.`, parameter })
