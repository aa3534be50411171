import { isFigure, toCsvRows, toTsv, type Range } from '../csv.js'
import { suppressionWord, type Result } from '../result.js'

export const copyFormats = [
  { id: 'tsv', label: 'Tabs, for a spreadsheet' },
  { id: 'csv', label: 'CSV' },
  { id: 'markdown', label: 'Markdown table' },
  { id: 'in-list', label: 'SQL IN list' },
] as const
export type CopyFormat = (typeof copyFormats)[number]['id']

export function copyAs(format: CopyFormat, result: Result, order: ArrayLike<number> | null, range: Range): string {
  switch (format) {
    case 'tsv':
      return toTsv(result, order, range, true)
    case 'csv':
      return toCsvRows(result, order, range)
    case 'markdown':
      return toMarkdown(result, order, range)
    case 'in-list':
      return toInList(result, order, range)
  }
}

const textAt = (result: Result, row: number, column: number): string | null => {
  const how = result.suppressed?.(row, column)
  return how ? suppressionWord(how) : (result.columns[column]?.text(row) ?? null)
}

function* rowsOf(order: ArrayLike<number> | null, { top, bottom }: Range): Generator<number> {
  for (let at = top; at <= bottom; at += 1) yield order === null ? at : order[at]!
}

const columnsOf = ({ left, right }: Range): number[] => Array.from({ length: right - left + 1 }, (_, at) => left + at)

function toMarkdown(result: Result, order: ArrayLike<number> | null, range: Range): string {
  const clean = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')
  const columns = columnsOf(range)
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  const figures = (at: number) => result.columns[at]!.kind === 'number'
  return [
    line(columns.map((at) => clean(result.columns[at]!.name))),
    line(columns.map((at) => (figures(at) ? '--:' : '---'))),
    ...Array.from(rowsOf(order, range), (row) => line(columns.map((at) => clean(textAt(result, row, at) ?? '')))),
  ].join('\n')
}

/** The different values of the first chosen column, as they are written after IN. What is suppressed or null is no value. */
function toInList(result: Result, order: ArrayLike<number> | null, range: Range): string {
  const column = result.columns[range.left]!
  const plain = isFigure(column.kind) && column.kind !== 'date'
  const values = new Set<string>()
  for (const row of rowsOf(order, range)) {
    const text = result.suppressed?.(row, range.left) ? null : column.text(row)
    if (text !== null) values.add(plain ? text : `'${text.replaceAll("'", "''")}'`)
  }
  return `(${[...values].join(', ')})`
}
