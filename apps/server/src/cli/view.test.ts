import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parquetBytes } from './parquet.js'
import { csvText, jsonText, tableText } from './rows.js'
import { viewCommand } from './view.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aquifer-view-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const view = {
  resource: 'Patient',
  select: [
    { column: [{ name: 'id', path: 'getResourceKey()' }] },
    {
      forEach: 'name',
      column: [
        { name: 'family', path: 'family.first()' },
        { name: 'given', path: 'given', collection: true },
      ],
    },
  ],
}
const people = [
  { resourceType: 'Patient', id: 'a', name: [{ family: ['Ng, "Jo"'], given: ['x', 'y'] }, { family: ['=1+2'] }] },
  { resourceType: 'Patient', id: 'b' },
  { resourceType: 'Observation', id: 'o' },
]

let said = ''
async function run(definition: unknown, lines: string[], ...flags: string[]): Promise<string> {
  const file = join(folder, 'view.json')
  writeFileSync(file, JSON.stringify(definition))
  const [out, log] = [new PassThrough(), new PassThrough()]
  const command = viewCommand(() => ({ input: Readable.from(lines.map((line) => `${line}\n`)), out, log }))
  const whole = text(out)
  await command.parseAsync(['run', file, ...flags], { from: 'user' })
  out.end()
  said = String(log.read() ?? '')
  return whole
}
const lines = people.map((person) => JSON.stringify(person))

test('a view over NDJSON, in each format', async () => {
  expect(JSON.parse(await run(view, lines))).toEqual([
    { id: 'a', family: 'Ng, "Jo"', given: ['x', 'y'] },
    { id: 'a', family: '=1+2', given: [] },
  ])
  expect(
    (await run(view, lines, '--format', 'ndjson'))
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { id: string }).id),
  ).toEqual(['a', 'a'])
  expect(await run(view, lines, '--format', 'csv')).toBe(`id,family,given\r\na,"Ng, ""Jo""","[""x"",""y""]"\r\na,'=1+2,[]\r\n`)
})

test('rows leave as they come, and what was passed over is told', async () => {
  const many = Array.from({ length: 3000 }, (_, index) => JSON.stringify({ ...people[0], id: `p${index}` }))
  expect((JSON.parse(await run(view, many)) as unknown[]).length).toBe(6000)
  expect((await run(view, many, '--format', 'csv')).split('\r\n').length).toBe(6002)
  expect(said).toBe('6000 rows of 3000 resources\n')
  for (const [format, nothing] of [
    ['json', '[]\n'],
    ['csv', 'id,family,given\r\n'],
    ['ndjson', ''],
  ] as const)
    expect(await run(view, lines.slice(2), '--format', format)).toBe(nothing)
  expect(said).toBe('0 rows of 1 resources, 1 of another type than Patient\n')
})

test('digits count: a boundary of 1.0 is not one of 1', async () => {
  const boundary = { resource: 'Observation', select: [{ column: [{ name: 'low', path: 'value.ofType(Quantity).value.lowBoundary()' }] }] }
  const line = '{"resourceType":"Observation","valueQuantity":{"value":1.0}}'
  expect(JSON.parse(await run(boundary, [line]))).toEqual([{ low: 0.95 }])
})

test('what is wrong is told by place, never by content', async () => {
  await expect(run({ resource: 'Patient', select: [{ column: [{ name: 'a', path: '((' }] }] }, lines)).rejects.toThrow(
    /select\[0\]\.column\[0\]\.path: not a FHIRPath/,
  )
  await expect(run(view, [lines[0] ?? '', '{"secret'])).rejects.toThrow(/^line 2: not JSON that can be taken \(not-json, character 9\)$/)
  await expect(run(view, ['["secret"]'])).rejects.toThrow(/^line 1: not a resource/)
  await expect(run({ resource: 'Patient', select: [{ forEach: 1 }] }, lines)).rejects.toThrow(/select\[0\]\.forEach: /)
  await expect(run({ ...view, where: [{ path: 'id' }] }, lines)).rejects.toThrow(/^line 1: where\[0\]\.path/)
  const several = { resource: 'Patient', select: [{ column: [{ name: 'family', path: 'name.family' }] }] }
  await expect(run(several, lines)).rejects.toThrow(/^line 1: column family has several values/)
})

test('rows as text and as Parquet', async () => {
  const columns = [
    { name: 'code', type: 'VARCHAR' },
    { name: 'n', type: 'BIGINT' },
    { name: 'at', type: 'TIMESTAMP' },
    { name: 'list', type: 'INTEGER[]' },
  ]
  const others = [
    { name: 'span', type: 'INTERVAL' },
    { name: 'bytes', type: 'BLOB' },
  ]
  const rows = [
    ['x', 12, '2015-01-02 03:04:05', [1, 2]],
    [null, 3, null, null],
  ]
  expect(tableText({ columns, rows })).toBe(
    'code   n  at                   list\n────  ──  ───────────────────  ─────\nx     12  2015-01-02 03:04:05  [1,2]\n       3\n',
  )
  expect(JSON.parse(jsonText({ columns, rows }))).toEqual([
    { code: 'x', n: 12, at: '2015-01-02 03:04:05', list: [1, 2] },
    { code: null, n: 3, at: null, list: null },
  ])
  expect(csvText({ columns, rows: [] })).toBe('code,n,at,list\r\n')
  const file = join(folder, 'rows.parquet')
  const more = [
    [{ months: 1, days: 3, micros: '7200000000' }, '\\xAA'],
    [null, null],
  ]
  const widened = rows.map((row, place) => [...row, ...(more[place] ?? [])])
  writeFileSync(file, await parquetBytes({ columns: [...columns, ...others], rows: widened }))
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const read = await connection.runAndReadAll(`SELECT * FROM '${file}'`)
  expect(read.columnTypes().map(String)).toEqual(['VARCHAR', 'BIGINT', 'TIMESTAMP', 'INTEGER[]', 'INTERVAL', 'BLOB'])
  expect(read.getRowsJson()).toEqual([
    ['x', '12', '2015-01-02 03:04:05', [1, 2], { months: 1, days: 3, micros: '7200000000' }, '\\xAA'],
    [null, '3', null, null, null, null],
  ])
  const spans = {
    columns: [
      { name: 'n', type: 'BIGINT' },
      { name: 'spans', type: 'INTERVAL[]' },
    ],
    rows: [[1, [more[0]?.[0]]]],
  }
  await expect(parquetBytes(spans)).rejects.toThrow(
    'spans (INTERVAL[]) cannot be written as Parquet: cast to another type, such as VARCHAR, or use --format arrow.',
  )
  connection.closeSync()
  instance.closeSync()
})
