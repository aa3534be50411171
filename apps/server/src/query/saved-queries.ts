import { randomUUID } from 'node:crypto'
import type { QueryBasis, SavedQueryDraft, SavedQueryReport, SavedQueryView, StatementParameters } from '@aquifer/core/contract'
import { valueDiff } from '@aquifer/core/query'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { bandOf } from '@aquifer/core/small-cells'
import { durationMs, spanText } from '@aquifer/core/time'
import { openJobWorker, type JobRun } from '../jobs/index.js'
import type { Job, Repository, SavedQueryRow, Study } from '../repository/index.js'
import { Sleeper } from '../storage/index.js'
import { statementLimits } from './limits.js'
import type { Query } from './query.js'

export interface SavedQueryDesk {
  save(study: Study, owner: string, draft: SavedQueryDraft): Promise<SavedQueryView | Refusal>
  list(study: Study, owner: string): Promise<SavedQueryView[]>
  /** The owner's own; another's is as unknown as one that never was. */
  see(id: string, owner: string): Promise<{ row: SavedQueryRow; study: Study } | Refusal>
  view(row: SavedQueryRow, study: Study): SavedQueryView
  remove(id: string): Promise<void>
  run(row: SavedQueryRow): Promise<Job>
  close(): Promise<void>
}

interface Parts {
  query: Query
  repository: Repository
  studyOf: (sid: number) => Promise<Study | null>
  /** Whether its owner may still ask: a saved query outlives a grant. */
  mayStill: (owner: string, study: Study) => Promise<boolean>
  /** Says that a saved query of a study has something new, and nothing of what. */
  tell: (owner: string, study: Study, id: string) => Promise<void>
  owner: string
  now: () => number
  newId: () => string
  onFailure: (failure: { kind: string; reason: string }) => void
}

const kind = 'saved-query'
const tickMs = 15_000
const hour = 3_600_000
const everyMax = 90 * 24 * hour

export function openSavedQueries(parts: Parts): SavedQueryDesk {
  const { repository, now, newId } = parts
  const saved = repository.savedQueries
  const worker = openJobWorker({ repository, owner: parts.owner, kinds: { [kind]: runOf(parts) }, onFailure: parts.onFailure })
  const queue = async ({ id, sid, owner }: SavedQueryRow): Promise<Job> => {
    const job = await repository.jobs.create({ id: newId(), kind, sid, actor: owner, request: { saved: id } })
    worker.wake()
    return job
  }
  const clock = openClock(async () => {
    for (const row of await saved.takeDue(now())) await queue(row)
  })
  return {
    async save(study, owner, draft) {
      const everyMs = draft.every === undefined ? null : durationMs(draft.every)
      if (draft.every !== undefined && (everyMs === null || everyMs < hour || everyMs > everyMax))
        return refuse('bad-parameter', { detail: 'every is a span from 1h to 90d.', parameter: 'every' })
      const { title, sql, parameters, purpose, cut = null, mail } = draft
      const read = await parts.query.read(study, sql, parameters)
      if (isRefusal(read) && read.refusal !== 'not-ready') return read
      const nextAt = everyMs === null ? null : now() + everyMs
      const row = {
        id: newId(),
        sid: study.sid,
        owner,
        title,
        sql,
        parameters,
        purpose,
        cut,
        everyMs,
        nextAt,
        mail,
        createdAt: now(),
        last: null,
      }
      await saved.add(row)
      return viewOf(row, study)
    },
    list: async (study, owner) => (await saved.list(study.sid, owner)).map((row) => viewOf(row, study)),
    async see(id, owner) {
      const row = await saved.byId(id)
      const study = row?.owner === owner ? await parts.studyOf(row.sid) : null
      return row === null || study === null ? refuse('unknown', { detail: 'There is no such saved query here.' }) : { row, study }
    },
    view: viewOf,
    remove: (id) => saved.remove(id),
    run: queue,
    async close() {
      await clock.stop()
      await worker.stop()
    },
  }
}

function openClock(tick: () => Promise<void>): { stop(): Promise<void> } {
  const sleeper = new Sleeper()
  let isStopped = false
  const work = async (): Promise<void> => {
    while (!isStopped) {
      // What is due stays due until the database answers.
      await tick().catch(() => undefined)
      await sleeper.sleep(tickMs)
    }
  }
  const working = work()
  return {
    async stop() {
      isStopped = true
      sleeper.end()
      await working
    },
  }
}

const iso = (at: number): string => new Date(at).toISOString()
function viewOf(row: SavedQueryRow, study: Study): SavedQueryView {
  const { id, title, sql, purpose, cut, mail, everyMs, nextAt } = row
  return {
    id,
    study: study.id,
    title,
    sql,
    parameters: row.parameters as StatementParameters,
    purpose,
    cut,
    every: everyMs === null ? null : spanText(everyMs),
    nextAt: nextAt === null ? null : iso(nextAt),
    mail,
    createdAt: iso(row.createdAt),
    last: row.last as SavedQueryReport | null,
  }
}

function runOf(parts: Parts): JobRun {
  return async (job, { request }) => {
    const row = await parts.repository.savedQueries.byId(String(request['saved']))
    const study = row === null ? null : await parts.studyOf(row.sid)
    if (row === null || study === null) return { problem: 'This saved query is not here any more.' }
    if (!(await parts.mayStill(row.owner, study))) {
      await audit(parts, row, 'refused')
      return { problem: 'Its owner may not ask this study any more.' }
    }
    const stop = new AbortController()
    const watch = setInterval(() => job.cancelled && stop.abort(), 50)
    try {
      const report = await runOnce(parts, row, study, stop.signal)
      if (isRefusal(report))
        return { problem: 'detail' in report && typeof report.detail === 'string' ? report.detail : 'It could not be run.' }
      await parts.repository.savedQueries.ran(row.id, report)
      // A mail that does not go takes nothing from the report.
      if (row.mail && report.changed) await parts.tell(row.owner, study, row.id).catch(() => undefined)
      return { result: report }
    } finally {
      clearInterval(watch)
    }
  }
}

/** Nobody asks when the clock does: the trail has it as an act of the owner's, for the purpose he gave. */
async function audit({ repository, now }: Parts, row: SavedQueryRow, outcome: 'done' | 'refused', statement?: string): Promise<void> {
  const { id: saved, sid, owner: actor, purpose } = row
  const of = { id: await repository.nextAuditId(), at: now(), request: randomUUID(), actor, role: 'none', sid }
  const detail = { saved, purpose, by: 'saved-query', ...(statement === undefined ? {} : { statement }) }
  await repository.audits.record([{ ...of, action: 'query', outcome, detail, entries: [] }])
}

async function runOnce(parts: Parts, row: SavedQueryRow, study: Study, signal: AbortSignal): Promise<SavedQueryReport | Refusal> {
  const { query, now } = parts
  const { owner: actor, sql, purpose, cut } = row
  const asked = { study, actor, sql, purpose, cut: cut ?? undefined, parameters: row.parameters as StatementParameters, signal }
  const kept = await query.keep({ ...asked, limit: statementLimits.rows, format: 'json' })
  if (isRefusal(kept)) return kept
  await audit(parts, row, 'done', kept.id)
  const last = row.last as SavedQueryReport | null
  const before = last === null ? null : await query.kept(last.statement, actor)
  const earlier = before === null || isRefusal(before) ? null : before
  const record = last === null ? null : await query.record(last.statement, actor)
  const basisBefore = record === null || isRefusal(record) ? null : (record.basis as QueryBasis | null)
  const apart = earlier === null ? null : await query.results.apart(earlier, kept)
  const counts = apart === null || isRefusal(apart) ? null : apart
  const difference = basisBefore === null ? 0 : rowsOf(kept.basis) - rowsOf(basisBefore)
  return {
    saved: row.id,
    at: iso(now()),
    statement: kept.id,
    previous: last?.statement ?? null,
    changed: last !== null && (counts === null ? difference !== 0 : counts.added + counts.removed > 0),
    rows: banded(difference),
    added: counts === null ? null : banded(counts.added),
    removed: counts === null ? null : banded(counts.removed),
    basis: basisBefore === null ? {} : valueDiff(restsOn(basisBefore), restsOn(kept.basis)),
  }
}

const rowsOf = ({ rows, totalRows }: QueryBasis): number => totalRows ?? rows
const restsOn = ({ snapshot, maskingPolicy, consentState }: QueryBasis): Record<string, unknown> => ({
  snapshot,
  maskingPolicy,
  consentState,
})

/** Reports are seen by more people than rows: how many came or went is told in bands, to its owner, too, who may compare the two runs himself. */
function banded(difference: number): string {
  return difference < 0 ? `−(${bandOf(-difference)})` : bandOf(difference)
}
