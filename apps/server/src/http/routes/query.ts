import type { FastifyInstance, FastifyRequest } from 'fastify'
import { endpoints, notebookDraft, notebookSave, statementRequest } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayReachStudy, noSuchStudy } from '../../access/index.js'
import { historyPageMax, type KeptResult, type NotebookDesk, type Query } from '../../query/index.js'
import type { Study } from '../../study/index.js'
import type { Studies } from '../../study/index.js'
import type { Answer } from '../answer.js'
import { bind, bodyAs, paramOf, queryOf, wholeNumber } from '../bind.js'
import { factsOf, grantOf, headerOf } from '../context.js'

export interface QuerySystems {
  query: Query
  notebooks: NotebookDesk
  studies: Studies
}

const mine = { act: 'query', right: 'query.run' } as const

export function queryRoutes(app: FastifyInstance, systems: QuerySystems): void {
  statementRoutes(app, systems)
  bind(app, endpoints.catalogue, {
    ...mine,
    handler: async (request) => {
      const study = await reached(systems, request, queryOf(request)['study'])
      return isRefusal(study) ? study : { body: await systems.query.catalogue(study) }
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

const rowsOf = ({ bytes, type, headers }: KeptResult): Answer => ({ body: bytes, type, headers })

function statementRoutes(app: FastifyInstance, systems: QuerySystems): void {
  const { query } = systems
  bind(app, endpoints.runStatement, {
    ...mine,
    handler: async (request) => {
      const body = bodyAs(request, statementRequest)
      if (isRefusal(body)) return body
      const study = await reached(systems, request, body.study)
      if (isRefusal(study)) return study
      const { sql, purpose, limit, cut } = body
      const asked = { study, actor: grantOf(request).user, sql, purpose, limit, cut, format: formatOf(request) }
      factsOf(request).detail['purpose'] = purpose
      if (cut !== undefined) factsOf(request).detail['cut'] = cut
      if (/\brespond-async\b/i.test(headerOf(request, 'prefer') ?? '')) return { status: 202, body: query.start(asked) }
      return untilGone(request, async (signal) => {
        const result = await query.run({ ...asked, signal })
        return isRefusal(result) ? result : rowsOf(result)
      })
    },
  })
  bind(app, endpoints.statements, {
    ...mine,
    handler: async (request) => {
      const asked = queryOf(request)
      const study = await reached(systems, request, asked['study'])
      if (isRefusal(study)) return study
      const limit = wholeNumber(asked['limit'], { min: 1, max: historyPageMax, otherwise: 100 })
      if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${historyPageMax}.`, parameter: 'limit' })
      return { body: await query.history(study, grantOf(request).user, limit) }
    },
  })
  bind(app, endpoints.statement, {
    ...mine,
    handler: async (request) => {
      const status = await query.status(paramOf(request, 'id'), grantOf(request).user)
      return isRefusal(status) ? status : { body: status }
    },
  })
  bind(app, endpoints.statementResult, {
    ...mine,
    handler: async (request) => {
      const result = await query.result(paramOf(request, 'id'), grantOf(request).user)
      return isRefusal(result) ? result : rowsOf(result)
    },
  })
  bind(app, endpoints.cancelStatement, {
    ...mine,
    handler: async (request) => {
      const status = await query.cancel(paramOf(request, 'id'), grantOf(request).user)
      return isRefusal(status) ? status : { body: status }
    },
  })
}

function formatOf(request: FastifyRequest): 'arrow' | 'json' {
  const accept = headerOf(request, 'accept') ?? '*/*'
  return /\bapplication\/json\b/i.test(accept) && !/apache\.arrow/i.test(accept) ? 'json' : 'arrow'
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
    ...mine,
    handler: async (request) => {
      const study = await reached(systems, request, queryOf(request)['study'])
      return isRefusal(study) ? study : { body: await notebooks.list(study) }
    },
  })
  bind(app, endpoints.createNotebook, {
    ...mine,
    handler: async (request) => {
      const body = bodyAs(request, notebookDraft)
      if (isRefusal(body)) return body
      const study = await reached(systems, request, body.study)
      return isRefusal(study) ? study : { body: await notebooks.create(study, grantOf(request).user, body) }
    },
  })
  const inStudy = async (request: FastifyRequest): Promise<Study | Refusal> => {
    const sid = await notebooks.placeOf(paramOf(request, 'id'))
    const study = sid === null ? null : await systems.studies.bySid(sid)
    if (study !== null && mayReachStudy(grantOf(request), study) === null) {
      factsOf(request).sid = study.sid
      return study
    }
    return refuse('unknown', { detail: 'There is no such notebook here.' })
  }
  bind(app, endpoints.notebook, {
    ...mine,
    handler: async (request) => {
      const study = await inStudy(request)
      if (isRefusal(study)) return study
      const notebook = await notebooks.read(study, paramOf(request, 'id'))
      return isRefusal(notebook) ? notebook : { body: notebook }
    },
  })
  bind(app, endpoints.saveNotebook, {
    ...mine,
    handler: async (request) => {
      const body = bodyAs(request, notebookSave)
      if (isRefusal(body)) return body
      const study = await inStudy(request)
      if (isRefusal(study)) return study
      const saved = await notebooks.save(study, paramOf(request, 'id'), grantOf(request).user, body)
      return isRefusal(saved) ? saved : { body: saved }
    },
  })
  bind(app, endpoints.removeNotebook, {
    ...mine,
    handler: async (request) => {
      const study = await inStudy(request)
      if (isRefusal(study)) return study
      const removed = await notebooks.remove(study, paramOf(request, 'id'), grantOf(request).user)
      return removed === true ? { status: 204 } : removed
    },
  })
}
