import { DuckDBInstance } from '@duckdb/node-api'
import { tableFromIPC } from 'apache-arrow'
import { expect, test } from 'vitest'
import { arrowWriter } from './result-writer.js'

test('where nothing is, nothing is left of what the engine held there', async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  // The engine leaves what it was about to divide, and elements that were not asked for.
  const result = await connection.stream(
    'SELECT 5 // (range - 3) AS whole, list_extract([7.5e0, 8.5e0], range) AS real, list_extract([true, true], range) AS yes FROM range(5)',
  )
  const types = result.columnTypes()
  const writer = arrowWriter(result.columnNames(), types)
  const bytes: Uint8Array[] = []
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    writer.append(chunk, chunk.rowCount)
    bytes.push(...writer.ready())
  }
  bytes.push(...writer.end())
  connection.closeSync()
  instance.closeSync()
  const table = tableFromIPC(Buffer.concat(bytes))
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
