import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { tableFromIPC, type Table } from 'apache-arrow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { arrowWriter, peopleCounter } from './result-writer.js'

let instance: DuckDBInstance
let connection: DuckDBConnection
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  connection = await instance.connect()
})
afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

/** All rows of a statement as Arrow, and how many people are in them. */
async function asArrow(sql: string): Promise<{ bytes: Buffer; table: Table; people: number | null }> {
  const result = await connection.stream(sql)
  const [names, types] = [result.columnNames(), result.columnTypes()]
  const writer = arrowWriter(names, types)
  const people = peopleCounter(names, types)
  const bytes: Uint8Array[] = []
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    writer.append(chunk, chunk.rowCount)
    people.append(chunk, chunk.rowCount)
    bytes.push(...writer.ready())
  }
  bytes.push(...writer.end())
  const whole = Buffer.concat(bytes)
  return { bytes: whole, table: tableFromIPC(whole), people: people.count() }
}

test('where nothing is, nothing is left of what the engine held there', async () => {
  // The engine leaves what it was about to divide, and elements that were not asked for.
  const { table } = await asArrow(
    'SELECT 5 // (range - 3) AS whole, list_extract([7.5e0, 8.5e0], range) AS real, list_extract([true, true], range) AS yes FROM range(5)',
  )
  const [whole, real, yes] = ['whole', 'real', 'yes'].map((name) => table.getChild(name))
  expect([whole, real, yes].map((column) => [...column!].map((value) => value && Number(value)))).toEqual([
    [-1, -2, -5, null, 5],
    [null, 7.5, 8.5, null, null],
    [null, 1, 1, null, null],
  ])
  expect(whole?.data[0]?.values[3]).toBe(0n)
  expect([...real!.data[0]!.values.subarray(0, 5)]).toEqual([0, 7.5, 8.5, 0, 0])
  expect(yes?.data[0]?.values[0]).toBe(0b110)
})

test('texts of every length, long and short ones and none by turns, are what the engine has', async () => {
  await connection.run(`CREATE OR REPLACE TABLE texts AS SELECT
      CASE WHEN range % 7 <> 2 THEN substr('äbcdefghijklmnopqrstuvwxyz0123456789 and more', 1, (range % 41)::INTEGER) END AS mixed,
      CASE range % 3 WHEN 0 THEN 'Weight' WHEN 1 THEN 'Systolic Blood Pressure' END AS label,
      repeat(chr((65 + range % 26)::INTEGER), (range % 700)::INTEGER) AS wide,
      lpad((range // 90)::VARCHAR, CASE WHEN range < 5000 THEN 36 ELSE 9 END, '0') AS patient_key,
    FROM range(9000)`)
  // Here the same texts lie in one place for all rows, too.
  const sql = `SELECT mixed, label, wide, patient_key, said FROM texts JOIN (VALUES ('Weight', 'said of weight, at length'), ('Systolic Blood Pressure', 'high')) v(label, said) USING (label) ORDER BY texts.rowid`
  for (const each of ['SELECT * FROM texts', sql]) {
    const { bytes, table, people } = await asArrow(each)
    const reader = await connection.runAndReadAll(each)
    const names = reader.columnNames()
    const columns = names.map((name) => [...table.getChild(name)!] as unknown[])
    const rows = reader.getRows()
    expect(table.numRows).toBe(rows.length)
    expect(rows.findIndex((row, at) => row.some((value, column) => value !== columns[column]?.[at]))).toBe(-1)
    expect(people).toBe(new Set(rows.map((row) => row[names.indexOf('patient_key')])).size)
    expect((await asArrow(each)).bytes.equals(bytes)).toBe(true)
  }
})
