import { count } from '../../../ui/format.js'
import type { Range } from '../csv.js'
import { suppressionWord, type Result, type ResultColumn, type Suppression } from '../result.js'
import { isRight } from './GridHead.js'
import { alignedNumber, type Decimals } from './decimals.js'
import { within, type Place } from './selection.js'

interface Props {
  id: string
  /** Place on screen; `row` is the place in the result. */
  at: number
  row: number
  offset: number
  result: Result
  widths: number[]
  bars: (number | null)[]
  decimals: (Decimals | null)[]
  pins: readonly (number | undefined)[]
  range: Range
  active: Place
  onPress(place: Place, extend: boolean): void
  onOver(place: Place): void
  onLook(place: Place): void
}

export function GridRow({ id, at, row, offset, result, widths, bars, decimals, pins, range, active, onPress, onOver, onLook }: Props) {
  const several = range.top !== range.bottom || range.left !== range.right
  return (
    <div role="row" aria-rowindex={at + 2} className="grid-row grid-line" style={{ transform: `translateY(${offset}px)` }}>
      <span className="grid-number" role="presentation">
        {count(at + 1)}
      </span>
      {result.columns.map((column, index) => {
        const selected = within(range, at, index) && active.row >= 0
        const suppressed = result.suppressed?.(row, index) ?? null
        const isActive = active.row === at && active.column === index
        return (
          <div
            key={index}
            id={`${id}-${at}-${index}`}
            role="gridcell"
            aria-colindex={index + 1}
            aria-selected={selected}
            data-active={isActive || undefined}
            data-selected={(selected && several) || undefined}
            className={isRight(column.kind) ? 'grid-cell n' : 'grid-cell'}
            data-pinned={pins[index] !== undefined || undefined}
            data-suppressed={suppressed ?? undefined}
            title={suppressed === null ? undefined : why[suppressed]}
            style={{ flexBasis: widths[index], minWidth: widths[index], left: pins[index] }}
            onDoubleClick={() => onLook({ row: at, column: index })}
            onPointerDown={(event) => event.button === 0 && onPress({ row: at, column: index }, event.shiftKey)}
            onPointerEnter={() => onOver({ row: at, column: index })}
          >
            {suppressed === null ? (
              <Value column={column} row={row} largest={bars[index] ?? null} decimals={decimals[index] ?? null} />
            ) : (
              <span className="grid-suppressed">{suppressionWord(suppressed)}</span>
            )}
          </div>
        )
      })}
    </div>
  )
}

const why: Record<Suppression, string> = {
  primary: 'Fewer people than may be told. Wider groups show more.',
  secondary: 'Hidden because few people would follow from it, whatever its size. Wider groups show more.',
}

interface ValueProps {
  column: ResultColumn
  row: number
  largest: number | null
  decimals: Decimals | null
}

/** Null, nothing and zero look different: ∅, an empty text in quotes, and 0. */
function Value({ column, row, largest, decimals }: ValueProps) {
  const text = column.text(row)
  if (text === null) {
    return (
      <span className="grid-null" aria-label="null">
        ∅
      </span>
    )
  }
  if (text === '') return <span className="grid-null">''</span>
  if (decimals !== null) {
    const { shown, after } = alignedNumber(text, decimals)
    return (
      <span className="grid-decimal" data-after={after} title={shown === text ? undefined : text}>
        {shown}
      </span>
    )
  }
  if (largest === null) {
    return (
      <span className={column.kind === 'nested' ? 'cut mono' : 'cut'} title={text.length > 28 ? text.slice(0, 2000) : undefined}>
        {text}
      </span>
    )
  }
  return (
    <>
      <span className="grid-bar" aria-hidden>
        <i style={{ width: `${Math.max(1, (100 * (column.number(row) ?? 0)) / largest)}%` }} />
      </span>
      <span>{text}</span>
    </>
  )
}
