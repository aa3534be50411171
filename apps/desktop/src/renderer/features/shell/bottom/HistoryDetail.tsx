import { Copy, GitCompareArrows, NotebookPen, Pin, PinOff, X } from 'lucide-react'
import type { StatementDiff, StatementHistoryRow } from '@aquifer/core/contract'
import { Button, IconButton } from '../../../ui/Button.js'
import { count, lately, moment, plural, span } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Failure, SkeletonRows } from '../../../ui/states.js'
import { tellFailure } from '../../../ui/tell.js'
import { useNow } from '../../../ui/use-now.js'
import { outcomes } from '../../home/outcomes.js'
import { useDesk } from '../../notebook/DeskProvider.js'
import { resume } from '../../notebook/run.js'
import { useCreateNotebook } from '../../notebook/useCreateNotebook.js'
import { draftOf, useDiff, usePin } from './history.js'

interface Props {
  study: string
  row: StatementHistoryRow
  /** With which run it is compared; `choosing` until the list was asked. */
  other: StatementHistoryRow | 'choosing' | null
  onCompare(asked: boolean): void
  onClose(): void
}

/** One question in full, or beside another. */
export function HistoryDetail({ study, row, other, onCompare, onClose }: Props) {
  const pin = usePin(study)
  const now = useNow()
  const { desk } = useDesk()
  const { create, busy } = useCreateNotebook(study)
  const copy = () => void navigator.clipboard.writeText(row.sql).catch((error: unknown) => tellFailure('It was not copied', error))
  const open = () =>
    create(draftOf(row), (made) => {
      const cell = made.cells.at(-1)
      const { id: statement, sql, parameters } = row
      if (row.keptUntil !== null && cell)
        void resume(desk, made.id, cell.id, { statement, ran: { sql, texts: { '': sql }, parameters } }, true)
    })
  return (
    <section className="history-detail" aria-label="The question in full">
      <header className="row">
        <Icon of={outcomes[row.state].icon} className={outcomes[row.state].tone} />
        <b className="cut">
          {outcomes[row.state].word}, {lately(row.submittedAt, now)}
        </b>
        <span className="row end" style={{ gap: 2 }}>
          <Button icon={NotebookPen} isDisabled={busy} onPress={open}>
            {row.keptUntil === null ? 'Open in a notebook' : 'Open with its rows'}
          </Button>
          <Button look="quiet" icon={GitCompareArrows} aria-pressed={other !== null} onPress={() => onCompare(other === null)}>
            {other === null ? 'Compare' : 'End comparison'}
          </Button>
          <IconButton
            label={row.pinned ? 'Unpin this question' : 'Pin this question'}
            icon={row.pinned ? PinOff : Pin}
            size={14}
            onPress={() => pin(row)}
          />
          <IconButton label="Copy the text" icon={Copy} size={14} onPress={copy} />
          <IconButton label="Close the question" icon={X} size={14} onPress={onClose} />
        </span>
      </header>
      <div className="history-body" tabIndex={0} role="group" aria-label="Text and figures">
        {other === 'choosing' && (
          <p className="notice info" role="status">
            <Icon of={GitCompareArrows} />
            Choose the other run in the list.
          </p>
        )}
        {other === null || other === 'choosing' ? <InFull row={row} /> : <Beside from={other} to={row} />}
      </div>
    </section>
  )
}

function InFull({ row }: { row: StatementHistoryRow }) {
  const given = Object.entries(row.parameters)
  return (
    <>
      <p className="sub num">
        {[
          row.purpose,
          row.rows === null ? null : plural(row.rows, 'row'),
          row.elapsedMs === null ? null : span(row.elapsedMs),
          row.snapshot === null ? null : `snapshot ${moment(row.snapshot)}`,
          row.cut === null ? null : `data cut ${row.cut}`,
          row.keptUntil === null ? 'rows are not kept' : `rows kept until ${moment(row.keptUntil)}`,
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      {row.problem !== null && <p className="history-problem">{row.problem}</p>}
      <pre className="history-sql">{row.sql}</pre>
      {given.length > 0 && (
        <dl className="history-facts">
          {given.map(([name, { value }]) => (
            <div key={name}>
              <dt className="mono">${name}</dt>
              <dd className="mono">{said(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </>
  )
}

const signs = { same: ' ', added: '+', removed: '−' } as const
export const words: Record<string, string> = {
  snapshot: 'Snapshot',
  maskingPolicy: 'Masking policy',
  consentEpoch: 'Consent epoch',
  consentState: 'Consent state',
  cut: 'Data cut',
  people: 'People',
}

/** What changed from the one to the other: text, values, what the rows rest on, how many they are. */
function Beside({ from, to }: { from: StatementHistoryRow; to: StatementHistoryRow }) {
  const now = useNow()
  // The older one is the ground, whichever was chosen first.
  const [before, after] = from.submittedAt <= to.submittedAt ? [from, to] : [to, from]
  const diff = useDiff(before.id, after.id)
  if (diff.error) return <Failure error={diff.error} retry={() => void diff.refetch()} />
  if (diff.data === undefined) return <SkeletonRows />
  const facts = factsOf(diff.data)
  const sameText = diff.data.sql.every(({ is }) => is === 'same')
  return (
    <>
      <p className="sub num">
        From {lately(before.submittedAt, now)} to {lately(after.submittedAt, now)}
      </p>
      <dl className="history-facts">
        {facts.map(([name, was, is]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="num">
              <del>{was}</del> → <ins>{is}</ins>
            </dd>
          </div>
        ))}
      </dl>
      {facts.length === 0 && <p className="sub">Both rest on the same data and gave as many rows.</p>}
      {sameText && <p className="sub">The text is the same.</p>}
      <pre className="history-sql">
        {diff.data.sql.map(({ is, text }, at) => (
          <span key={at} data-is={is}>
            {signs[is]} {text}
            {'\n'}
          </span>
        ))}
      </pre>
    </>
  )
}

function factsOf({ rows, parameters, basis }: StatementDiff): [name: string, was: string, is: string][] {
  const change = (name: string, { from, to }: { from?: unknown; to?: unknown }): [string, string, string] => [name, said(from), said(to)]
  const given = (value: unknown) => (typeof value === 'object' && value !== null && 'value' in value ? value.value : value)
  return [
    ...(rows.difference === 0 || rows.difference === null
      ? []
      : [
          ['Rows', said(rows.from), `${said(rows.to)} (${rows.difference > 0 ? '+' : '−'}${count(Math.abs(rows.difference))})`] as [
            string,
            string,
            string,
          ],
        ]),
    ...Object.entries(parameters).map(([name, { from, to }]) => change(`$${name}`, { from: given(from), to: given(to) })),
    ...Object.entries(basis).map(([name, both]) => change(words[name] ?? name, both)),
  ]
}

const isTime = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/
export function said(value: unknown): string {
  if (value === null || value === undefined) return '∅'
  if (typeof value === 'number') return count(value)
  if (typeof value === 'string') return isTime.test(value) ? moment(value) : value
  return JSON.stringify(value)
}
