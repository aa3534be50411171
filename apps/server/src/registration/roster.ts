import { parse } from 'csv-parse/sync'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { rosterColumns, type RosterRow } from '@aquifer/core/registration'

/** The lines of a list as a spreadsheet writes it; what is wrong with the file itself is told without its content. */
export function readRoster(text: string, max: number): RosterRow[] | Refusal {
  let lines: { record: string[]; info: { lines: number } }[]
  try {
    lines = parse(text, {
      bom: true,
      info: true,
      skip_empty_lines: true,
      relax_column_count: true,
      delimiter: [',', ';'],
    }) as unknown as typeof lines
  } catch {
    return refuse('invalid', { detail: 'The list is not CSV.' })
  }
  const [header, ...rest] = lines
  const names = (header?.record ?? []).map((name) => name.trim().toLowerCase())
  const unknown = names.some((name) => !(rosterColumns as readonly string[]).includes(name))
  if (!names.includes('email') || unknown || new Set(names).size < names.length)
    return refuse('invalid', { detail: `The first line names the columns: ${rosterColumns.join(', ')}; email is needed.` })
  if (rest.length === 0 || rest.length > max) return refuse('invalid', { detail: `The list has 1 to ${max} people.` })
  return rest.map(({ record, info }) => ({
    line: info.lines,
    cells: Object.fromEntries(names.map((name, at) => [name, record[at] ?? ''])),
  }))
}
