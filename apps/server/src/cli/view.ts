import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { Command, Option } from 'commander'
import {
  checkView,
  columnsOf,
  prepareView,
  SeveralValues,
  tagOf,
  viewTags,
  withEngineDecimals,
  type ViewDefinition,
  type ViewRow,
} from '@aquifer/core/view'
import { parseJson } from '@aquifer/core/fhir'
import { CommandFailed } from './failure.js'
import { csvText, jsonText } from './rows.js'

const formats = ['json', 'csv', 'ndjson'] as const
type Format = (typeof formats)[number]
export interface ViewStreams {
  input: Readable
  out: Writable
}
const standardStreams = (): ViewStreams => ({ input: process.stdin, out: process.stdout })

export function viewCommand(streams: () => ViewStreams = standardStreams): Command {
  const run = new Command('run')
    .description('a SQL-on-FHIR ViewDefinition over NDJSON of resources on stdin; needs no server')
    .argument('<view>', 'file of the ViewDefinition, JSON')
    .addOption(new Option('--format <format>', 'json (one array), csv or ndjson').choices(formats).default('json'))
    .action(async (file: string, flags: { format: Format }) => {
      const view = readView(file)
      const { input, out } = streams()
      await runOver(view, flags.format, input, out)
    })
  return new Command('view').description('SQL-on-FHIR views').addCommand(run)
}

function readView(file: string): ViewDefinition {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new CommandFailed(`${file}: not a readable JSON file`)
  }
  const checked = checkView(json)
  if ('view' in checked) return checked.view
  throw new CommandFailed(checked.problems.map(({ path, message }) => `${file}: ${path}: ${message}`).join('\n'))
}

async function runOver(view: ViewDefinition, format: Format, input: Readable, out: Writable): Promise<void> {
  const rowsOf = prepareView(view)
  const columns = columnsOf(view).map((column) => ({ name: column.name, type: tagOf(column, viewTags.sqlType) ?? 'VARCHAR' }))
  const values = (row: ViewRow): unknown[] => columns.map(({ name }) => row[name])
  const all: unknown[][] = []
  let number = 0
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++
    if (line.trim() === '') continue
    const rows = rowsOfLine(line, number, rowsOf)
    if (format === 'ndjson') for (const row of rows) out.write(`${JSON.stringify(row)}\n`)
    else all.push(...rows.map(values))
  }
  if (format === 'csv') out.write(csvText({ columns, rows: all }))
  if (format === 'json') out.write(jsonText({ columns, rows: all }))
}

/** A line's rows; a line that cannot be read ends the run by its number, never by its content. */
function rowsOfLine(line: string, number: number, rowsOf: (resource: unknown) => ViewRow[]): ViewRow[] {
  const parsed = parseJson(line)
  if (parsed.problem !== undefined) throw new CommandFailed(`line ${number}: not a resource`)
  try {
    return rowsOf(parsed.exact ? parsed.resource : withEngineDecimals(parsed.resource))
  } catch (error) {
    if (error instanceof SeveralValues) throw new CommandFailed(`line ${number}: ${error.message}`)
    throw new CommandFailed(`line ${number}: a path of the view cannot be worked out on this resource`)
  }
}
