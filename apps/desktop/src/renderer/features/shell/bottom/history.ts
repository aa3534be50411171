import { useQuery, useQueryClient } from '@tanstack/react-query'
import {
  notebookParameter,
  statementDiff,
  statementHistory,
  statementPin,
  type NotebookParameter,
  type StatementHistory,
  type StatementHistoryRow,
} from '@aquifer/core/contract'
import { useApi } from '../../../api/SessionProvider.js'
import { tellFailure } from '../../../ui/tell.js'
import type { Cell } from '../../notebook/model.js'
import type { Draft } from '../../notebook/useCreateNotebook.js'

export const most = 200

export interface Sought {
  text: string
  state: 'all' | 'done' | 'failed' | 'cancelled'
  pinned: boolean
}

/** Found by the server, over the whole history and not only what was listed. */
export function useHistory(study: string, { text, state, pinned }: Sought) {
  const api = useApi()
  const asked = new URLSearchParams({ study, limit: String(most) })
  if (text.trim() !== '') asked.set('text', text.trim())
  if (state !== 'all') asked.set('state', state)
  if (pinned) asked.set('pinned', 'true')
  return useQuery({
    queryKey: ['history', study, most, asked.toString()],
    queryFn: ({ signal }) => api.json(`/query/api/v1/statements?${asked.toString()}`, statementHistory, { signal }),
    placeholderData: (last) => last,
    refetchInterval: 5000,
  })
}

export function usePin(study: string): (row: StatementHistoryRow) => void {
  const api = useApi()
  const queries = useQueryClient()
  return (row) =>
    void api
      .json(`/query/api/v1/statements/${encodeURIComponent(row.id)}/pin`, statementPin, { method: 'PUT', body: { pinned: !row.pinned } })
      .then(() => {
        // Lists shown a moment from now too: none of them may put its rows in another order under the mouse.
        queries.setQueriesData<StatementHistory>(
          { queryKey: ['history', study, most] },
          (list) => list && { ...list, rows: pinnedFirst(list.rows, row.id, !row.pinned) },
        )
        return queries.invalidateQueries({ queryKey: ['history', study] })
      })
      .catch((error: unknown) => tellFailure('The question was not pinned', error))
}

/** Pinned ones first, the newest first among them, as the server lists them. */
export function pinnedFirst(rows: readonly StatementHistoryRow[], id: string, pinned: boolean): StatementHistoryRow[] {
  const told = rows.map((row) => (row.id === id ? { ...row, pinned } : row))
  return told.toSorted((a, b) => Number(b.pinned) - Number(a.pinned) || b.submittedAt.localeCompare(a.submittedAt))
}

export function useDiff(from: string, to: string) {
  const api = useApi()
  const path = `/query/api/v1/statements/${encodeURIComponent(from)}/diff/${encodeURIComponent(to)}`
  return useQuery({ queryKey: ['statement-diff', from, to], queryFn: ({ signal }) => api.json(path, statementDiff, { signal }) })
}

/** As a notebook: the text as it ran, and what it was asked with as parameter cells. */
export function draftOf({ sql, parameters }: Pick<StatementHistoryRow, 'sql' | 'parameters'>): Draft {
  const cells = Object.entries(parameters).map(([name, given]): Omit<Cell, 'id'> => ({
    kind: 'parameter',
    name,
    source: '',
    parameter: parameterOf(given),
  }))
  return { title: 'From an earlier question', cells: [...cells, { kind: 'sql', name: 'result', source: sql }] }
}

function parameterOf({ type, value }: StatementHistoryRow['parameters'][string]): NotebookParameter {
  const told =
    type === 'text-list'
      ? { type: 'codes', value: value ?? [] }
      : type === 'date'
        ? { type, value }
        : type === 'number' || type === 'integer'
          ? { type: 'number', value: value === null ? null : Number(value) }
          : { type: 'text', value: value === null ? '' : String(value) }
  const read = notebookParameter.safeParse(told)
  return read.success ? read.data : { type: 'text', value: '' }
}
