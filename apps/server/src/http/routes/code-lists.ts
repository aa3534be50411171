import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mayUse, type Right } from '@aquifer/core/access'
import { codeListPageMax, endpoints } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { unmappedCodesOf, type CodeListDesk, type Query, type ToldCodes } from '../../query/index.js'
import type { Study } from '../../study/index.js'
import { bind, paramOf, queryOf, wholeNumber } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

const act = 'code-list'
// A list of 1,000,000 rows.
const listBytesMax = 200 * 1024 * 1024
const textMax = 300

/** Code lists: of a study, or of all where none is named. */
export function codeListRoutes(
  app: FastifyInstance,
  systems: RoutedSystems,
  { lists, query }: { lists: CodeListDesk; query: Query },
): void {
  // Who may not have rows gets no exact counts, either: beside rounded ones they would undo the rounding.
  const roundedFor = (request: FastifyRequest, study: Study | null): ToldCodes | undefined =>
    study === null || mayUse(grantOf(request), 'query.run')
      ? undefined
      : { people: (code, count) => query.told.people(study, count, code), codes: (cell, count) => query.told.alone(study, cell, count) }
  const named = async (request: FastifyRequest): Promise<Study | null | Refusal> => {
    const study = await studyNamed(systems, request, queryOf(request)['study'])
    if (!isRefusal(study) && study !== null) factsOf(request).sid = study.sid
    return study
  }
  bind(app, endpoints.codeLists, {
    act,
    right: 'codes.read',
    handler: async (request) => {
      const study = await named(request)
      return isRefusal(study) ? study : { body: await lists.list(study) }
    },
  })
  bind(app, endpoints.codeList, {
    act,
    right: 'codes.read',
    handler: async (request) => {
      const study = await named(request)
      if (isRefusal(study)) return study
      const asked = pageAsked(queryOf(request))
      if (isRefusal(asked)) return asked
      const page = await lists.page(study, {
        ...asked,
        name: paramOf(request, 'name'),
        counted: mayUse(grantOf(request), 'codes.counts'),
        told: roundedFor(request, study),
      })
      return isRefusal(page) ? page : { body: page }
    },
  })
  bind(app, endpoints.unmappedCodes, {
    act,
    right: 'codes.counts',
    handler: async (request) => {
      const study = await named(request)
      if (isRefusal(study)) return study
      if (study === null) return refuse('bad-parameter', { detail: 'Name the study.', parameter: 'study' })
      const found = await unmappedCodesOf(query, study, roundedFor(request, study))
      return isRefusal(found) ? found : { body: found }
    },
  })
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: listBytesMax }, (_request, body, done) => done(null, body))
    bind(scope, endpoints.loadCodeList, {
      act,
      right: ['codes.change', 'codes.share'],
      handler: async (request) => {
        const study = await named(request)
        if (isRefusal(study)) return study
        return load(request, study, lists)
      },
    })
  })
}

async function load(request: FastifyRequest, study: Study | null, lists: CodeListDesk) {
  const grant = grantOf(request)
  const right: Right = study === null ? 'codes.share' : 'codes.change'
  if (!mayUse(grant, right)) {
    const detail =
      study === null ? 'Name the study: lists of all studies are loaded by administrators.' : `The role ${grant.role} does not permit this.`
    return refuse('not-permitted', { detail })
  }
  const { name = '', title, edition, system, check } = queryOf(request)
  if ([title, edition, system].some((each) => each !== undefined && each.length > textMax))
    return refuse('bad-parameter', { detail: `title, edition and system have at most ${textMax} characters.`, parameter: 'title' })
  if (typeof request.body !== 'string') return refuse('invalid', { detail: 'Send the list: CSV, or a resource as JSON.' })
  const asked = { name, title, edition, system, text: request.body, check: check === 'true', by: grant.user }
  const loaded = await lists.load(study, asked)
  if (isRefusal(loaded)) return loaded
  const { version, rows, unchanged } = loaded
  Object.assign(factsOf(request).detail, version === null ? { checked: name } : { loaded: name, version, rows, unchanged })
  return { status: version === null || unchanged ? 200 : 201, body: loaded }
}

function pageAsked({ version: asked, from: begin, limit: most, used }: Record<string, string>) {
  const whole = (text: string | undefined, max: number, otherwise: number, min: number): number | null =>
    wholeNumber(text, { min, max, otherwise })
  const version = whole(asked, 1_000_000, 0, 1)
  const from = whole(begin, 1_000_000, 0, 0)
  const limit = whole(most, codeListPageMax, 100, 1)
  if (version === null) return refuse('bad-parameter', { detail: 'version is a number.', parameter: 'version' })
  if (from === null) return refuse('bad-parameter', { detail: 'from is a number of a row, from 0.', parameter: 'from' })
  if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${codeListPageMax}.`, parameter: 'limit' })
  return { version: asked === undefined ? null : version, from, limit, used: used === 'true' }
}
