import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mayUse, reachesStudy, type Grant } from '@aquifer/core/access'
import { endpoints, studyFile, studyRequest, type StudyFile, type StudyRequestBody } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayReachStudy, noSuchStudy } from '../../access/index.js'
import { storeStudyGroup } from '../../fhir/index.js'
import { toStudyView, type Study } from '../../study/index.js'
import { bind, bodyAs, paramOf, type Handler } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import { fhirRequestOf } from '../fhir-request.js'
import type { RoutedSystems } from '../systems.js'

/** The study in the address, as far as the caller reaches it. */
export async function studyInPath(systems: RoutedSystems, request: FastifyRequest): Promise<Study | Refusal> {
  const study = await systems.studies.byId(paramOf(request, 'id'))
  const refusal = mayReachStudy(grantOf(request), study)
  if (refusal !== null || study === null) return refusal ?? noSuchStudy()
  factsOf(request).sid = study.sid
  return study
}

/** The study a parameter names, null for all of them; one outside the caller's reach answers like one that is not there. */
export async function studyNamed(systems: RoutedSystems, request: FastifyRequest, id: string | undefined): Promise<Study | null | Refusal> {
  if (id === undefined) return null
  const study = await systems.studies.byId(id)
  const refusal = mayReachStudy(grantOf(request), study)
  return refusal ?? study
}

/** A handler about the study in the address. */
export const ofStudy =
  (systems: RoutedSystems, work: (study: Study, request: FastifyRequest) => Promise<object | Refusal>): Handler =>
  async (request) => {
    const study = await studyInPath(systems, request)
    if (isRefusal(study)) return study
    const body = await work(study, request)
    return isRefusal(body) ? body : { body }
  }

export function studyRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  bind(app, endpoints.studies, {
    act: 'study',
    right: 'study.list',
    handler: async (request) => {
      const reached = (await systems.studies.list()).filter((study) => reachesStudy(grantOf(request), study.id))
      return { body: { studies: reached.map(toStudyView) } }
    },
  })
  bind(app, endpoints.study, {
    act: 'study',
    right: 'study.list',
    handler: async (request) => {
      const study = await studyInPath(systems, request)
      return isRefusal(study) ? study : { body: toStudyView(study) }
    },
  })
  bind(app, endpoints.createStudy, {
    act: 'study',
    right: 'study.create',
    handler: async (request) => {
      const body = bodyAs(request, studyRequest)
      if (isRefusal(body)) return body
      const refusal = mayName(grantOf(request), body.id)
      if (refusal !== null) return refusal
      const { policy: text, output, keepSnapshots, ...asked } = body
      const initial = text === undefined ? undefined : initialPolicy(systems, request, { text, study: body })
      if (isRefusal(initial)) return initial
      const study = await systems.studies.create(asked, { ...(output && { output }), ...(keepSnapshots && { keepSnapshots }) }, initial)
      if (isRefusal(study)) return study
      if (initial !== undefined) factsOf(request).detail['policy'] = initial.label
      factsOf(request).sid = study.sid
      systems.access.relationships.changed()
      await storeStudyGroup(systems.fhir, fhirRequestOf(request), study)
      return { body: toStudyView(study) }
    },
  })
}

/** Nothing was masked before, so nobody signs; who may not propose a policy does not bring one. */
function initialPolicy(systems: RoutedSystems, request: FastifyRequest, { text, study }: { text: string; study: StudyRequestBody }) {
  const grant = grantOf(request)
  if (!mayUse(grant, 'masking.propose')) return refuse('not-permitted', { detail: `The role ${grant.role} proposes no masking policy.` })
  if (study.masking !== undefined) return refuse('invalid', { detail: 'Give either masking or policy.' })
  return systems.policies.initial(grant.user, study.id, text)
}

/** A study as one file: shown, compared, applied. */
export function studyFileRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { studyFiles } = systems
  const asked = async (request: FastifyRequest): Promise<StudyFile | Refusal> => {
    const body = bodyAs(request, studyFile)
    if (isRefusal(body)) return body
    const stored = await systems.studies.byId(body.id)
    if (stored !== null && !reachesStudy(grantOf(request), stored.id)) return noSuchStudy()
    factsOf(request).sid = stored?.sid ?? null
    return (stored === null ? mayName(grantOf(request), body.id) : null) ?? body
  }
  bind(app, endpoints.diffStudy, {
    act: 'study',
    right: 'study.create',
    handler: async (request) => {
      const file = await asked(request)
      if (isRefusal(file)) return file
      const diff = await studyFiles.diff(file)
      return isRefusal(diff) ? diff : { body: diff }
    },
  })
  bind(app, endpoints.applyStudy, {
    act: 'study',
    right: 'study.create',
    handler: async (request) => {
      const file = await asked(request)
      if (isRefusal(file)) return file
      const applied = await studyFiles.apply(file, grantOf(request).user)
      if (isRefusal(applied)) return applied
      const { created, ...body } = applied
      Object.assign(factsOf(request).detail, {
        studyVersion: body.version,
        changes: body.changes
          .map(({ path }) => path)
          .join(' ')
          .slice(0, 500),
      })
      const study = created ?? (await systems.studies.byId(body.study))
      // The Group tells of name and status, so it follows each change.
      if (study !== null && body.applied) await storeStudyGroup(systems.fhir, fhirRequestOf(request), study)
      return { body }
    },
  })
  bind(app, endpoints.studySettings, {
    act: 'study',
    right: 'study.create',
    handler: ofStudy(systems, async (study) => studyFiles.file(study)),
  })
  bind(app, endpoints.studyVersions, {
    act: 'study',
    right: 'study.create',
    handler: ofStudy(systems, (study) => studyFiles.versions(study)),
  })
}

/** A grant of named studies makes only those: a new one under another name would be out of its own reach. */
function mayName(grant: Grant, id: string): Refusal | null {
  if (grant.studies === 'all' || grant.studies.some((name) => name.toLowerCase() === id.toLowerCase())) return null
  return refuse('not-permitted', { detail: 'Your grant names other studies.' })
}
