import { DuckDBInstance } from '@duckdb/node-api'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKeyring, openLake } from '../lake/index.js'
import { livingRowsSql, readReservoirManifest } from '../reservoir/index.js'
import { openFolderStore } from '../storage/index.js'
import { lakeVersions } from './test/world.js'

// Kill -9 at each named point of the stages behind the feed, then a restart: what is there in the end is what an unkilled run makes.

const program = fileURLToPath(new URL('./test/run-pipeline.mjs', import.meta.url))
const studies = ['PLAIN', 'SHIFTEDX']
let root = ''
let feed = ''
let expected: Awaited<ReturnType<typeof outcome>>

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'aquifer-kill-'))
  feed = join(root, 'feed.ndjson')
  await writeFile(feed, feedRows())
  const folder = join(root, 'unkilled')
  expect(await run(folder)).toBe('done')
  expected = await outcome(folder)
})
afterAll(() => rm(root, { recursive: true, force: true }))

function feedRows(): string {
  const lines: string[] = []
  let seq = 0
  const put = (study: string, id: string, version: number, op: 'C' | 'U' | 'D', value: number): void => {
    seq++
    const resource = {
      status: 'final',
      code: { text: 'x' },
      subject: { reference: 'Patient/p1' },
      effectiveDateTime: '2014-05-06',
      valueQuantity: { value },
    }
    const content = op === 'D' ? null : JSON.stringify({ resourceType: 'Observation', id, meta: {}, ...resource })
    const place = { xid: String(1000 + Math.floor(seq / 3)), seq: String(seq), sid: 1, study, type: 'Observation', id, version, op }
    lines.push(JSON.stringify({ ...place, at: 1_790_000_000_000 + seq, patientId: 'p1', site: null, siteId: null, content }))
  }
  for (let n = 0; n < 250; n++) {
    for (const study of studies) put(study, `o${n}`, 1, 'C', n)
    if (n % 5 === 0) put('PLAIN', `o${Math.floor(n / 2)}`, n % 2 === 0 ? 2 : 3, 'U', n)
    if (n % 11 === 10) put('SHIFTEDX', `o${n - 3}`, 2, 'D', 0)
  }
  return `${lines.join('\n')}\n`
}

async function run(folder: string, faults = ''): Promise<'done' | 'killed'> {
  const child = spawn(process.execPath, [program, folder, feed, faults], { stdio: ['ignore', 'pipe', 'inherit'], env: {} })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  const signal = await new Promise((resolve) => child.on('exit', (_code, killed) => resolve(killed)))
  return signal === 'SIGKILL' ? 'killed' : (out.trim() as 'done')
}

async function outcome(folder: string) {
  const keyring = await openKeyring({ dir: join(folder, 'keys') })
  const lake = await openLake({ at: openFolderStore(join(folder, 'lake')), keyring })
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const found: Record<string, unknown> = {}
  for (const study of studies) {
    const dir = join(folder, 'reservoir', study)
    const manifest = (await readReservoirManifest(dir))!
    const living = livingRowsSql(dir, manifest.types['Observation']!, 'r._id, r._v, r._date, r.valueQuantity.value AS value')
    const rows = (await connection.runAndReadAll(`SELECT * FROM (${living}) ORDER BY ALL`)).getRows().map(String)
    const generation = (JSON.parse(await readFile(join(dir, 'published.json'), 'utf8')) as { generation: number }).generation
    const published = `SELECT count(*), sum(valueQuantity.value) FROM read_parquet('${dir}/published/${generation}/Observation/**/*.parquet')`
    found[study] = {
      lake: createHash('sha256')
        .update((await lakeVersions(lake, study)).join('\n'))
        .digest('hex'),
      lakeRows: (await lake.study(study)).manifest().rows,
      rows,
      counted: manifest.types['Observation']!.rows,
      published: (await connection.runAndReadAll(published)).getRows().map(String),
    }
  }
  connection.closeSync()
  instance.closeSync()
  return found
}

// One of these takes seconds, most of it starting processes; `npm test` has the few runs of long/faults/few-seeds.test.ts.
const points = [
  'lake.segment-written@2',
  'replicator.batch-read',
  'replicator.batch-stored',
  'lake.manifest-written@2',
  'replicator.checkpoint-written',
  'masking.segments-read',
  'masking.masked',
  'masking.noted',
  'reservoir.files-written@2',
  'reservoir.manifest-written@3',
  'reservoir.generation-written',
  'reservoir.generation-published',
]

test.runIf(process.env['AQUIFER_TEST_LONG'] === '1').each(points)('killed at %s', async (point) => {
  const [name, hit = '1'] = point.split('@')
  const folder = join(root, point.replaceAll('.', '-'))
  // The same keys: pseudonyms and shifts are compared, too.
  await cp(join(root, 'unkilled', 'keys'), join(folder, 'keys'), { recursive: true })
  expect(await run(folder, `${name}=kill@${hit}`)).toBe('killed')
  expect(await run(folder)).toBe('done')
  expect(await outcome(folder)).toEqual(expected)
})
