import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EngineProcess } from './engine-process.js'
import { isolation } from './isolation.js'
import { attacks } from './test/attacks.js'

// The same escapes as in query.test.ts, past the gate: as what runs in the engine's process, and as SQL inside its views.

let folder = ''
let reservoir = ''
let engine: EngineProcess
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aquifer-escapes-'))
  reservoir = join(folder, 'reservoir')
  await Promise.all([reservoir, join(folder, 'files'), join(folder, 'results')].map((each) => mkdir(each)))
  engine = await started()
})
afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

const started = (): Promise<EngineProcess> =>
  EngineProcess.start(
    { reservoir, files: join(folder, 'files'), results: join(folder, 'results') },
    join(folder, 'work'),
    isolation().mode === 'full',
  )

/** What came back, or that the engine refused. Some end it; the next needs another, or nothing would be tried any more. */
async function bare(sql: string, setup: string[] = []): Promise<{ refused: boolean; text: string }> {
  const chunks: Uint8Array[] = []
  const limits = { rowsMax: 1_000, bytesMax: 1e6, countMs: 0, threads: 1, memoryMb: 200, spillMb: 10, spillFolder: engine.spillFolder }
  const run = { ground: [], setup, fileTables: [], files: [], schema: 'SYN', sql, format: 'json' as const, ...limits }
  const listener = { columns: () => undefined, data: (bytes: Uint8Array) => void chunks.push(bytes), progress: () => undefined }
  try {
    await engine.run(run, listener).done
    return { refused: false, text: Buffer.concat(chunks).toString() }
  } catch (error) {
    if (error instanceof Error && error.message === 'the query engine ended') engine = await started()
    return { refused: true, text: Buffer.concat(chunks).toString() }
  }
}

// What would reach a file, the network or a setting; the rest of the list only looks at the engine's own, empty state.
const reaching = attacks.filter((sql) =>
  /\b(?:read_\w+|glob|sniff_csv|parquet_metadata|EXPORT|ATTACH|INSTALL|import_database)\b|COPY \(|^COPY|FROM '\/|^(?:SET|RESET)\b/.test(
    sql,
  ),
)
// One would only wait. The rest of the list has its turn in the long run: AQUIFER_TEST_LONG=1.
const tried = (process.env['AQUIFER_TEST_LONG'] === '1' ? attacks : reaching).filter((sql) => !/sleep_ms/.test(sql))

test('escapes are refused or find nothing, whatever the gate lets through', async () => {
  expect(attacks.length).toBeGreaterThanOrEqual(60)
  expect(reaching.length).toBeGreaterThanOrEqual(15)
  const secret = /root:[x*]:0:|PRIVATE KEY|\/bin\/(?:ba)?sh/
  for (const sql of tried) {
    const found = await bare(sql)
    expect([sql, secret.test(found.text)]).toEqual([sql, false])
    if (reaching.includes(sql)) expect([sql, found.refused]).toEqual([sql, true])
  }
  expect(existsSync('/tmp/aquifer-attack')).toBe(false)
  expect(await readdir(reservoir)).toEqual([])
})

test('as SQL inside a view they run under the same lock', async () => {
  for (const sql of tried.filter((each) => /^(?:SELECT|FROM|WITH)\b/.test(each))) {
    // What is no view fails before; what is one is made and read in an instance that is locked by then.
    const found = await bare('SELECT * FROM "SYN".hole', [`CREATE VIEW "SYN".hole AS ${sql}`])
    if (reaching.includes(sql)) expect([sql, found.refused]).toEqual([sql, true])
    expect([sql, /root:[x*]:0:/.test(found.text)]).toEqual([sql, false])
  }
  expect(existsSync('/tmp/aquifer-attack')).toBe(false)
})

test('what a statement brings along or makes is gone for the next, which meets the same engine', async () => {
  const view = (value: number): string[] => [`CREATE VIEW "SYN".brought AS SELECT ${value} AS value`]
  const asked = 'SELECT value FROM "SYN".brought'
  for (const value of [1, 1, 2]) expect((await bare(asked, view(value))).text).toBe(`[${value}]`)
  expect((await bare(asked)).refused).toBe(true)
  for (const sql of [
    'COMMIT',
    'CREATE TABLE "SYN".brought AS SELECT 3 AS value',
    'SELECT 3; CREATE TABLE "SYN".brought AS SELECT 3 AS value',
  ]) {
    await bare(sql, [`CREATE VIEW "SYN".other AS SELECT 3 AS value`])
    expect([sql, (await bare(asked)).refused, (await bare('SELECT value FROM "SYN".other')).refused]).toEqual([sql, true, true])
  }
  expect((await bare(asked, view(4))).text).toBe('[4]')
})
