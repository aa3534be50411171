import './catalogue.css'
import type { UseQueryResult } from '@tanstack/react-query'
import { ChevronRight, Columns2, CornerDownRight, PanelLeftClose, PanelLeftOpen, Plus, Table2 } from 'lucide-react'
import { useMemo, useState } from 'react'
import { Button as AriaButton, Tree, TreeItem, TreeItemContent } from 'react-aria-components'
import type { Catalogue, CatalogueColumn, CatalogueTable } from '@aquifer/core/contract'
import { Badge } from '../../ui/Badge.js'
import { IconButton } from '../../ui/Button.js'
import { SearchField } from '../../ui/fields.js'
import { count, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { useCountsOnly } from '../notebook/CountsOnly.js'
import { written } from '../notebook/editor/completion.js'
import { aboutTable } from '../notebook/example.js'
import { kindIcons } from '../notebook/grid/GridHead.js'
import { maskingIcon, maskingWord } from '../notebook/LineagePanel.js'
import type { Hand } from '../notebook/dock/bench.js'
import { columnKindOf, searchTables } from './order.js'
import { isEmpty, sizeWord } from './sizes.js'

interface Props {
  catalogue: UseQueryResult<Catalogue>
  isOpen: boolean
  onToggle(): void
  /** The notebook that names are written into; null: none is open. */
  hand: Hand | null
  onOpenTable(table: string): void
}

/** What can be asked: tables, columns, and what masking left of each. A name goes into the cell by click or Enter. */
export function CataloguePanel({ catalogue, isOpen, onToggle, hand, onOpenTable }: Props) {
  const uses: Uses = { hand, onOpenTable, all: catalogue.data?.tables ?? [] }
  const [text, setText] = useState('')
  if (!isOpen) {
    return (
      <aside className="side-closed" aria-label="Catalogue">
        <IconButton label="Show the catalogue" icon={PanelLeftOpen} onPress={onToggle} />
      </aside>
    )
  }
  return (
    <aside className="side" aria-label="Catalogue">
      <header className="side-head">
        <h2 className="panel-title">Catalogue</h2>
        <IconButton label="Hide the catalogue" icon={PanelLeftClose} className="end" onPress={onToggle} />
      </header>
      <div className="side-search">
        <SearchField label="Find a table or column" value={text} onChange={setText} />
      </div>
      {catalogue.data ? (
        <Contents catalogue={catalogue.data} text={text} uses={uses} />
      ) : catalogue.error ? (
        <Failure error={catalogue.error} retry={() => void catalogue.refetch()} />
      ) : (
        <SkeletonRows rows={10} />
      )}
    </aside>
  )
}

type Uses = Pick<Props, 'hand' | 'onOpenTable'> & { all: readonly CatalogueTable[] }

function Contents({ catalogue, text, uses }: { catalogue: Catalogue; text: string; uses: Uses }) {
  const counts = useCountsOnly()
  const found = useMemo(() => searchTables(catalogue.tables, text.trim().toLowerCase()), [catalogue.tables, text])
  return (
    <>
      <div className="side-scroll">
        <p className="side-study">
          <span className="strong">{catalogue.study}</span>
          <Badge kind="masked">Masked</Badge>
        </p>
        {catalogue.tables.length === 0 ? (
          <Empty icon={Table2} title="Nothing published yet">
            Tables appear as soon as the first data has come through masking.
          </Empty>
        ) : found.length === 0 ? (
          <p className="side-none sub">Nothing is called {text.trim()}.</p>
        ) : (
          <>
            <Tables
              label="Tables and columns"
              tables={found.filter((table) => table.kind === 'flat')}
              open={text.trim() !== ''}
              uses={uses}
            />
            <FileTables tables={found.filter((table) => table.kind === 'file')} searching={text.trim() !== ''} uses={uses} />
            <Nested tables={found.filter((table) => table.kind === 'nested')} searching={text.trim() !== ''} uses={uses} />
          </>
        )}
        {uses.hand && <Results hand={uses.hand} />}
      </div>
      <p className="side-foot sub num">
        {counts && 'about '}
        {plural(catalogue.resources, 'resource')}, {plural(catalogue.people, 'person', 'people')}
      </p>
    </>
  )
}

/** Files that were uploaded, under their quoted names. */
function FileTables({ tables, searching, uses }: { tables: CatalogueTable[]; searching: boolean; uses: Uses }) {
  if (tables.length === 0) return null
  return (
    <section aria-label="Files">
      <p className="side-group">Files</p>
      <Tables label="Files that are tables" tables={tables} open={searching} uses={uses} />
    </section>
  )
}

/** The FHIR types as they are, for those who need what no flat table has: closed until asked for. */
function Nested({ tables, searching, uses }: { tables: CatalogueTable[]; searching: boolean; uses: Uses }) {
  const [isOpen, setOpen] = useState(false)
  if (tables.length === 0) return null
  return (
    <section aria-label="FHIR types">
      <AriaButton className="side-group side-fold" aria-expanded={isOpen || searching} onPress={() => setOpen(!isOpen)}>
        <Icon of={ChevronRight} size={12} />
        FHIR types, nested
        <span className="end num">{count(tables.length)}</span>
      </AriaButton>
      {(isOpen || searching) && <Tables label="FHIR types and their elements" tables={tables} open={searching} uses={uses} />}
    </section>
  )
}

interface TablesProps {
  label: string
  tables: CatalogueTable[]
  open: boolean
  uses: Uses
}

function Tables({ label, tables, open, uses: { hand, onOpenTable, all } }: TablesProps) {
  const [expanded, expand] = useState<Set<string>>(new Set())
  const shown = open && tables.length <= 8 ? new Set(tables.map((table) => table.name)) : expanded
  return (
    <Tree
      className="tree"
      aria-label={label}
      selectionMode="none"
      expandedKeys={shown}
      onExpandedChange={(keys) => expand(new Set([...keys].map(String)))}
      onAction={(key) => {
        const [table, column] = String(key).split('\u0000')
        if (column !== undefined && hand !== null) hand.actions.insert(written(column))
        else if (column !== undefined) onOpenTable(table ?? '')
        else if (table !== undefined) expand(toggled(shown, table))
      }}
    >
      {tables.map((table) => (
        <TreeItem key={table.name} id={table.name} textValue={table.name} className="tree-item">
          <TreeItemContent>
            <span className="tree-row" data-empty={isEmpty(table, all) || undefined} title={table.description || undefined}>
              <AriaButton slot="chevron" className="tree-chevron">
                <Icon of={ChevronRight} size={12} />
              </AriaButton>
              <Icon of={Table2} className="ink-3" />
              <span className="grow cut">{table.name}</span>
              <span className="tree-end">
                <span className="tree-count num">{sizeWord(table, all)}</span>
                <span className="tree-query">
                  <IconButton label={`Open ${table.name} as a tab`} icon={Columns2} size={14} onPress={() => onOpenTable(table.name)} />
                  {hand && <QueryButton table={table} hand={hand} />}
                </span>
              </span>
            </span>
          </TreeItemContent>
          {table.columns.map((column) => (
            <Column key={column.name} table={table.name} column={column} />
          ))}
        </TreeItem>
      ))}
    </Tree>
  )
}

function QueryButton({ table, hand: { actions, notebook } }: { table: CatalogueTable; hand: Hand }) {
  const source = aboutTable(table, useCountsOnly())
  if (source === null) return null
  const query = () => actions.add('sql', notebook.page.cells.length, { source })
  return <IconButton label={`Query ${table.name}`} icon={Plus} size={14} onPress={query} />
}

const toggled = (set: Set<string>, name: string) => new Set(set.has(name) ? [...set].filter((other) => other !== name) : [...set, name])

function Column({ table, column }: { table: string; column: CatalogueColumn }) {
  return (
    <TreeItem
      id={`${table}\u0000${column.name}`}
      textValue={`${column.name}, ${column.type}, masking: ${column.masking}`}
      className="tree-item"
    >
      <TreeItemContent>
        <span
          className="tree-row tree-column"
          title={[column.description, column.type, `Masking: ${column.masking}`].filter(Boolean).join('\n')}
        >
          <Icon of={kindIcons[columnKindOf(column.type)]} size={12} className="ink-3" />
          <span className="grow cut mono">{column.name}</span>
          <span className="tree-masking">
            <span className="cut">{maskingWord(column.masking)}</span>
            <Icon of={maskingIcon(column.masking)} size={12} className="ink-3" />
          </span>
        </span>
      </TreeItemContent>
    </TreeItem>
  )
}

function Results({ hand: { notebook, actions } }: { hand: Hand }) {
  const named = notebook.page.cells.filter((cell) => cell.kind === 'sql')
  if (named.length === 0) return null
  return (
    <section aria-label="Results in this notebook">
      <h3 className="side-group">Results in this notebook</h3>
      <ul>
        {named.map((cell) => {
          const rows = notebook.runs[cell.id]?.result?.rows
          return (
            <li key={cell.id}>
              <AriaButton className="result-name" onPress={() => actions.insert(cell.name)} aria-label={`Insert ${cell.name}`}>
                <Icon of={CornerDownRight} className="ink-3" />
                <span className="grow cut mono">{cell.name}</span>
                <span className="tree-count num">{rows === undefined ? '' : count(rows)}</span>
              </AriaButton>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
