import { useQuery } from '@tanstack/react-query'
import { statementHistory, type StatementHistoryRow, type StudyView } from '@aquifer/core/contract'
import { useApi } from '../../api/SessionProvider.js'
import { count, lately, span } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Button } from '../../ui/Button.js'
import { toggleBottom } from '../shell/bottom.js'
import { heartOf } from '../shell/bottom/heart.js'
import { draftOf } from '../shell/bottom/history.js'
import { Panel } from '../../ui/Panel.js'
import { Failure, SkeletonRows } from '../../ui/states.js'
import { useNow } from '../../ui/use-now.js'
import { useCreateNotebook } from '../notebook/useCreateNotebook.js'
import { outcomes } from './outcomes.js'

const most = 7
/** The questions of late: a click puts one into a notebook of its own. */
export function AskedPanel({ study }: { study: StudyView }) {
  const now = useNow()
  const api = useApi()
  const { create, busy } = useCreateNotebook(study.id)
  const history = useQuery({
    queryKey: ['history', study.id],
    queryFn: ({ signal }) => api.json(`/query/api/v1/statements?study=${encodeURIComponent(study.id)}`, statementHistory, { signal }),
  })
  const rows = newestOfEach(history.data?.rows ?? []).slice(0, most)
  // Whoever has asked nothing yet needs no panel that says so.
  if (history.data !== undefined && rows.length === 0) return null
  return (
    <Panel
      title="Asked lately"
      note={<span className="sub">by you, kept in the audit trail</span>}
      actions={
        rows.length > 0 && (
          <Button look="quiet" onPress={() => toggleBottom('history')}>
            All questions
          </Button>
        )
      }
    >
      {history.data === undefined ? (
        history.error ? (
          <Failure error={history.error} retry={() => void history.refetch()} />
        ) : (
          <SkeletonRows />
        )
      ) : (
        <ul>
          {rows.map((row) => (
            <li key={row.id}>
              <button type="button" className="asked-row" disabled={busy} title={row.sql} onClick={() => create(draftOf(row))}>
                <Icon of={outcomes[row.state].icon} className={outcomes[row.state].tone} />
                <span className="visually-hidden">{outcomes[row.state].word}</span>
                <span className="grow cut mono">{heartOf(row.sql)}</span>
                <span className="small ink-2 num asked-rows">{row.rows === null ? '' : `${count(row.rows)} rows`}</span>
                <span className="small ink-3 num asked-time">{row.elapsedMs === null ? '' : span(row.elapsedMs)}</span>
                <span className="small ink-3 num asked-when">{lately(row.submittedAt, now)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

/** The same text asked ten times is one line. */
function newestOfEach(rows: StatementHistoryRow[]): StatementHistoryRow[] {
  const newest = new Map<string, StatementHistoryRow>()
  for (const row of rows.toSorted((a, b) => (a.submittedAt < b.submittedAt ? 1 : -1))) if (!newest.has(row.sql)) newest.set(row.sql, row)
  return [...newest.values()]
}
