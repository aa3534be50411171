import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mayUse } from '@aquifer/core/access'
import {
  completionsRequest,
  downloadRequest,
  endpoints,
  releaseNotice,
  resultFilters,
  screenRowsMax,
  statementHeader,
  statementPin,
  windowHeader,
  windowRowsDefault,
  type DownloadView,
  type ResultFilter,
} from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayReachStudy } from '../../access/index.js'
import {
  basisHeaderOf,
  completionsOf,
  diffOf,
  typeOfRows,
  windowRowsMax,
  type DownloadCaller,
  type KeptResult,
  type RowFormat,
  type WindowRows,
} from '../../query/index.js'
import type { Study } from '../../study/index.js'
import type { Answer } from '../answer.js'
import { bind, bodyAs, paramOf, queryOf, wholeNumber } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import { counted, formatOf, levelFrom, levelOf, mayHave, ownStatement, reached, rowsAtOnce, type QuerySystems } from './query.js'

/** Kept results in windows and as a whole, and files of them. */
export function resultRoutes(app: FastifyInstance, systems: QuerySystems): void {
  const { query } = systems
  const keptFor = async (request: FastifyRequest): Promise<KeptResult | Refusal> => {
    const own = await ownStatement(systems, request)
    const kept = isRefusal(own) ? own : await query.kept(own.id, own.actor)
    return isRefusal(kept) ? kept : (mayHave(request, kept.level) ?? kept)
  }
  bind(app, endpoints.statementResult, {
    ...counted,
    handler: async (request) => {
      const kept = await keptFor(request)
      if (isRefusal(kept)) return kept
      // Kept while the caller might still release.
      if (kept.basis.rows > rowsAtOnce(request)) return refuse('not-permitted', { detail: ofWholes })
      return wholeAnswer(systems, kept, formatOf(request, kept.format))
    },
  })
  bind(app, endpoints.statementWindow, {
    ...counted,
    handler: async (request) => {
      const asked = windowOf(request)
      if (isRefusal(asked)) return asked
      const kept = await keptFor(request)
      if (isRefusal(kept)) return kept
      const format = formatOf(request, kept.format)
      const rows = await query.results.window(kept, asked, format)
      return isRefusal(rows) ? rows : windowAnswer(rows, asked.offset, format)
    },
  })
  bind(app, endpoints.diffStatements, {
    ...counted,
    handler: async (request) => {
      const other = await ownStatement(systems, request, paramOf(request, 'other'))
      if (isRefusal(other)) return other
      const own = await ownStatement(systems, request)
      if (isRefusal(own)) return own
      factsOf(request).detail['other'] = other.id
      const [from, to] = [await query.record(own.id, own.actor), await query.record(other.id, other.actor)]
      if (isRefusal(from)) return from
      if (isRefusal(to)) return to
      return mayHave(request, levelFrom(from.basis)) ?? mayHave(request, levelFrom(to.basis)) ?? { body: diffOf(from, to) }
    },
  })
  bind(app, endpoints.pinStatement, {
    ...counted,
    handler: async (request) => {
      const body = bodyAs(request, statementPin)
      if (isRefusal(body)) return body
      factsOf(request).detail['pinned'] = body.pinned
      const own = await ownStatement(systems, request)
      const pinned = isRefusal(own) ? own : await query.past.pin(own.id, own.actor, body.pinned)
      return isRefusal(pinned) ? pinned : { body: pinned }
    },
  })
  bind(app, endpoints.completions, {
    ...counted,
    unaudited: true,
    handler: async (request) => {
      const body = bodyAs(request, completionsRequest)
      if (isRefusal(body)) return body
      const study = await reached(systems, request, body.study)
      if (isRefusal(study)) return study
      const level = levelOf(request, undefined)
      if (isRefusal(level)) return level
      const completed = await completionsOf(query, study, body, { level, actor: grantOf(request).user })
      // Names and words of the language are in every keystroke; values are of the data.
      const values = completed.completions.filter(({ kind }) => kind === 'value').length
      if (values > 0) {
        request.aquifer.tells = true
        factsOf(request).detail['values'] = values
      }
      return { body: completed }
    },
  })
  downloadRoutes(app, systems)
}

const ofWholes = `More than ${screenRowsMax.toLocaleString('en-US')} rows as a whole need the right result-release; windows do not.`

const headersOf = ({ id, basis }: KeptResult): Record<string, string> => ({ [statementHeader]: id, ...basisHeaderOf(basis) })
const headOf = ({ id, basis, columns, suppressed }: KeptResult, more = {}): string =>
  `${JSON.stringify({ statement: id, basis, columns, suppressed, ...more }).slice(0, -1)},"rows":[`

function wholeAnswer({ query }: QuerySystems, kept: KeptResult, format: RowFormat): Answer {
  async function* framed(): AsyncGenerator<Buffer> {
    if (format === 'json') yield Buffer.from(headOf(kept))
    yield* query.results.pieces(kept, format)
    if (format === 'json') yield Buffer.from(']}')
  }
  return { body: Readable.from(framed(), { objectMode: false }), type: typeOfRows(format), headers: headersOf(kept) }
}

function windowAnswer({ kept, matching, bytes, suppressed }: WindowRows, offset: number, format: RowFormat): Answer {
  const headers = { ...headersOf(kept), [windowHeader]: JSON.stringify({ offset, matching }) }
  const body =
    format === 'arrow' ? bytes : Buffer.concat([Buffer.from(headOf(kept, { offset, matching, suppressed })), bytes, Buffer.from(']}')])
  return { body, type: typeOfRows(format), headers }
}

interface AskedWindow {
  offset: number
  limit: number
  sort: { column: string; descending: boolean } | undefined
  filters: ResultFilter[]
}

function windowOf(request: FastifyRequest): AskedWindow | Refusal {
  const asked = queryOf(request)
  const bad = (parameter: string, detail: string): Refusal => refuse('bad-parameter', { detail, parameter })
  const offset = wholeNumber(asked['offset'], { min: 0, max: 999_999_999, otherwise: 0 })
  if (offset === null) return bad('offset', 'offset is a whole number from 0.')
  const most = Math.min(windowRowsMax, rowsAtOnce(request))
  const limit = wholeNumber(asked['limit'], { min: 1, max: most, otherwise: windowRowsDefault })
  if (limit === null) return bad('limit', `limit is 1 to ${most}.`)
  const dir = asked['dir'] ?? 'asc'
  if (dir !== 'asc' && dir !== 'desc') return bad('dir', 'dir is asc or desc.')
  const filters = resultFilters.safeParse(jsonOf(asked['filter'] ?? '[]'))
  if (!filters.success) return bad('filter', 'filter is JSON: [{"column": …, "op": "eq", "value": "…"}].')
  const sort = asked['sort'] === undefined ? undefined : { column: asked['sort'], descending: dir === 'desc' }
  return { offset, limit, sort, filters: filters.data }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const release = { act: 'job', right: 'result-release' } as const

function downloadRoutes(app: FastifyInstance, systems: QuerySystems): void {
  const { query, downloads } = systems
  const callerOf = (request: FastifyRequest): DownloadCaller => {
    const grant = grantOf(request)
    // Who may release without running statements himself has the study in view.
    return { user: grant.user, oversees: mayUse(grant, 'result-release') && !mayUse(grant, 'query.run') }
  }
  /** A download is as unknown as none where its study is out of reach. */
  const inReach = async (request: FastifyRequest): Promise<Refusal | null> => {
    const sid = await downloads.placeOf(paramOf(request, 'id'))
    const study = sid === null ? null : await systems.studies.bySid(sid)
    if (study === null || mayReachStudy(grantOf(request), study) !== null)
      return refuse('unknown', { detail: 'There is no such download here.' })
    factsOf(request).sid = study.sid
    factsOf(request).detail['download'] = paramOf(request, 'id')
    return null
  }
  bind(app, endpoints.downloads, {
    ...release,
    handler: async (request) => {
      const study = await reached(systems, request, queryOf(request)['study'])
      if (isRefusal(study)) return study
      const listed = await downloads.list(study, callerOf(request))
      return { body: { downloads: listed.map((view) => toldOf(request, view)) } }
    },
  })
  bind(app, endpoints.requestDownload, {
    ...release,
    act: 'query',
    handler: async (request) => {
      const body = bodyAs(request, downloadRequest)
      if (isRefusal(body)) return body
      const own = await ownStatement(systems, request, body.statement)
      const record = isRefusal(own) ? own : await query.record(own.id, own.actor)
      if (isRefusal(own)) return own
      if (isRefusal(record)) return record
      const withheld = mayHave(request, levelFrom(record.basis))
      if (withheld !== null) return withheld
      const { study } = own
      return begun(request, study, await downloads.begin(study, grantOf(request).user, body), record.purpose)
    },
  })
  bind(app, endpoints.noteRelease, { ...counted, act: 'export', handler: (request) => noted(systems, request) })
  bind(app, endpoints.download, {
    ...release,
    handler: async (request) => {
      const view = (await inReach(request)) ?? (await downloads.see(paramOf(request, 'id'), callerOf(request)))
      return isRefusal(view) ? view : { body: toldOf(request, view) }
    },
  })
  bind(app, endpoints.removeDownload, {
    ...release,
    handler: async (request) => {
      const view = (await inReach(request)) ?? (await downloads.remove(paramOf(request, 'id'), callerOf(request)))
      return isRefusal(view) ? view : { body: toldOf(request, view) }
    },
  })
  const papers = [
    [endpoints.downloadFile, 'file'],
    [endpoints.downloadManifest, 'manifest'],
    [endpoints.downloadCodebook, 'codebook'],
  ] as const
  for (const [endpoint, what] of papers)
    bind(app, endpoint, {
      ...release,
      // Only whoever fetches the file takes a copy.
      act: what === 'file' ? 'export' : 'job',
      handler: async (request) => {
        const [id, { user }] = [paramOf(request, 'id'), grantOf(request)]
        const view = (await inReach(request)) ?? (await downloads.see(id, { user, oversees: false }))
        if (isRefusal(view)) return view
        const opened = mayHave(request, view.level) ?? (await downloads.open(id, user, what))
        if (isRefusal(opened)) return opened
        const digest: Record<string, string> =
          opened.sha256 === null ? {} : { 'repr-digest': `sha-256=:${Buffer.from(opened.sha256, 'hex').toString('base64')}:` }
        const headers = { 'content-disposition': `attachment; filename="${opened.name}"`, 'x-content-type-options': 'nosniff', ...digest }
        return { body: opened.bytes, type: opened.type, headers }
      },
    })
}

/** How many rows a file has is a figure of whoever they are of, and by its checksum what it holds can be guessed: its owner's, while he may have it. */
const toldOf = (request: FastifyRequest, view: DownloadView): DownloadView =>
  view.requestedBy === grantOf(request).user && mayHave(request, view.level) === null ? view : { ...view, file: null }

function begun(request: FastifyRequest, study: Study, view: { id: string; format: string } | Refusal, purpose: string): Answer | Refusal {
  if (isRefusal(view)) return view
  const facts = factsOf(request)
  facts.sid = study.sid
  Object.assign(facts.detail, { download: view.id, format: view.format, purpose })
  return { body: view, headers: { location: endpoints.download.path.replace('{id}', view.id) } }
}

/** Files that a program writes by itself are in the trail as those that the server writes; of figures and drawings, too. */
async function noted(systems: QuerySystems, request: FastifyRequest): Promise<Answer | Refusal> {
  const body = bodyAs(request, releaseNotice)
  if (isRefusal(body)) return body
  const { form, rows, statements } = body
  Object.assign(factsOf(request).detail, { form, rows })
  const study = await reached(systems, request, body.study)
  if (isRefusal(study)) return study
  if (rows > 0 && !mayUse(grantOf(request), 'result-release'))
    return refuse('not-permitted', { detail: 'A file of rows needs the right result-release.' })
  for (const id of new Set(statements)) {
    const own = await ownStatement(systems, request, id)
    if (isRefusal(own)) return own
    if (own.study.sid !== study.sid) return refuse('bad-parameter', { detail: 'statements are of one study.', parameter: 'statements' })
  }
  factsOf(request).detail['statement'] = [...new Set(statements)].join(' ')
  return { status: 204 }
}
