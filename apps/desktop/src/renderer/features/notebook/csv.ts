import { moment, plural, span } from '../../ui/format.js'
import { suppressionWord, type ColumnKind, type Result, type Suppression } from './result.js'

/** What stands under the result and goes with every copy of it, in this order. */
export function basisWords({ basis, suppressedCount = 0 }: Pick<Result, 'basis' | 'suppressedCount'>): string[] {
  const rows = basis.truncated
    ? `${plural(basis.rows, 'row')} of ${basis.totalRows === null ? 'more' : basis.totalRows.toLocaleString('en-US')}`
    : plural(basis.rows, 'row')
  return [
    basis.people === null ? rows : `${plural(basis.people, 'person', 'people')}, ${rows}`,
    span(basis.elapsedMs),
    `snapshot ${moment(basis.snapshot)}`,
    `epoch ${basis.consentEpoch}`,
    basis.maskingPolicy,
    ...(suppressedCount > 0 ? [`${suppressedCount} suppressed`] : []),
  ]
}

/** A text that a spreadsheet would run as a formula is prefixed with an apostrophe, which it shows as text. */
export function unformula(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}

/** Written by us from a typed column, so a leading minus is a minus. */
export const isFigure = (kind: ColumnKind) => kind === 'number' || kind === 'year' || kind === 'date'

const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

export interface Range {
  top: number
  bottom: number
  left: number
  right: number
}

/** RFC 4180. The first line says what the rows rest on; null is an empty field, an empty text is "". */
export function toCsv(result: Result, order: ArrayLike<number> | null, title: string): string {
  const about = quote(unformula(`# ${[title, ...basisWords(result)].join(' · ')}`))
  const all = { top: 0, bottom: result.rows - 1, left: 0, right: result.columns.length - 1 }
  return `${about}\r\n${toCsvRows(result, order, all)}\r\n`
}

export function toCsvRows(result: Result, order: ArrayLike<number> | null, range: Range): string {
  const columns = result.columns.slice(range.left, range.right + 1)
  const lines = [columns.map((column) => quote(unformula(column.name))).join(',')]
  for (let at = range.top; at <= range.bottom; at += 1) {
    const row = order === null ? at : order[at]!
    lines.push(columns.map((column, index) => csvField(column, row, result.suppressed?.(row, range.left + index) ?? null)).join(','))
  }
  return lines.join('\r\n')
}

function csvField(column: Result['columns'][number], row: number, how: Suppression | null): string {
  if (how) return suppressionWord(how)
  const text = column.text(row)
  if (text === null) return ''
  if (text === '') return '""'
  return quote(isFigure(column.kind) ? text : unformula(text))
}

/** For the clipboard: tabs between fields, the same guard against formulas. */
export function toTsv(result: Result, order: ArrayLike<number> | null, range: Range, withHead: boolean): string {
  const columns = result.columns.slice(range.left, range.right + 1)
  const clean = (text: string) => text.replaceAll(/[\t\r\n]+/g, ' ')
  const lines = withHead ? [columns.map((column) => clean(column.name)).join('\t')] : []
  for (let at = range.top; at <= range.bottom; at += 1) {
    const row = order === null ? at : order[at]!
    lines.push(
      columns
        .map((column, index) => {
          const how = result.suppressed?.(row, range.left + index)
          if (how) return suppressionWord(how)
          return clean(isFigure(column.kind) ? (column.text(row) ?? '') : unformula(column.text(row) ?? ''))
        })
        .join('\t'),
    )
  }
  return lines.join('\n')
}

/** Hands a file made in the page to the reader. */
export function download(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
