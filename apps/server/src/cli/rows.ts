import type { StatementRows } from '@aquifer/core/contract'

// Rows as text. What an answer holds as null is an empty field in CSV and an empty cell in a table.

export type Rows = Pick<StatementRows, 'columns' | 'rows'>

const plain = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)

export function jsonText({ columns, rows }: Rows): string {
  const objects = rows.map((row) => JSON.stringify(Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null]))))
  return objects.length === 0 ? '[]\n' : `[\n${objects.join(',\n')}\n]\n`
}

/** RFC 4180. A text that a spreadsheet would run as a formula gets an apostrophe before it. */
export function csvText({ columns, rows }: Rows): string {
  const field = (value: unknown): string => {
    const text = plain(value)
    const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) && !/^[+-]?[\d.,]+$/.test(text) ? `'${text}` : text
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  const lines = [columns.map(({ name }) => field(name)), ...rows.map((row) => row.map(field))]
  return lines.map((line) => `${line.join(',')}\r\n`).join('')
}

const cellMax = 60

export function tableText({ columns, rows }: Rows): string {
  const cells = rows.map((row) => row.map((value) => shortened(plain(value))))
  const widths = columns.map(({ name }, index) => cells.reduce((width, row) => Math.max(width, widthOf(row[index] ?? '')), widthOf(name)))
  const isNumber = columns.map(({ type }) => /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL\(.*\))$/.test(type))
  const line = (row: string[]): string =>
    row
      .map((cell, index) => {
        const fill = ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell)))
        return isNumber[index] ? fill + cell : cell + fill
      })
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return `${[line(columns.map(({ name }) => name)), rule, ...cells.map(line)].join('\n')}\n`
}

const widthOf = (text: string): number => [...text].length
const shortened = (text: string): string => {
  const one = text.replaceAll(/\s+/g, ' ')
  return widthOf(one) > cellMax ? `${[...one].slice(0, cellMax - 1).join('')}…` : one
}
