import type { ChangedPeople, QueryBasis, SuppressedCell } from '@aquifer/core/contract'
import { countsOnly } from '@aquifer/core/small-cells'
import type { ReservoirManifest } from '../reservoir/index.js'
import type { CountsTold } from './counts/desk.js'
import { leftOutMany } from './file-tables.js'
import type { Question } from './counts/question.js'
import type { StatementResult } from './run-statement.js'

/** Of counts: hidden cells, columns that can have some, what later answers are held against, and the whole of what was found. */
export type Found = StatementResult & { suppressed?: SuppressedCell[]; figures?: number[]; question?: Question; told?: CountsTold }

/** What a result rests on. */
export function basisOf(parts: {
  manifest: ReservoirManifest
  result: Found
  /** null: masked rows */
  changed: ChangedPeople | null
  cut: string | undefined
  /** of the study now */
  epoch: number
  elapsedMs: number
  reads: NonNullable<QueryBasis['reads']>
}): QueryBasis {
  const { manifest, result, changed, cut, epoch, elapsedMs, reads } = parts
  const { threshold, rounding } = countsOnly
  // What a single decision changes is not told beside counts.
  const isCurrent = changed === null ? manifest.consentEpoch >= epoch : changed === '0'
  return {
    rows: result.rows,
    totalRows: result.totalRows,
    truncated: result.truncated,
    people: result.people,
    snapshot: manifest.snapshot,
    maskingPolicy: manifest.maskingPolicy,
    consentEpoch: manifest.consentEpoch,
    ...(cut === undefined ? {} : { cut }),
    consentState: cut !== undefined ? 'frozen' : isCurrent ? 'current' : 'updating',
    elapsedMs,
    ...(reads.length === 0 ? {} : { reads }),
    ...(result.leftOut === undefined ? {} : { leftOut: result.leftOut.map(told) }),
    ...(changed === null
      ? { withheldEpoch: epoch }
      : { level: 'counts', suppressed: result.suppressed?.length ?? 0, threshold, rounding: rounding ?? 1, changedPeople: changed }),
  }
}

const told = ({ file, rows }: NonNullable<StatementResult['leftOut']>[number]): NonNullable<QueryBasis['leftOut']>[number] => ({
  file,
  rows: rows < leftOutMany ? '1–10' : 'more than 10',
})
