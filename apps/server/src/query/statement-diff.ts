import type { StatementDiff, QueryBasis } from '@aquifer/core/contract'
import { lineDiff, valueDiff } from '@aquifer/core/query'
import type { StatementRecord } from '../repository/index.js'

const named = (value: unknown): Record<string, unknown> => (value ?? {}) as Record<string, unknown>

/** How two statements differ, and what they rest on; how many rows more or fewer. */
export function diffOf(from: StatementRecord, to: StatementRecord): StatementDiff {
  const [before, after] = [from.basis as QueryBasis | null, to.basis as QueryBasis | null]
  const rowsOf = (basis: QueryBasis | null): number | null => (basis === null ? null : (basis.totalRows ?? basis.rows))
  const [rowsBefore, rowsAfter] = [rowsOf(before), rowsOf(after)]
  return {
    from: from.id,
    to: to.id,
    sql: lineDiff(from.sql, to.sql),
    parameters: valueDiff(named(from.parameters), named(to.parameters)),
    basis: valueDiff(restsOn(before), restsOn(after)),
    rows: { from: rowsBefore, to: rowsAfter, difference: rowsBefore === null || rowsAfter === null ? null : rowsAfter - rowsBefore },
  }
}

function restsOn(basis: QueryBasis | null): Record<string, unknown> {
  const { snapshot, maskingPolicy, consentEpoch, consentState, cut, people } = named(basis)
  return { snapshot, maskingPolicy, consentEpoch, consentState, cut, people }
}
