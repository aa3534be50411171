import { Bookmark, CircleCheck, CircleDashed, Clock, NotebookPen, Play, Trash2, TrendingUp, X } from 'lucide-react'
import { useState } from 'react'
import type { SavedQueryReport, SavedQueryView } from '@aquifer/core/contract'
import { useForgetSavedQuery, useRunSavedQuery, useSavedQueries } from '../../../api/saved-queries.js'
import { Button, IconButton } from '../../../ui/Button.js'
import { lately, moment } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Empty, Failure, SkeletonRows } from '../../../ui/states.js'
import { tellFailure } from '../../../ui/tell.js'
import { useNow } from '../../../ui/use-now.js'
import { useDesk } from '../../notebook/DeskProvider.js'
import { resume } from '../../notebook/run.js'
import { useCreateNotebook } from '../../notebook/useCreateNotebook.js'
import { draftOf } from './history.js'
import { said, words } from './HistoryDetail.js'
import { rhythm } from './rhythm.js'

/** Queries that are kept under a title, when they run, and what the newest run found beside the one before. */
export function SavedPart({ study }: { study: string }) {
  const saved = useSavedQueries(study)
  const [chosen, choose] = useState<string | null>(null)
  const now = useNow()
  if (saved.data === undefined) return saved.error ? <Failure error={saved.error} retry={() => void saved.refetch()} /> : <SkeletonRows />
  const { queries } = saved.data
  const shown = queries.find(({ id }) => id === chosen)
  if (queries.length === 0)
    return (
      <Empty icon={Bookmark} title="No saved query">
        “Save as a query” in the menu of an SQL cell keeps it here, and has it run by itself.
      </Empty>
    )
  return (
    <div className="history">
      <div className="history-list">
        <ul className="history-rows" aria-label="Saved queries">
          {queries.map((query) => (
            <li key={query.id} className="history-row" data-current={query.id === chosen ? 'true' : undefined}>
              <button
                type="button"
                className="bottom-row"
                aria-current={query.id === chosen ? 'true' : undefined}
                onClick={() => choose(query.id === chosen ? null : query.id)}
              >
                <Found report={query.last} />
                <span className="grow cut">{query.title}</span>
                <span className="small ink-2 cut bottom-figure">{rhythm(query.every)}</span>
                <span className="small ink-3 num bottom-when">{query.last === null ? 'not run yet' : lately(query.last.at, now)}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      {shown !== undefined && <SavedDetail key={shown.id} study={study} query={shown} onClose={() => choose(null)} />}
    </div>
  )
}

function Found({ report }: { report: SavedQueryReport | null }) {
  const [icon, tone, word] =
    report === null
      ? [CircleDashed, 'mark-idle', 'Not run yet']
      : report.changed
        ? [TrendingUp, 'mark-warn', 'Changed']
        : [CircleCheck, 'mark-ok', 'As before']
  return (
    <>
      <Icon of={icon} className={tone} />
      <span className="visually-hidden">{word}</span>
    </>
  )
}

function SavedDetail({ study, query, onClose }: { study: string; query: SavedQueryView; onClose(): void }) {
  const [run, forget] = [useRunSavedQuery(study), useForgetSavedQuery(study)]
  const { desk } = useDesk()
  const { create, busy } = useCreateNotebook(study)
  const { sql, parameters, last } = query
  // The report that was there when a run was asked for; undefined: none was.
  const [before, setBefore] = useState<string | null>()
  const isWaiting = before !== undefined && before === (last?.at ?? null)
  useSavedQueries(study, isWaiting)
  const open = () =>
    create({ ...draftOf(query), title: query.title, cut: query.cut }, (made) => {
      const cell = made.cells.at(-1)
      if (last !== null && cell)
        void resume(desk, made.id, cell.id, { statement: last.statement, ran: { sql, texts: { '': sql }, parameters } }, true)
    })
  const failed = (what: string) => ({ onError: (error: unknown) => tellFailure(what, error) })
  return (
    <section className="history-detail" aria-label={`Saved query ${query.title}`}>
      <header className="row">
        <b className="cut">{query.title}</b>
        <span className="row end" style={{ gap: 2 }}>
          <Button
            icon={Play}
            isDisabled={run.isPending}
            onPress={() => run.mutate(query.id, { onSuccess: () => setBefore(last?.at ?? null), ...failed('It does not run') })}
          >
            Run now
          </Button>
          <Button look="quiet" icon={NotebookPen} isDisabled={busy} onPress={open}>
            {last === null ? 'Open in a notebook' : 'Open with its rows'}
          </Button>
          <IconButton
            label="Forget this query"
            icon={Trash2}
            size={14}
            isDisabled={forget.isPending}
            onPress={() => forget.mutate(query.id, failed('It was not forgotten'))}
          />
          <IconButton label="Close the query" icon={X} size={14} onPress={onClose} />
        </span>
      </header>
      <div className="history-body" tabIndex={0} role="group" aria-label="What it found, and its text">
        <p className="sub num row" style={{ gap: 6 }}>
          <Icon of={Clock} size={12} />
          {[
            rhythm(query.every),
            query.nextAt === null ? null : `next ${moment(query.nextAt)}`,
            query.purpose,
            query.cut === null ? null : `data cut ${query.cut}`,
            query.mail ? 'you hear by mail when it changed' : null,
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
        {isWaiting && (
          <p className="sub" role="status">
            It runs: what it finds comes here.
          </p>
        )}
        {last !== null && <Report report={last} />}
        <pre className="history-sql">{sql}</pre>
      </div>
    </section>
  )
}

/** In bands: who sees a report need not see rows. */
function Report({ report: { at, changed, previous, rows, added, removed, basis } }: { report: SavedQueryReport }) {
  const now = useNow()
  const facts: [string, string][] = [
    ...(previous === null || rows === '0' ? [] : [['Rows more or fewer', rows] as [string, string]]),
    ...(added === null || added === '0' ? [] : [['New rows', added] as [string, string]]),
    ...(removed === null || removed === '0' ? [] : [['Rows that are gone', removed] as [string, string]]),
  ]
  const rests = Object.entries(basis)
  return (
    <>
      <p className="sub">
        {previous === null
          ? `The first run, ${lately(at, now)}: the next one is held against it.`
          : `${changed ? 'Changed' : 'As before'}, ${lately(at, now)}.`}
      </p>
      {(facts.length > 0 || rests.length > 0) && (
        <dl className="history-facts">
          {facts.map(([name, band]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="num">{band}</dd>
            </div>
          ))}
          {rests.map(([name, { from, to }]) => (
            <div key={name}>
              <dt>{words[name] ?? name}</dt>
              <dd className="num">
                <del>{said(from)}</del> → <ins>{said(to)}</ins>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {previous !== null && added === null && (
        <p className="sub">Rows could not be held against each other: the earlier ones are not kept any more, or have other columns.</p>
      )}
    </>
  )
}
