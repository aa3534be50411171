import type { Refusal } from '@aquifer/core/refusal'
import {
  arrowStreamType,
  statementHeader,
  type QueryBasis,
  type StatementHistory,
  type StatementParameters,
  type StatementStatus,
} from '@aquifer/core/contract'
import type { StatementRecord } from '../repository/index.js'
import { basisHeaderOf } from './basis-header.js'
import type { Found } from './basis.js'
import type { Asked, StatementAnswer } from './query-options.js'

// A kept statement as the API tells it.

type Stored = { basis: QueryBasis | null; problem: StatementStatus['problem'] | null }
const stored = (record: StatementRecord): Stored => ({
  basis: record.basis as QueryBasis | null,
  problem: record.problem as StatementStatus['problem'] | null,
})

export function statusOf(record: StatementRecord, study: string): StatementStatus {
  const { basis, problem } = stored(record)
  // A statement that was running when the server ended never comes back.
  const state = record.state === 'queued' || record.state === 'running' ? 'failed' : (record.state as StatementStatus['state'])
  return {
    id: record.id,
    study,
    state,
    progress: null,
    elapsedMs: record.elapsedMs ?? 0,
    submittedAt: new Date(record.at).toISOString(),
    ...(basis === null ? {} : { basis }),
    ...(problem ? { problem } : {}),
  }
}

export function historyRow(record: StatementRecord, study: string, keptUntil: number | null): StatementHistory['rows'][number] {
  const { basis, problem } = stored(record)
  return {
    id: record.id,
    study,
    sql: record.sql,
    purpose: record.purpose,
    state: statusOf(record, study).state,
    submittedAt: new Date(record.at).toISOString(),
    elapsedMs: record.elapsedMs,
    rows: basis?.rows ?? null,
    level: basis === null ? null : (basis.level ?? 'rows'),
    snapshot: basis?.snapshot ?? null,
    problem: problem?.detail ?? null,
    parameters: record.parameters as StatementParameters,
    cut: record.cut,
    pinned: record.pinned === true,
    keptUntil: keptUntil === null ? null : new Date(keptUntil).toISOString(),
  }
}

/** A refusal as the history of statements keeps it. */
export function problemOf({ refusal: code, ...facts }: Refusal): NonNullable<StatementStatus['problem']> {
  return { title: code, status: 400, code, ...pick(facts, 'detail'), ...pick(facts, 'position'), ...pick(facts, 'suggestion') }
}
const pick = <Key extends string>(facts: object, key: Key): Partial<Record<Key, never>> =>
  key in facts ? ({ [key]: (facts as Record<string, unknown>)[key] } as Partial<Record<Key, never>>) : {}

/** The rows of a statement as they are answered. */
export function answerOf(
  format: Asked['format'],
  id: string,
  { basis, columns, chunks, suppressed }: Pick<Found, 'columns' | 'chunks' | 'suppressed'> & { basis: QueryBasis },
): StatementAnswer {
  const headers = { [statementHeader]: id, ...basisHeaderOf(basis) }
  if (format === 'arrow') return { headers, type: arrowStreamType, pieces: chunks }
  const head = JSON.stringify({ statement: id, basis, columns, suppressed })
  const pieces = [Buffer.from(`${head.slice(0, -1)},"rows":[`), ...chunks, Buffer.from(']}')]
  return { headers, type: 'application/json; charset=utf-8', pieces }
}
