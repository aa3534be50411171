import {
  statisticsRowsMax,
  type QueryLevel,
  type ReadStatisticsRequest,
  type StatementRows,
  type StatisticsAnswer,
} from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { cmsCells } from '@aquifer/core/small-cells'
import { statisticsOf, type StatisticsBody } from '@aquifer/core/statistics'
import type { Study } from '../repository/index.js'
import { withCodeTexts } from './code-texts.js'
import type { Query } from './query.js'

export interface StatisticsAsked {
  study: Study
  actor: string
  request: ReadStatisticsRequest
  level?: QueryLevel
  signal?: AbortSignal
}

/** Statistics over the rows of a statement, which is one of the caller's own: through gate and engine, and in the history. */
export async function statisticsBy(
  query: Pick<Query, 'run'>,
  { study, actor, request, level = 'rows', signal }: StatisticsAsked,
): Promise<StatisticsAnswer | Refusal> {
  const { sql, purpose, cut, parameters = {} } = request
  // For the ledger: what stands in the statement's own record is not asked twice.
  const about = level === 'counts' ? { about: { statistics: { ...request, sql: '', purpose: '', parameters: {}, suppress: true } } } : {}
  const found = await query.run({
    study,
    actor,
    sql,
    purpose,
    cut,
    parameters,
    limit: statisticsRowsMax,
    format: 'json',
    level,
    ...about,
    ...(signal ? { signal } : {}),
  })
  if (isRefusal(found)) return found
  const { statement, basis, columns, rows } = JSON.parse(Buffer.concat(found.pieces).toString()) as StatementRows
  if (level === 'counts') return { ...(rows[0]![0] as StatisticsBody), statement, basis }
  if (basis.truncated) {
    const detail = `Statistics are over ${statisticsRowsMax} rows at most.`
    return refuse('statement-limit', { detail, suggestion: 'Group by patient_key, or filter.' })
  }
  const figures = statisticsOf(request, { columns, rows }, request.suppress ? cmsCells : null)
  return isRefusal(figures) ? figures : { ...withCodeTexts(figures, { columns, rows }), statement, basis }
}
