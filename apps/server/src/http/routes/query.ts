import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mayUse } from '@aquifer/core/access'
import {
  endpoints,
  notebookDraft,
  notebookSave,
  screenRowsMax,
  statementRowsMax,
  statementRequest,
  statementState,
  type QueryBasis,
  type QueryLevel,
  type StatementStatus,
} from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayReachStudy, noSuchStudy } from '../../access/index.js'
import {
  historyPageMax,
  noSuchStatement,
  type DownloadDesk,
  type NotebookDesk,
  type SavedQueryDesk,
  type Query,
  type Sought,
  type StatementAnswer,
} from '../../query/index.js'
import type { Study } from '../../study/index.js'
import type { Studies } from '../../study/index.js'
import type { Answer } from '../answer.js'
import { bind, bodyAs, paramOf, queryOf, wholeNumber } from '../bind.js'
import { factsOf, grantOf, headerOf } from '../context.js'

export interface QuerySystems {
  query: Query
  notebooks: NotebookDesk
  downloads: DownloadDesk
  savedQueries: SavedQueryDesk
  studies: Studies
}

export const mine = { act: 'query', right: 'query.run' } as const
/** What callers who get counts only may ask, too. */
export const counted = { act: 'query', right: ['query.run', 'query.count'] } as const

/** The level of an answer: what was asked for, else the most that the caller may. */
export function levelOf(request: FastifyRequest, asked: QueryLevel | undefined): QueryLevel | Refusal {
  const [rows, counts] = (['query.run', 'query.count'] as const).map((right) => mayUse(grantOf(request), right))
  const level = asked ?? (rows ? 'rows' : 'counts')
  if (level === 'rows' ? rows : counts) return level
  const detail = level === 'rows' ? 'You get counts only here; rows need the right query.run.' : 'Counts need the right query.count.'
  return refuse('not-permitted', { detail })
}

/** Rows of one answer: who may not release results gets what a screen shows. The server cannot tell a screen from a pipe. */
export const rowsAtOnce = (request: FastifyRequest): number =>
  mayUse(grantOf(request), 'result-release') ? statementRowsMax : screenRowsMax

/** Of what rests on this; null: there are no figures. */
export const levelFrom = (basis: unknown): QueryLevel | null => (basis ? ((basis as QueryBasis).level ?? 'rows') : null)

/** Why a caller may not have figures of a level now, or null: rows that he was given while he might have them are not given again. */
export function mayHave(request: FastifyRequest, level: QueryLevel | null): Refusal | null {
  const found = level === null ? null : levelOf(request, level)
  return isRefusal(found) ? found : null
}

export function queryRoutes(app: FastifyInstance, systems: QuerySystems): void {
  statementRoutes(app, systems)
  bind(app, endpoints.catalogue, {
    ...counted,
    handler: async (request) => {
      const study = await reached(systems, request, queryOf(request)['study'])
      if (isRefusal(study)) return study
      const grant = grantOf(request)
      return { body: await systems.query.catalogue(study, mayUse(grant, 'query.run') ? undefined : grant.user) }
    },
  })
  notebookRoutes(app, systems)
}

/** The study a request names, if it is within the caller's reach. */
export async function reached({ studies }: QuerySystems, request: FastifyRequest, id: string | undefined): Promise<Study | Refusal> {
  const { studies: granted } = grantOf(request)
  const named = id ?? (granted !== 'all' && granted.length === 1 ? granted[0] : undefined)
  if (named === undefined) return refuse('scope-missing', { detail: 'Say which study: the parameter study.' })
  const study = await studies.byId(named)
  const refusal = mayReachStudy(grantOf(request), study)
  if (refusal !== null || study === null) return refusal ?? noSuchStudy()
  factsOf(request).sid = study.sid
  return study
}

/** A statement of the caller's own whose study is still within his reach; the trail has both. Any other is as unknown as none. */
export async function ownStatement(
  { query }: QuerySystems,
  request: FastifyRequest,
  id: string = paramOf(request, 'id'),
): Promise<{ id: string; actor: string; study: Study } | Refusal> {
  const actor = grantOf(request).user
  const study = await query.placeOf(id, actor)
  if (isRefusal(study)) return study
  if (mayReachStudy(grantOf(request), study) !== null) return noSuchStatement()
  factsOf(request).sid = study.sid
  factsOf(request).detail['statement'] = id
  return { id, actor, study }
}

/** Much is sent piece by piece, as it lies in memory. */
function rowsOf({ pieces, type, headers }: StatementAnswer): Answer {
  const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
  if (bytes <= atOnceMax) return { body: Buffer.concat(pieces), type, headers }
  return { body: Readable.from(pieces), type, headers: { ...headers, 'content-length': String(bytes) } }
}
const atOnceMax = 1024 * 1024

function statementRoutes(app: FastifyInstance, systems: QuerySystems): void {
  const { query } = systems
  bind(app, endpoints.runStatement, {
    ...counted,
    handler: async (request) => {
      const body = bodyAs(request, statementRequest)
      if (isRefusal(body)) return body
      const study = await reached(systems, request, body.study)
      if (isRefusal(study)) return study
      const level = levelOf(request, body.level)
      if (isRefusal(level)) return level
      const { sql, purpose, cut, parameters } = body
      const limit = Math.min(body.limit, rowsAtOnce(request))
      const { user: actor, role } = grantOf(request)
      const asked = { study, actor, sql, purpose, limit, cut, level, parameters, role, format: formatOf(request) }
      Object.assign(factsOf(request).detail, { purpose, level })
      if (cut !== undefined) factsOf(request).detail['cut'] = cut
      if (/\brespond-async\b/i.test(headerOf(request, 'prefer') ?? '')) {
        const started = query.start(asked)
        factsOf(request).detail['statement'] = started.id
        return { status: 202, body: started }
      }
      return untilGone(request, async (signal) => {
        const result = await query.run({ ...asked, signal })
        return isRefusal(result) ? result : rowsOf(result)
      })
    },
  })
  bind(app, endpoints.statements, {
    ...counted,
    handler: async (request) => {
      const asked = queryOf(request)
      const study = await reached(systems, request, asked['study'])
      if (isRefusal(study)) return study
      const limit = wholeNumber(asked['limit'], { min: 1, max: historyPageMax, otherwise: 100 })
      if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${historyPageMax}.`, parameter: 'limit' })
      const sought = soughtOf(asked)
      if (isRefusal(sought)) return sought
      const { rows } = await query.history(study, grantOf(request).user, limit, sought)
      return { body: { rows: rows.map((row) => (mayHave(request, row.level) === null ? row : { ...row, rows: null })) } }
    },
  })
  bind(app, endpoints.statement, {
    ...counted,
    handler: async (request) => {
      const own = await ownStatement(systems, request)
      const status = isRefusal(own) ? own : await query.status(own.id, own.actor)
      return isRefusal(status) ? status : { body: statusFor(request, status) }
    },
  })
  bind(app, endpoints.statementLineage, {
    ...counted,
    handler: async (request) => {
      const own = await ownStatement(systems, request)
      const lineage = isRefusal(own) ? own : await query.lineage(own.id, own.actor)
      if (isRefusal(lineage)) return lineage
      return mayHave(request, levelFrom(lineage.basis)) ?? { body: lineage }
    },
  })
  bind(app, endpoints.cancelStatement, {
    ...counted,
    handler: async (request) => {
      const own = await ownStatement(systems, request)
      const status = isRefusal(own) ? own : await query.cancel(own.id, own.actor)
      return isRefusal(status) ? status : { body: statusFor(request, status) }
    },
  })
}

/** How many rows there were is a figure, too. */
function statusFor(request: FastifyRequest, { basis, ...status }: StatementStatus): StatementStatus {
  return basis === undefined || mayHave(request, levelFrom(basis)) !== null ? status : { ...status, basis }
}

/** The form of rows that is asked for; `otherwise` where none is named. */
export function formatOf(request: FastifyRequest, otherwise: 'arrow' | 'json' = 'arrow'): 'arrow' | 'json' {
  const accept = headerOf(request, 'accept') ?? '*/*'
  if (!/\bapplication\//i.test(accept)) return otherwise
  return /\bapplication\/json\b/i.test(accept) && !/apache\.arrow/i.test(accept) ? 'json' : 'arrow'
}

function soughtOf({ text, state, from, pinned }: Record<string, string>): Sought | Refusal {
  const states: readonly string[] = statementState.options
  if (state !== undefined && !states.includes(state))
    return refuse('bad-parameter', { detail: `state is one of ${states.join(', ')}.`, parameter: 'state' })
  const at = from === undefined ? 0 : Date.parse(from)
  if (Number.isNaN(at)) return refuse('bad-parameter', { detail: 'from is a date or a time, such as 2026-01-31.', parameter: 'from' })
  if (pinned !== undefined && pinned !== 'true' && pinned !== 'false')
    return refuse('bad-parameter', { detail: 'pinned is true or false.', parameter: 'pinned' })
  return {
    ...(text === undefined ? {} : { text }),
    ...(state === undefined ? {} : { state }),
    ...(from === undefined ? {} : { from: at }),
    ...(pinned === undefined ? {} : { pinned: pinned === 'true' }),
  }
}

/** A caller who hangs up does not want the rows any more: the statement is stopped. */
export async function untilGone(
  request: FastifyRequest,
  work: (signal: AbortSignal) => Promise<Answer | Refusal>,
): Promise<Answer | Refusal> {
  const gone = new AbortController()
  const { socket } = request.raw
  const abort = (): void => gone.abort()
  socket.once('close', abort)
  try {
    return await work(gone.signal)
  } finally {
    socket.off('close', abort)
  }
}

function notebookRoutes(app: FastifyInstance, systems: QuerySystems): void {
  const { notebooks } = systems
  bind(app, endpoints.notebooks, {
    ...counted,
    handler: async (request) => {
      const study = await reached(systems, request, queryOf(request)['study'])
      return isRefusal(study) ? study : { body: await notebooks.list(study, ownOnly(request)) }
    },
  })
  bind(app, endpoints.createNotebook, {
    ...counted,
    handler: async (request) => {
      const body = bodyAs(request, notebookDraft)
      if (isRefusal(body)) return body
      const study = await reached(systems, request, body.study)
      return isRefusal(study) ? study : { body: await notebooks.create(study, grantOf(request).user, body) }
    },
  })
  const inStudy = async (request: FastifyRequest): Promise<Study | Refusal> => {
    const place = await notebooks.placeOf(paramOf(request, 'id'))
    const only = ownOnly(request)
    const isTheirs = place === null || (only !== null && place.owner !== only)
    const study = isTheirs ? null : await systems.studies.bySid(place.sid)
    if (study !== null && mayReachStudy(grantOf(request), study) === null) {
      factsOf(request).sid = study.sid
      return study
    }
    return refuse('unknown', { detail: 'There is no such notebook here.' })
  }
  bind(app, endpoints.notebook, {
    ...counted,
    handler: async (request) => {
      const study = await inStudy(request)
      if (isRefusal(study)) return study
      const notebook = await notebooks.read(study, paramOf(request, 'id'))
      return isRefusal(notebook) ? notebook : { body: notebook }
    },
  })
  bind(app, endpoints.saveNotebook, {
    ...counted,
    handler: async (request) => {
      const body = bodyAs(request, notebookSave)
      if (isRefusal(body)) return body
      const study = await inStudy(request)
      if (isRefusal(study)) return study
      const saved = await notebooks.save(study, paramOf(request, 'id'), grantOf(request).user, body)
      return isRefusal(saved) ? saved : { body: saved }
    },
  })
  bind(app, endpoints.notebookVersions, {
    ...counted,
    handler: async (request) => {
      const study = await inStudy(request)
      if (isRefusal(study)) return study
      const versions = await notebooks.versions(study, paramOf(request, 'id'))
      return isRefusal(versions) ? versions : { body: versions }
    },
  })
  bind(app, endpoints.notebookAt, {
    ...counted,
    handler: async (request) => {
      const study = await inStudy(request)
      if (isRefusal(study)) return study
      const version = wholeNumber(paramOf(request, 'version'), { min: 1, max: 2_000_000_000, otherwise: 1 })
      if (version === null) return refuse('bad-parameter', { detail: 'A version is a whole number from 1.', parameter: 'version' })
      const notebook = await notebooks.at(study, paramOf(request, 'id'), version)
      return isRefusal(notebook) ? notebook : { body: notebook }
    },
  })
  bind(app, endpoints.removeNotebook, {
    ...counted,
    handler: async (request) => {
      const study = await inStudy(request)
      if (isRefusal(study)) return study
      const removed = await notebooks.remove(study, paramOf(request, 'id'), grantOf(request).user)
      return removed === true ? { status: 204 } : removed
    },
  })
}

/** Others may have written rows into theirs: who gets counts only has his own. null: all may be read. */
const ownOnly = (request: FastifyRequest): string | null => {
  const grant = grantOf(request)
  return mayUse(grant, 'query.run') ? null : grant.user
}
