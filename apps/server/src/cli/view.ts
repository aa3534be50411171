import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { Command, Option } from 'commander'
import {
  checkView,
  columnsOf,
  NoCondition,
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
import { csvText } from './rows.js'
import { studyViewCommands } from './study-views.js'
import { wideCommand } from './wide-answers.js'

const formats = ['json', 'csv', 'ndjson'] as const
type Format = (typeof formats)[number]
export interface ViewStreams {
  input: Readable
  out: Writable
  log: Writable
}
const standardStreams = (): ViewStreams => ({ input: process.stdin, out: process.stdout, log: process.stderr })

export function viewCommand(streams: () => ViewStreams = standardStreams): Command {
  const run = new Command('run')
    .description('a SQL-on-FHIR ViewDefinition over NDJSON of resources on stdin; needs no server')
    .argument('<view>', 'file of the ViewDefinition, JSON')
    .addOption(new Option('--format <format>', 'json (one array), csv or ndjson').choices(formats).default('json'))
    .addHelpText(
      'after',
      `
Resources of another type than the view's are passed over and counted on stderr. Rows are written as they come: after a failure, which
is told by line number and place in the view and never by content, what was written is not whole, and the exit code is 1.

  gunzip -c observations.ndjson.gz | aquifer view run observations.json --format csv > observations.csv`,
    )
    .action(async (file: string, flags: { format: Format }) => {
      await runOver(readView(file), flags.format, streams())
    })
  const view = new Command('view').description('SQL-on-FHIR views').addCommand(run)
  for (const command of [...studyViewCommands(), wideCommand()]) view.addCommand(command)
  return view
}

function readView(file: string): ViewDefinition {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new CommandFailed(`${file}: cannot be read`)
  }
  const parsed = parseJson(text)
  if (parsed.problem !== undefined) throw new CommandFailed(`${file}: ${faultOf(parsed)}`)
  const checked = checkView(JSON.parse(text.replace(/^\uFEFF/, '')))
  if ('view' in checked) return checked.view
  throw new CommandFailed(checked.problems.map(({ path, message }) => `${file}: ${path === '' ? '' : `${path}: `}${message}`).join('\n'))
}

async function runOver(view: ViewDefinition, format: Format, { input, out, log }: ViewStreams): Promise<void> {
  const rowsOf = prepareView(view)
  const write = rowWriter(view, format, out)
  const counted = { resources: 0, others: 0, rows: 0 }
  let number = 0
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++
    if (line.trim() === '') continue
    const resource = resourceOf(line, number)
    counted.resources++
    if (resource.resourceType !== view.resource) counted.others++
    const rows = rowsAt(number, () => rowsOf(resource))
    counted.rows += rows.length
    await write.rows(rows)
  }
  await write.end()
  const others = counted.others > 0 ? `, ${counted.others} of another type than ${view.resource}` : ''
  log.write(`${counted.rows} rows of ${counted.resources} resources${others}\n`)
}

interface RowWriter {
  rows(rows: readonly ViewRow[]): Promise<void>
  end(): Promise<void>
}

/** Writes rows as they come, no faster than they are taken. */
function rowWriter(view: ViewDefinition, format: Format, out: Writable): RowWriter {
  const columns = columnsOf(view).map((column) => ({ name: column.name, type: tagOf(column, viewTags.sqlType) ?? 'VARCHAR' }))
  const send = async (text: string): Promise<void> => {
    if (text !== '' && !out.write(text)) await once(out, 'drain')
  }
  const head = csvText({ columns, rows: [] })
  let first = true
  const textOf = (rows: readonly ViewRow[]): string => {
    if (format === 'ndjson') return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    const begin = first
    first = false
    if (format === 'csv') {
      const text = csvText({ columns, rows: rows.map((row) => columns.map(({ name }) => row[name])) })
      return begin ? text : text.slice(head.length)
    }
    return (begin ? '[\n' : ',\n') + rows.map((row) => JSON.stringify(row)).join(',\n')
  }
  const ends: Record<Format, () => string> = {
    ndjson: () => '',
    csv: () => (first ? head : ''),
    json: () => (first ? '[]\n' : '\n]\n'),
  }
  return {
    rows: async (rows) => (rows.length === 0 ? undefined : send(textOf(rows))),
    end: () => send(ends[format]()),
  }
}

const faultOf = ({ problem, offset }: { problem: string; offset: number | null }): string =>
  `not JSON that can be taken (${problem}${offset === null ? '' : `, character ${offset + 1}`})`

/** A line that cannot be read ends the run by its number and place, never by its content. */
function resourceOf(line: string, number: number): { resourceType: string } {
  const parsed = parseJson(line)
  if (parsed.problem !== undefined) throw new CommandFailed(`line ${number}: ${faultOf(parsed)}`)
  const resource: unknown = parsed.exact ? parsed.resource : withEngineDecimals(parsed.resource)
  if (!isResourceLike(resource)) throw new CommandFailed(`line ${number}: not a resource: an object with resourceType is due`)
  return resource
}

const isResourceLike = (value: unknown): value is { resourceType: string } =>
  value !== null && typeof value === 'object' && typeof (value as { resourceType?: unknown }).resourceType === 'string'

function rowsAt(number: number, run: () => ViewRow[]): ViewRow[] {
  try {
    return run()
  } catch (error) {
    if (error instanceof SeveralValues || error instanceof NoCondition) throw new CommandFailed(`line ${number}: ${error.message}`)
    throw new CommandFailed(`line ${number}: a path of the view cannot be worked out on this resource`)
  }
}
