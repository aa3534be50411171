import { DuckDBInstance } from '@duckdb/node-api'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openSigner } from '../storage/index.js'
import { modelVersion, openReservoir, type FlatTableInput, type Reservoir } from './index.js'

const study = 'S'
const clock = { at: Date.parse('2026-11-22T10:00:00Z'), now: () => clock.at }
const stamp = { maskingPolicy: 'safe-harbor v1', maskingKey: 'k1', modelVersion: modelVersion(), asOfYear: 2026 }
const sql = (rows: string): string =>
  `SELECT _id AS id, patient_key, min(_year) OVER (PARTITION BY patient_key) AS first_year FROM (${rows})`
const flatTables = () => {
  const tables = ({ rowsOf }: FlatTableInput) => {
    const rows = rowsOf('Observation')
    return rows === null ? [] : [{ name: 'observations', types: ['Observation'], sql: () => sql(rows) }]
  }
  return Promise.resolve({ mark: '', tables })
}

async function opened(folder: string, rowsAtOnce: number): Promise<Reservoir> {
  const signer = await openSigner(join(folder, 'keys'))
  return openReservoir({ dir: join(folder, 'reservoir'), clock, signer, flatTables, rowsAtOnce })
}

interface Row {
  id: string
  v?: number
  person: string | null
  year: number
}
const people = ['p1', 'p2', 'p3', 'p4']
const rowsOfAll = people.flatMap((person) => [2014, 2015, 2016].map((year): Row => ({ id: `${person}-${year}`, person, year })))
const ended = ({ id, person, year }: Row) => ({ id, person, year, v: 2, ended: true })

let place = 0
async function commit(reservoir: Reservoir, rows: readonly (Row & { ended?: boolean })[]): Promise<void> {
  const opening = await reservoir.study(study)
  await opening.begin(stamp)
  const lines = rows.map(({ id, v = 1, person, year, ended: isEnded = false }) => {
    const resource = isEnded ? null : { resourceType: 'Observation', id, status: 'final' }
    return JSON.stringify({ _id: id, _v: v, _d: isEnded, patient_key: person, _date: String(year), _year: year, _site: 's', resource })
  })
  const byType = new Map([['Observation', [Buffer.from(`${lines.join('\n')}\n`)]]])
  const cursor = { xid: String(++place), seq: '1' }
  await reservoir.commit(opening, { cursor, feedAt: clock.at, consentEpoch: 1, byType, displays: null, visible: 'now' })
  clock.at += 1000
}

async function world(rowsAtOnce = 1000): Promise<{ reservoir: Reservoir; rowsIn: (glob: string) => Promise<string[]> }> {
  const folder = await mkdtemp(join(tmpdir(), 'aquifer-leaving-'))
  const reservoir = await opened(folder, rowsAtOnce)
  const engine = await DuckDBInstance.create(':memory:', { threads: '1' })
  const reader = await engine.connect()
  onTestFinished(async () => {
    reader.closeSync()
    engine.closeSync()
    await reservoir.close()
    await rm(folder, { recursive: true, force: true })
  })
  const rowsIn = async (glob: string): Promise<string[]> =>
    (await reader.runAndReadAll(`SELECT CAST(x AS VARCHAR) FROM read_parquet('${glob}', hive_partitioning = false) x ORDER BY 1`))
      .getRows()
      .map(([text]) => String(text))
  return { reservoir, rowsIn }
}

const folderOf = async (reservoir: Reservoir): Promise<string> => (await reservoir.publishGeneration(study))!.folder
const inodeOf = async (path: string): Promise<number> => (await stat(path)).ino

/** What readers outside have, beside the snapshot. */
async function lookedAt(reservoir: Reservoir) {
  const beside = await reservoir.beside(study)
  const looked = await beside.published(reservoir.opened(study)!.snapshot()!)
  await beside.remove()
  return looked
}

const isLong = process.env['AQUIFER_TEST_LONG'] === '1'

test.runIf(isLong)('a generation is made of few rows at once, and holds the same rows in files by people', async () => {
  const [few, all] = [await world(6), await world()]
  for (const { reservoir } of [few, all]) await commit(reservoir, [...rowsOfAll, { id: 'nobody', person: null, year: 2014 }])
  const [inParts, whole] = [await folderOf(few.reservoir), await folderOf(all.reservoir)]
  expect((await readdir(join(inParts, 'tables/observations'))).sort()).toEqual(['part-0.parquet', 'part-1.parquet'])
  expect(await readdir(join(whole, 'tables/observations'))).toEqual(['part-0.parquet'])
  for (const files of ['tables/observations/*.parquet', 'Observation/*/*.parquet'])
    expect(await few.rowsIn(join(inParts, files))).toEqual(await all.rowsIn(join(whole, files)))
  expect(await few.rowsIn(join(inParts, 'tables/observations/part-1.parquet'))).toHaveLength(6)
})

test('who leaves is left out of the files that hold him, and the generation is what it would be if it were made anew', async () => {
  const { reservoir, rowsIn } = await world(6)
  await commit(reservoir, [...rowsOfAll, { id: 'his-alone', person: 'p2', year: 2013 }, { id: 'p1-late', person: 'p1', year: 2020 }])
  const before = await folderOf(reservoir)
  const kept = await inodeOf(join(before, 'Observation/year=2020/part-0.parquet'))
  const keptTable = await inodeOf(join(before, 'tables/observations/part-1.parquet'))
  const his = [...rowsOfAll.filter(({ person }) => person === 'p2'), { id: 'his-alone', person: 'p2', year: 2013 }]
  await commit(reservoir, his.map(ended))
  await reservoir.purge(study, { patientKey: 'p2', ids: his.map(({ id }) => id) }, () => undefined)
  const after = await folderOf(reservoir)
  expect((await readdir(join(after, 'Observation'))).sort()).toEqual(['year=2014', 'year=2015', 'year=2016', 'year=2020'])
  expect(await inodeOf(join(after, 'Observation/year=2020/part-0.parquet'))).toBe(kept)
  expect(await inodeOf(join(after, 'tables/observations/part-1.parquet'))).toBe(keptTable)
  expect(await lookedAt(reservoir)).toMatchObject({ not: null, differences: [] })
  const other = await world()
  await commit(other.reservoir, [...rowsOfAll.filter(({ person }) => person !== 'p2'), { id: 'p1-late', person: 'p1', year: 2020 }])
  const anew = await folderOf(other.reservoir)
  for (const files of ['tables/observations/*.parquet', 'Observation/*/*.parquet'])
    expect(await rowsIn(join(after, files))).toEqual(await other.rowsIn(join(anew, files)))
  await rm(join(after, 'tables/observations/part-1.parquet'))
  expect((await lookedAt(reservoir))?.differences).toEqual([{ type: 'tables/observations', path: '', what: 'content' }])
})

test('where more has changed than that somebody left, files are made anew of the rows', async () => {
  const { reservoir, rowsIn } = await world()
  await commit(reservoir, [...rowsOfAll, { id: 'group', person: null, year: 2016 }])
  await folderOf(reservoir)
  const his = [...rowsOfAll.filter(({ person }) => person === 'p2'), { id: 'group', person: null, year: 2016 }]
  await commit(reservoir, [...his.map(ended), { id: 'new', person: 'p3', year: 2015 }])
  await reservoir.purge(study, { patientKey: 'p2', ids: his.map(({ id }) => id) }, () => undefined)
  const after = await folderOf(reservoir)
  const expected = [...rowsOfAll.filter(({ person }) => person !== 'p2').map(({ id }) => id), 'new'].sort()
  const idsIn = async (glob: string): Promise<string[]> =>
    (await rowsIn(glob)).map((row) => /'id': '?([\w-]+)/.exec(row)?.[1] ?? row).sort()
  expect(await idsIn(join(after, 'tables/observations/*.parquet'))).toEqual(expected)
  expect(await idsIn(join(after, 'Observation/*/*.parquet'))).toEqual(expected)
})
