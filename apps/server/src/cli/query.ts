import { Command, Option } from 'commander'
import type { StatementRows } from '@aquifer/core/contract'
import { openClient, resultOf, type Need } from './client.js'
import { WrongUsage } from './failure.js'
import { withMarks, withoutSmallCells } from './small-cells.js'
import { csvText, jsonText, tableText } from './rows.js'
import { parquetBytes } from './parquet.js'

const formats = ['table', 'csv', 'json', 'arrow', 'parquet'] as const
interface Flags {
  study: string
  format: (typeof formats)[number]
  purpose: string
  limit: string
  cut?: string
  level?: 'rows' | 'counts'
  smallCells?: string
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
      new Option('--format <format>', 'table, csv, json (one array of row objects), arrow or parquet').choices(formats).default('table'),
    )
    .option('--json', 'the same as --format json')
    .option('--purpose <text>', 'why you ask; recorded with the statement', 'analysis')
    .option('--limit <rows>', `rows at most (up to ${rowsMax})`, String(rowsMax))
    .option('--cut <name>', 'read a data cut instead of the newest snapshot; the result cites it')
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
      await write(format, await ask(sql, { ...flags, format }, limit), flags.smallCells?.split(',') ?? [])
    })
}

async function ask(sql: string, flags: Flags, limit: number): Promise<Buffer> {
  const client = await openClient({ url: flags.url })
  const need: Need = { role: 'analyst', studies: [flags.study] }
  const { level, cut } = flags
  const more = { ...(cut === undefined ? {} : { cut }), ...(level === undefined ? {} : { level }) }
  const reply = await client.send({
    method: 'POST',
    path: '/query/api/v1/statements',
    json: { study: flags.study, sql, purpose: flags.purpose, limit, ...more },
    headers: { accept: flags.format === 'arrow' ? 'application/vnd.apache.arrow.stream' : 'application/json' },
    need,
  })
  return reply.status < 400 ? reply.body : resultOf<never>(reply)
}

async function write(format: Flags['format'], body: Buffer, smallCells: readonly string[]): Promise<void> {
  if (format === 'arrow') return output(body)
  const result = withoutSmallCells(JSON.parse(body.toString('utf8')) as StatementRows, smallCells)
  const marked = withMarks(result)
  if (format === 'parquet') await output(await parquetBytes(result))
  else await output(format === 'csv' ? csvText(marked) : format === 'json' ? jsonText(marked) : tableText(marked))
  process.stderr.write(`${basisLine(result)}\n`)
  return undefined
}

function basisLine({ basis }: StatementRows): string {
  const rows = basis.truncated ? `${basis.rows} of ${basis.totalRows ?? 'more'} rows` : `${basis.rows} ${basis.rows === 1 ? 'row' : 'rows'}`
  const people = basis.people === null ? [] : [`${basis.people} ${basis.people === 1 ? 'person' : 'people'}`]
  return [
    rows,
    ...people,
    ...(basis.cut === undefined ? [] : [`data cut ${basis.cut}`]),
    `snapshot ${basis.snapshot}`,
    basis.maskingPolicy,
    `consent ${basis.consentState}`,
    ...(basis.level === 'counts' ? [`counts only, rounded to ${basis.rounding ?? 1}, ${basis.suppressed ?? 0} cells hidden`] : []),
    `${basis.elapsedMs} ms`,
  ].join(' · ')
}

const output = (bytes: Buffer | string): Promise<void> => new Promise((resolve) => process.stdout.write(bytes, () => resolve()))
