import type { CatalogueColumn, CatalogueTable, ColumnProfile, TableProfile } from '@aquifer/core/contract'
import { count } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { kindIcons } from '../notebook/grid/GridHead.js'
import { maskingIcon } from '../notebook/LineagePanel.js'
import { columnKindOf, typeWords } from './order.js'
import { TinyHistogram } from './TinyHistogram.js'

interface Props {
  table: CatalogueTable
  profile: TableProfile | undefined
  /** Whether what the columns hold is told at all, or only what they are. */
  told: boolean
  busy: boolean
}

export function ColumnsTable({ table, profile, told, busy }: Props) {
  const counted = new Map((profile?.columns ?? []).map((column) => [column.name, column]))
  // Which notebooks use a column is told once below the table; here, how many.
  const uses = (name: string) => (profile?.usedIn ?? []).filter(({ columns }) => columns.includes(name)).length
  const isUsed = told && (profile?.usedIn ?? []).some(({ columns }) => columns.length > 0)
  const type = typeOfAll(table.columns)
  return (
    <div className="columns-scroll" tabIndex={0} role="region" aria-label={`Columns of ${table.name}`} aria-busy={busy || undefined}>
      <table className="table columns-table">
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Type</th>
            <th scope="col">{type === null ? 'FHIR element' : `Element of ${type}`}</th>
            {told && (
              <>
                <th scope="col" className="n">
                  Filled
                </th>
                <th scope="col" className="n">
                  Different
                </th>
                <th scope="col">Spread</th>
              </>
            )}
            <th scope="col">Masking</th>
            {isUsed && (
              <th scope="col" className="n">
                Notebooks
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {table.columns.map((column) => (
            <Row
              key={column.name}
              column={column}
              counted={counted.get(column.name)}
              told={told}
              busy={busy}
              unit={profile?.unit ?? 'people'}
              uses={isUsed ? uses(column.name) : null}
              type={type}
            />
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** The FHIR type that every element of a table belongs to: said once, in the head. */
function typeOfAll(columns: readonly CatalogueColumn[]): string | null {
  const types = new Set(columns.flatMap((column) => (column.from ?? []).map((path) => path.split('.')[0] ?? '')))
  return types.size === 1 ? ([...types][0] ?? null) : null
}

interface RowProps {
  column: CatalogueColumn
  counted: ColumnProfile | undefined
  told: boolean
  busy: boolean
  unit: string
  /** null: no column of the table is used in a notebook */
  uses: number | null
  type: string | null
}

function Row({ column, counted, told, busy, unit, uses, type }: RowProps) {
  const from = column.from ?? []
  const first = type === null ? from[0] : from[0]?.slice(type.length + 1)
  return (
    <tr>
      <th scope="row" title={column.description || undefined}>
        <span className="row column-name">
          <Icon of={kindIcons[columnKindOf(column.type)]} size={12} className="ink-3" />
          <span className="mono">{column.name}</span>
        </span>
      </th>
      <td className="ink-2" title={column.type}>
        {typeWords(column.type)}
      </td>
      <td className="mono ink-2 column-from" title={from.join('\n') || undefined}>
        {from.length === 0 ? <span className="sub">made by the view</span> : `${first}${from.length > 1 ? ` +${from.length - 1}` : ''}`}
      </td>
      {told && (
        <>
          <td className="n">{counted ? <Filled share={counted.filled} /> : <Waiting busy={busy} />}</td>
          <td className="n num">{counted ? <Different column={counted} /> : <Waiting busy={busy} />}</td>
          <td>{counted ? <TinyHistogram column={counted} unit={unit} /> : <Waiting busy={busy} />}</td>
        </>
      )}
      <td className="column-masking" title={column.masking}>
        <span className="row">
          <Icon of={maskingIcon(column.masking)} size={12} className="ink-3" />
          <span className="column-masking-word">{column.masking}</span>
        </span>
      </td>
      {uses !== null && <td className="n num ink-2">{uses === 0 ? '' : count(uses)}</td>}
    </tr>
  )
}

const Waiting = ({ busy }: { busy: boolean }) => (busy ? <span className="skeleton" style={{ width: 40 }} /> : null)

function Filled({ share }: { share: number | null }) {
  if (share === null) return <Hidden />
  const percent = Math.round(share * 100)
  return (
    <span className="row column-filled">
      <span className="fill-bar" aria-hidden>
        <i style={{ width: `${percent}%` }} />
      </span>
      <span className="num">{percent} %</span>
    </span>
  )
}

function Different({ column }: { column: ColumnProfile }) {
  if (column.distinct !== null) return column.distinct > 20 ? `about ${count(column.distinct)}` : count(column.distinct)
  return column.kind === 'none' && column.filled !== null ? '' : <Hidden />
}

const Hidden = () => (
  <span className="hidden-figure" title="Hidden: it would tell of fewer than 11 people">
    hidden
  </span>
)
