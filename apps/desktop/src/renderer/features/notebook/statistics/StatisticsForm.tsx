import { ChevronDown } from 'lucide-react'
import { useMemo } from 'react'
import type { NotebookStatistics } from '@aquifer/core/contract'
import { Button } from '../../../ui/Button.js'
import { Checkbox, Select } from '../../../ui/fields.js'
import { Icon } from '../../../ui/Icon.js'
import { MenuButton } from '../../../ui/menus.js'
import { columnKindOf } from '../../catalogue/order.js'
import { DayInput } from '../cells/DayInput.js'
import { useCountsOnly } from '../CountsOnly.js'
import { lineageOf } from '../lineage.js'
import type { Cell } from '../model.js'
import type { ResultColumn } from '../result.js'
import { useNotebook } from '../useNotebook.js'

const kinds = [
  { id: 'table-one', label: 'Table 1' },
  { id: 'survival', label: 'Survival' },
  { id: 'incidence', label: 'Incidence' },
  { id: 'missing', label: 'Missing data' },
  { id: 'adherence', label: 'Adherence' },
] as const
const units = [
  { id: 'days', label: 'days' },
  { id: 'months', label: 'months' },
  { id: 'years', label: 'years' },
] as const

interface Props {
  held: NotebookStatistics
  onChange(held: NotebookStatistics): void
}

type Set = (part: Partial<NotebookStatistics>) => void

export function StatisticsForm({ held, onChange }: Props) {
  const { notebook } = useNotebook()
  const sources = notebook.page.cells.filter((cell) => cell.kind === 'sql')
  const source = sources.find((cell) => cell.name === held.of)
  const counts = useCountsOnly()
  const columns = useColumns(source, counts)
  const set: Set = (part) => onChange({ ...held, ...part })
  return (
    <div className="cell-form">
      <Select
        label="Result"
        value={held.of || undefined}
        choices={sources.map(({ name }) => ({ id: name, label: name }))}
        onChange={(of) => set({ of })}
        placeholder="result"
      />
      <Select
        label="Figure"
        value={held.kind}
        choices={counts ? kinds.filter(({ id }) => id !== 'adherence') : [...kinds]}
        onChange={(kind) => set({ kind })}
      />
      {columns.length === 0 && held.of !== '' && (
        <span className="sub">
          {counts ? `Name columns in ${held.of}, patient_key among them.` : `Run ${held.of} to choose its columns.`}
        </span>
      )}
      {columns.length > 0 && <Columns held={held} set={set} columns={columns} />}
      {!counts && (
        <Checkbox
          label="Only what may leave the house"
          checked={held.suppress ?? false}
          onChange={(suppress) => set({ suppress: suppress || undefined })}
        />
      )}
    </div>
  )
}

type FormColumn = Pick<ResultColumn, 'name' | 'kind'>

/** Of the rows; who is told none chooses among the columns of the catalogue that the text names. */
function useColumns(source: Cell | undefined, counts: boolean): readonly FormColumn[] {
  const { notebook, catalogue } = useNotebook()
  const { cells } = notebook.page
  const ran = source && notebook.runs[source.id]?.result?.columns
  return useMemo(() => {
    if (source === undefined || !counts) return ran ?? []
    return lineageOf(cells, source.id, catalogue).columns.map(({ name, type }) => ({ name, kind: columnKindOf(type) }))
  }, [source, counts, ran, cells, catalogue])
}

function Columns({ held, set, columns }: { held: NotebookStatistics; set: Set; columns: readonly FormColumn[] }) {
  const one = (label: string, role: 'group' | 'time' | 'event' | 'start' | 'days' | 'end') => (
    <Column key={role} label={label} role={role} held={held} set={set} columns={columns} />
  )
  switch (held.kind) {
    case 'table-one':
      return (
        <>
          <Variables held={held} set={set} columns={columns} />
          {one('By', 'group')}
        </>
      )
    case 'missing':
      return <Variables held={held} set={set} columns={columns} />
    case 'survival':
      return (
        <>
          {one('Time', 'time')}
          {one('Event', 'event')}
          {one('By', 'group')}
          <Select label="Unit" value={held.unit ?? 'days'} choices={[...units]} onChange={(unit) => set({ unit })} />
        </>
      )
    case 'incidence':
      return (
        <>
          {one('Time at risk', 'time')}
          {one('Events', 'event')}
          {one('By', 'group')}
          <Select label="Unit" value={held.unit ?? 'years'} choices={[...units]} onChange={(unit) => set({ unit })} />
        </>
      )
    case 'adherence':
      return (
        <>
          {one('Start', 'start')}
          {one('Days of supply', 'days')}
          {one('Died or left', 'end')}
          {one('By', 'group')}
          <Day label="From" value={held.from} onChange={(from) => set({ from })} />
          <Day label="Until" value={held.until} onChange={(until) => set({ until })} />
        </>
      )
  }
}

interface ColumnProps {
  label: string
  role: 'group' | 'time' | 'event' | 'start' | 'days' | 'end'
  held: NotebookStatistics
  set: Set
  columns: readonly FormColumn[]
}

const none = ' none'

/** A column that says its unit is not to be read in another. */
function unitOf(name: string): Pick<NotebookStatistics, 'unit'> {
  const word = /(?:^|_)(day|month|year)s?(?:_|$)/i.exec(name)?.[1]?.toLowerCase()
  const unit = units.find(({ id }) => id === `${word}s`)?.id
  return unit === undefined ? {} : { unit }
}

function Column({ label, role, held, set, columns }: ColumnProps) {
  const choices = columns
    .filter((column) => column.kind !== 'nested' && column.name !== 'patient_key')
    .map(({ name }) => ({ id: name, label: name }))
  const isOptional = role === 'group' || role === 'end'
  return (
    <Select
      label={label}
      value={held[role]}
      choices={isOptional ? [{ id: none, label: 'nothing' }, ...choices] : choices}
      onChange={(name) => set({ [role]: name === none ? undefined : name, ...(role === 'time' ? unitOf(name) : {}) })}
      placeholder={isOptional ? 'nothing' : 'column'}
    />
  )
}

function Variables({ held, set, columns }: { held: NotebookStatistics; set: Set; columns: readonly FormColumn[] }) {
  const toggle = (name: string) =>
    set({ variables: held.variables.includes(name) ? held.variables.filter((other) => other !== name) : [...held.variables, name] })
  const entries = columns
    .filter((column) => column.kind !== 'nested' && column.name !== 'patient_key')
    .map(({ name }) => ({ id: name, label: name, checked: held.variables.includes(name), run: () => toggle(name) }))
  const chosen = held.variables.join(', ') || (held.kind === 'missing' ? 'all' : 'choose')
  const trigger = (
    <Button className="field select-button" aria-label={`Variables: ${chosen}`}>
      <span className="cut">{chosen}</span>
      <Icon of={ChevronDown} className="ink-3" />
    </Button>
  )
  return (
    <span className="select">
      <span className="select-label">Variables</span>
      <MenuButton label="Variables" placement="bottom start" trigger={trigger} groups={[{ entries }]} />
    </span>
  )
}

function Day({ label, value, onChange }: { label: string; value: string | undefined; onChange(day: string | undefined): void }) {
  return (
    <label className="row" style={{ gap: 6 }}>
      <span className="ink-3 small">{label}</span>
      <DayInput label={label} value={value} onChange={onChange} />
    </label>
  )
}
