import './statistics.css'
import { Play, Sigma } from 'lucide-react'
import { useMemo } from 'react'
import type { NotebookStatistics, StatisticsAnswer } from '@aquifer/core/contract'
import { explain } from '../../../api/failure.js'
import { Button } from '../../../ui/Button.js'
import { Tag } from '../../../ui/Badge.js'
import { Empty } from '../../../ui/states.js'
import { ChartView } from '../chart/ChartView.js'
import { CellFrame, CellMenu } from '../cells/CellFrame.js'
import { CellName } from '../cells/CellName.js'
import { ChartDownloads } from '../cells/ChartDownloads.js'
import { ResultFooter, RunFault, RunningBar, StaleBar } from '../cells/ResultParts.js'
import { staleCause } from '../cells/stale.js'
import { basisWords } from '../csv.js'
import { nameOfKind, type Cell } from '../model.js'
import { useNotebook } from '../useNotebook.js'
import { curvesOf, figuresCsv, partsOf, tablesOf, type FigureTable, type Parts } from './figures.js'
import { figureCause, lacking, type FigureState } from './run-figure.js'
import { StatisticsForm } from './StatisticsForm.js'

const kindWords: Record<NotebookStatistics['kind'], string> = {
  'table-one': 'Table 1',
  survival: 'Survival',
  incidence: 'Incidence',
  missing: 'Missing data',
  adherence: 'Adherence',
}

export function StatisticsCell({ cell, at }: { cell: Cell; at: number }) {
  const { notebook, actions } = useNotebook()
  const held = cell.statistics ?? { kind: 'table-one', of: '', variables: [] }
  const figure = notebook.figures[cell.id]
  const answer = figure?.answer ?? null
  const stale = useStale(held, figure)
  const lacks = lacking(held)
  const tables = useMemo(() => (answer === null ? [] : tablesOf(answer)), [answer])
  const run = () => actions.figure(cell.id)
  const change = (statistics: NotebookStatistics) => {
    actions.set(cell.id, { statistics })
    const name = statistics.kind === held.kind ? null : nameOfKind(notebook.page.cells, cell.id, statistics.kind)
    if (name !== null) actions.rename(cell.id, name)
  }
  return (
    <CellFrame cell={cell} at={at} label={`Statistics cell ${cell.name}`}>
      {stale !== null && <StaleBar cause={stale} onRun={run} />}
      <header className="cell-head">
        <CellName cell={cell} />
        <Tag>{kindWords[held.kind]}</Tag>
        <span className="sub cut">{held.of && `of ${held.of}`}</span>
        <span className="row end" style={{ gap: 2 }}>
          <Button look="quiet" icon={Play} onPress={run} isDisabled={lacks !== null || figure?.phase === 'running'}>
            Run
          </Button>
          {answer && <Downloads cell={cell} answer={answer} tables={tables} kind={held.kind} />}
          <CellMenu cell={cell} at={at} />
        </span>
      </header>
      {(notebook.selected === cell.id || answer === null) && <StatisticsForm held={held} onChange={change} />}
      {figure?.phase === 'running' && <RunningBar run={{ startedAt: figure.startedAt, progress: null, phase: 'running' }} />}
      {figure?.phase === 'failed' && <Fault error={figure.error} onAgain={run} />}
      {answer === null && figure?.phase !== 'failed' && (
        <Empty icon={Sigma} title={lacks ?? 'Ready to run'}>
          It reads one row per person, with the column patient_key. Counts of few people are hidden.
        </Empty>
      )}
      {answer !== null && <Answer answer={answer} tables={tables} name={cell.name} old={figure?.phase === 'running'} />}
    </CellFrame>
  )
}

function Answer({ answer, tables, name, old }: { answer: StatisticsAnswer; tables: FigureTable[]; name: string; old: boolean }) {
  const curves = useMemo(() => (answer.kind === 'survival' ? curvesOf(answer) : null), [answer])
  const note = answer.suppressed > 0 && (
    <span className="row" style={{ gap: 5 }}>
      <span className="hatch hatch-key" aria-hidden /> {answer.suppressed} suppressed
    </span>
  )
  return (
    <div className="cell-result" data-old={old || undefined}>
      {curves && answer.kind === 'survival' && (
        <ChartView drawing={curves} chart={{ type: 'survival', of: name, x: answer.unit, y: [] }} label={name} />
      )}
      <div data-report className="figure-tables">
        {tables.map((table) => (
          <Table key={table.title} table={table} />
        ))}
        {[...answer.notes, ...answer.lineage.method].map((line) => (
          <p key={line} className="sub">
            {line}
          </p>
        ))}
      </div>
      <ResultFooter result={{ basis: answer.basis }} note={note} />
    </div>
  )
}

function Table({ table }: { table: FigureTable }) {
  const columns = table.columns.slice(1).map((_, index) => partsOf(table.rows.map((row) => row.figures[index] ?? { text: '' })))
  return (
    <div className="figure-scroll" tabIndex={0} role="region" aria-label={table.title}>
      <table className="table figure-table" style={{ maxWidth: 240 + 170 * (table.columns.length - 1) }}>
        <caption>
          {table.title}
          {table.note && <span className="figure-note">{table.note}</span>}
        </caption>
        <thead>
          <tr>
            {table.columns.map((column, at) => (
              <th key={at} scope="col" className={at > 0 ? 'n' : undefined}>
                {column || <span className="visually-hidden">Row</span>}
                {at > 0 && <Room width={columns[at - 1]!.width} />}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, at) => (
            <tr key={at}>
              <th scope="row" data-indent={row.indent || undefined}>
                <span className="figure-name">{row.name}</span>
              </th>
              {row.figures.map((figure, index) => (
                <td key={index} className={figure.hidden ? 'n hidden' : 'n'} data-suppressed={figure.hidden || undefined}>
                  {figure.hidden ? figure.text : <Parted parts={columns[index]!.parts[at]!} width={columns[index]!.width} />}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

// Brackets, points and spaces are narrower than digits.
const roomOf = (characters: number) => `${0.85 * characters}ch`

/** The head stands over the numbers, not over what follows them. */
function Room({ width }: { width: number }) {
  return width === 0 ? null : <span className="figure-rest" style={{ minWidth: roomOf(width), marginLeft: '0.5ch' }} />
}

function Parted({ parts: { main, rest, lead }, width }: { parts: Parts; width: number }) {
  if (width === 0) return main
  return (
    <>
      {main}{' '}
      <span className="figure-rest" style={{ minWidth: roomOf(width) }}>
        {rest.slice(0, 1)}
        <span className="figure-lead" data-lead={lead}>
          {rest.slice(1)}
        </span>
      </span>
    </>
  )
}

interface DownloadsProps {
  cell: Cell
  answer: StatisticsAnswer
  tables: FigureTable[]
  kind: NotebookStatistics['kind']
}

function Downloads({ cell, answer, tables, kind }: DownloadsProps) {
  const words = [...basisWords({ basis: answer.basis, suppressedCount: answer.suppressed }), ...answer.notes]
  return (
    <ChartDownloads
      cell={cell}
      caption={kindWords[kind]}
      words={words}
      csv={(about) => figuresCsv(tables, about)}
      statements={[answer.statement]}
      rows={0}
      picture={kind === 'survival'}
    />
  )
}

function Fault({ error, onAgain }: { error: unknown; onAgain(): void }) {
  const { what, why, reference = null, retry } = explain(error)
  return (
    <RunFault
      run={{ problem: { what, why, suggestion: null, position: null, reference, ...(retry ? { again: true } : {}) } }}
      onSuggestion={() => undefined}
      onAgain={onAgain}
    />
  )
}

function useStale(held: NotebookStatistics, figure: FigureState | undefined): string | null {
  const { notebook, catalogue } = useNotebook()
  if (figure?.phase !== 'done' || figure.answer === null || lacking(held) !== null) return null
  return figureCause(notebook, held, figure) ?? staleCause(figure.answer, catalogue, notebook.page.cut)
}
