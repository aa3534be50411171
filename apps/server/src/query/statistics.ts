import { statisticsRowsMax, type ReadStatisticsRequest, type StatementRows, type StatisticsAnswer } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { cmsCells } from '@aquifer/core/small-cells'
import { statisticsOf } from '@aquifer/core/statistics'
import type { Study } from '../repository/index.js'
import type { Query } from './query.js'

export interface StatisticsAsked {
  study: Study
  actor: string
  request: ReadStatisticsRequest
  signal?: AbortSignal
}

/** Statistics over the rows of a statement, which is one of the caller's own: through gate and engine, and in the history. */
export async function statisticsBy(
  query: Pick<Query, 'run'>,
  { study, actor, request, signal }: StatisticsAsked,
): Promise<StatisticsAnswer | Refusal> {
  const { sql, purpose, cut, parameters = {} } = request
  const found = await query.run({
    study,
    actor,
    sql,
    purpose,
    cut,
    parameters,
    limit: statisticsRowsMax,
    format: 'json',
    ...(signal ? { signal } : {}),
  })
  if (isRefusal(found)) return found
  const { statement, basis, columns, rows } = JSON.parse(Buffer.concat(found.pieces).toString()) as StatementRows
  if (basis.truncated) {
    const detail = `Statistics are over ${statisticsRowsMax} rows at most.`
    return refuse('statement-limit', { detail, suggestion: 'Group by patient_key, or filter.' })
  }
  const figures = statisticsOf(request, { columns, rows }, request.suppress ? cmsCells : null)
  return isRefusal(figures) ? figures : { ...figures, statement, basis }
}
