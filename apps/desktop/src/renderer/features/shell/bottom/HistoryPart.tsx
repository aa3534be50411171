import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { statementHistory, type StatementHistoryRow } from '@aquifer/core/contract'
import { useApi } from '../../../api/SessionProvider.js'
import { SearchField, Select } from '../../../ui/fields.js'
import { lately, plural, span } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Failure, SkeletonRows } from '../../../ui/states.js'
import { useNow } from '../../../ui/use-now.js'
import { outcomes } from '../../home/outcomes.js'
import { useCreateNotebook } from '../../notebook/useCreateNotebook.js'

const most = 200
type Choice = 'all' | 'done' | 'failed' | 'cancelled'
const choices: { id: Choice; label: string }[] = [
  { id: 'all', label: 'Every outcome' },
  { id: 'done', label: 'Done' },
  { id: 'failed', label: 'Failed' },
  { id: 'cancelled', label: 'Stopped' },
]

/** The caller's own statements, newest first: found by their words, opened again in a notebook. */
export function HistoryPart({ study }: { study: string }) {
  const api = useApi()
  const now = useNow()
  const [text, setText] = useState('')
  const [state, setState] = useState<Choice>('all')
  const { create, busy } = useCreateNotebook(study)
  const history = useQuery({
    queryKey: ['history', study, most],
    queryFn: ({ signal }) =>
      api.json(`/query/api/v1/statements?study=${encodeURIComponent(study)}&limit=${most}`, statementHistory, { signal }),
    refetchInterval: 5000,
  })
  const rows = (history.data?.rows ?? []).filter((row) => matches(row, text, state))
  return (
    <>
      <div className="bottom-filter">
        <SearchField label="Find a question by its words" value={text} onChange={setText} />
        <Select label="Outcome" hidden value={state} onChange={setState} choices={choices} />
        <span className="sub end num">
          {history.data === undefined ? '' : rows.length === most ? `the newest ${most}` : plural(rows.length, 'question')}
        </span>
      </div>
      {history.error && <Failure error={history.error} retry={() => void history.refetch()} />}
      {history.data === undefined && !history.error && <SkeletonRows />}
      {history.data !== undefined && rows.length === 0 && (
        <p className="side-none sub">
          {history.data.rows.length === 0 ? 'No question yet: each statement you run is listed here.' : 'No question has these words.'}
        </p>
      )}
      <ul>
        {rows.map((row) => (
          <li key={row.id}>
            <button
              type="button"
              className="bottom-row"
              disabled={busy}
              title={row.problem ?? row.sql}
              onClick={() => create({ title: 'From an earlier question', cells: [{ kind: 'sql', name: 'result', source: row.sql }] })}
            >
              <Icon of={outcomes[row.state].icon} className={outcomes[row.state].tone} />
              <span className="visually-hidden">{outcomes[row.state].word}</span>
              <span className="grow cut mono">{row.sql.replaceAll(/\s+/g, ' ')}</span>
              <span className="small ink-2 cut bottom-figure">{row.purpose}</span>
              <span className="small ink-2 num bottom-figure">{row.rows === null ? '' : plural(row.rows, 'row')}</span>
              <span className="small ink-3 num bottom-figure">{row.elapsedMs === null ? '' : span(row.elapsedMs)}</span>
              <span className="small ink-3 num bottom-when">{lately(row.submittedAt, now)}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}

function matches(row: StatementHistoryRow, text: string, state: Choice): boolean {
  if (state !== 'all' && row.state !== state) return false
  const held = `${row.sql} ${row.purpose}`.toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => held.includes(word))
}
