import { Command, Option } from 'commander'
import { screenRowsMax, type StatementRows } from '@aquifer/core/contract'
import { openClient, resultOf, type Need } from './client.js'
import { WrongUsage } from './failure.js'
import { withMarks, withoutSmallCells } from './small-cells.js'
import { csvText, jsonText, tableText } from './rows.js'
import { parquetBytes } from './parquet.js'
import { downloadTo } from './query-download.js'

const formats = ['table', 'csv', 'json', 'arrow', 'parquet', 'xlsx'] as const
interface Flags {
  study: string
  format: (typeof formats)[number]
  purpose: string
  limit: string
  cut?: string
  level?: 'rows' | 'counts'
  smallCells?: string
  param?: string[]
  out?: string
  json?: boolean
  url?: string
}
const rowsMax = 1_000_000

export function queryCommand(): Command {
  return new Command('query')
    .description('run SQL on the masked reservoir of a study')
    .argument('<sql>', 'one SELECT, or DESCRIBE, SUMMARIZE or EXPLAIN of one')
    .requiredOption('--study <id>', 'the study; its id is the name of its schema')
    .addOption(
      new Option('--format <format>', 'table, csv, json (one array of row objects), arrow, parquet or xlsx')
        .choices(formats)
        .default('table'),
    )
    .option('--json', 'the same as --format json')
    .option('--purpose <text>', 'why you ask; recorded with the statement', 'analysis')
    .option('--limit <rows>', `rows at most (up to ${rowsMax})`, String(rowsMax))
    .option('--cut <name>', 'read a data cut instead of the newest snapshot; the result cites it')
    .option('--param <name:type=value...>', 'a value for $name: date, timestamp, number, integer, text, boolean, or text-list by commas')
    .option('--out <file>', 'all rows into a file, checked, with its manifest and codebook beside it; the server keeps it for a while')
    .addOption(
      new Option('--level <level>', 'rows, or counts: one GROUP BY, small groups hidden, rounded (default: the most you may)').choices([
        'rows',
        'counts',
      ]),
    )
    .option('--small-cells <columns>', 'hide counts below 11: the column that counts people, then by commas those computed from it')
    .option('--url <url>', 'address of the server')
    .addHelpText('after', '\nWhat the rows rest on (snapshot, masking policy, consent) goes to stderr.')
    .action(async (sql: string, flags: Flags) => {
      const limit = Number(flags.limit)
      if (!Number.isInteger(limit) || limit < 1 || limit > rowsMax) throw new WrongUsage(`--limit is 1 to ${rowsMax}.`)
      const format = flags.json === true ? 'json' : flags.format
      if (flags.smallCells !== undefined && (format === 'arrow' || format === 'parquet'))
        throw new WrongUsage('--small-cells puts marks in place of numbers, which arrow and parquet cannot hold.')
      if (flags.out !== undefined) return intoFile(sql, { ...flags, format, out: flags.out })
      if (format === 'xlsx') throw new WrongUsage('A workbook goes into a file: say --out FILE.')
      await write(format, await ask(sql, { ...flags, format }, limit), { smallCells: flags.smallCells?.split(',') ?? [], limit })
    })
}

async function intoFile(sql: string, { format, out, ...flags }: Flags & { out: string }): Promise<void> {
  if (format === 'table' || flags.smallCells !== undefined)
    throw new WrongUsage('--out writes --format csv, json, arrow, parquet or xlsx, with all rows as they are.')
  const client = await openClient({ url: flags.url })
  const need: Need = { role: 'analyst', studies: [flags.study] }
  const { file, basis } = await downloadTo(client, { statement: statementOf(sql, flags, rowsMax), format, out, need })
  process.stderr.write(`${basisLine({ basis })}\n${out} · ${file.bytes} bytes · sha256 ${file.sha256}\n`)
}

const statementOf = (
  sql: string,
  flags: Pick<Flags, 'study' | 'purpose' | 'cut' | 'param' | 'level'>,
  limit: number,
): Record<string, unknown> => ({
  study: flags.study,
  sql,
  purpose: flags.purpose,
  limit,
  parameters: parametersOf(flags.param ?? []),
  ...(flags.cut === undefined ? {} : { cut: flags.cut }),
  ...(flags.level === undefined ? {} : { level: flags.level }),
})

/** `name:type=value`; what is no value of its type the server refuses. */
function parametersOf(given: readonly string[]): Record<string, { type: string; value: unknown }> {
  return Object.fromEntries(
    given.map((each) => {
      const [, name = '', type = '', text = ''] = /^(\w+):([a-z-]+)=(.*)$/s.exec(each) ?? []
      if (name === '') throw new WrongUsage('--param is name:type=value, such as since:date=2020-01-31.')
      const number = type === 'number' || type === 'integer' ? Number(text) : Number.NaN
      const value = type === 'text-list' ? text.split(',') : type === 'boolean' && /^(true|false)$/.test(text) ? text === 'true' : text
      return [name, { type, value: Number.isNaN(number) ? value : number }]
    }),
  )
}

async function ask(sql: string, flags: Flags, limit: number): Promise<Buffer> {
  const client = await openClient({ url: flags.url })
  const need: Need = { role: 'analyst', studies: [flags.study] }
  const reply = await client.send({
    method: 'POST',
    path: '/query/api/v1/statements',
    json: statementOf(sql, flags, limit),
    headers: { accept: flags.format === 'arrow' ? 'application/vnd.apache.arrow.stream' : 'application/json' },
    need,
  })
  return reply.status < 400 ? reply.body : resultOf<never>(reply)
}

async function write(
  format: Flags['format'],
  body: Buffer,
  { smallCells, limit }: { smallCells: readonly string[]; limit: number },
): Promise<void> {
  if (format === 'arrow') return output(body)
  const result = withoutSmallCells(JSON.parse(body.toString('utf8')) as StatementRows, smallCells)
  const marked = withMarks(result)
  if (format === 'parquet') await output(await parquetBytes(result))
  else await output(format === 'csv' ? csvText(marked) : format === 'json' ? jsonText(marked) : tableText(marked))
  process.stderr.write(`${basisLine(result)}\n${cutShort(result, limit)}`)
  return undefined
}

/** Fewer rows than were asked for, and more there: the caller may not have them as a whole. */
const cutShort = ({ basis }: Pick<StatementRows, 'basis'>, limit: number): string =>
  basis.truncated && basis.rows === screenRowsMax && limit > screenRowsMax
    ? `Without the right result-release an answer has ${screenRowsMax} rows at most.\n`
    : ''

function basisLine({ basis }: Pick<StatementRows, 'basis'>): string {
  const rows = basis.truncated ? `${basis.rows} of ${basis.totalRows ?? 'more'} rows` : `${basis.rows} ${basis.rows === 1 ? 'row' : 'rows'}`
  const people = basis.people === null ? [] : [`${basis.people} ${basis.people === 1 ? 'person' : 'people'}`]
  return [
    rows,
    ...people,
    ...(basis.cut === undefined ? [] : [`data cut ${basis.cut}`]),
    `snapshot ${basis.snapshot}`,
    basis.maskingPolicy,
    `consent ${basis.consentState}`,
    ...(basis.leftOut ?? []).map(({ file, rows: left }) => `${left} rows of ${file} left out`),
    ...(basis.level === 'counts' ? [`counts only, rounded to ${basis.rounding ?? 1}, ${basis.suppressed ?? 0} cells hidden`] : []),
    `${basis.elapsedMs} ms`,
  ].join(' · ')
}

const output = (bytes: Buffer | string): Promise<void> => new Promise((resolve) => process.stdout.write(bytes, () => resolve()))
