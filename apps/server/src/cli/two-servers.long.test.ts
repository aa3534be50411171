// Two servers on one database, each asked to do everything: one does what only one may, the other takes over when it dies.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ImportReport, StoresReport } from '@aquifer/core/contract'
import { openPostgres, packageRoot, type Postgres } from '../storage/index.js'
import { preparedDataDir } from '../storage/test/database.js'

const program = path.join(packageRoot, 'bin/aquifer.mjs')
const running: ChildProcess[] = []
let database: Postgres
let folders: { database: string; data: string }
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  folders = { database: await preparedDataDir(), data: mkdtempSync(path.join(tmpdir(), 'aquifer-two-')) }
  database = await openPostgres({ dataDir: folders.database, transport: 'loopback', durableInit: false })
  const { host, port, password } = database.client('app')
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('AQUIFER_'))
  const own = { AQUIFER_DATA: folders.data, DATABASE_URL: `postgres://postgres:${password as string}@${host}:${port}/aquifer` }
  env = { ...Object.fromEntries(inherited), ...own }
})
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await database.stop()
  for (const folder of Object.values(folders)) rmSync(folder, { recursive: true, force: true })
})

function start(args: string[], more: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [program, ...args], { env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  const told = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told.err += text))
  const done = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.once('exit', (code) => resolve({ ...told, code })),
  )
  return { child, done, told }
}

async function server(faults = ''): Promise<{ child: ChildProcess; url: string }> {
  const { child, done, told } = start(['serve', '--port', '0'], faults === '' ? {} : { AQUIFER_FAULTS: faults })
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const found = /^ready (http:\S+)$/m.exec(told.out)?.[1]
      if (found !== undefined) resolve(found)
    })
    void done.then(({ err }) => reject(new Error(`it ended before it was ready: ${err}`)))
  })
  return { child, url }
}

async function asked<T>(url: string, ...args: string[]): Promise<T> {
  const { code, out, err } = await start([...args, '--url', url, '--json']).done
  expect([args[0], code, code === 0 ? '' : err]).toEqual([args[0], 0, ''])
  return JSON.parse(out) as T
}

const waits = 'another process does the work of replicator, masker, compactor, extractor, scheduler'
async function rolesOf(url: string): Promise<string | null> {
  const answer = await fetch(`${url}/health/ready`).catch(() => null)
  // While it opens its systems again it answers nobody, or says that it is about to.
  const told = answer === null ? {} : ((await answer.json()) as { checks?: Record<string, string> })
  return told.checks === undefined ? 'away' : (told.checks['roles'] ?? null)
}

const resources = 3_000
// A lease ends after 8 s; the rest is for machines that do much else.
const handoverMsMax = 120_000
function fileOf(letter: string, length = resources): string {
  const file = path.join(folders.data, `${letter}.ndjson`)
  const lines = Array.from({ length }, (_, n) =>
    JSON.stringify({
      resourceType: 'Observation',
      id: `${letter}${n}`,
      status: 'final',
      code: { text: 'x' },
      subject: { reference: `Patient/p${n % 7}` },
    }),
  )
  const people = Array.from({ length: 7 }, (_, n) => JSON.stringify({ resourceType: 'Patient', id: `p${n}` }))
  writeFileSync(file, `${[...people, ...lines].join('\n')}\n`)
  return file
}

/** What both servers wrote is there once, in every store. */
async function expectOnce(url: string, observations: number): Promise<void> {
  await asked(url, 'pipeline', 'wait', '--timeout', '60')
  const { equal, studies } = await asked<StoresReport>(url, 'verify', 'stores')
  const of = studies[0]?.types.find(({ type }) => type === 'Observation')
  const rows = [of?.repository.rows, of?.lake.rows, of?.reservoir?.rows]
  expect([equal, ...rows]).toEqual([true, observations, observations, observations])
}
async function until(url: string, roles: string | null): Promise<void> {
  const end = Date.now() + handoverMsMax
  for (let now = await rolesOf(url); now !== roles; now = await rolesOf(url)) {
    if (Date.now() > end) throw new Error(`roles are to be ${String(roles)} and are still ${String(now)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const about = 'one works, the other says that it waits and takes over when the first is killed or stands still; nothing is doubled or lost'
test(about, async () => {
  const first = await server()
  const second = await server()
  expect([await rolesOf(first.url), await rolesOf(second.url)]).toEqual([null, waits])
  const metrics = await (await fetch(`${second.url}/metrics`)).text()
  expect(/^aquifer_roles_waiting\S* (\d+)$/m.exec(metrics)?.[1]).toBe('5')

  await asked(first.url, 'study', 'create', 'S', '--name', 'S', '--enrolment', 'open')
  // Written through the one that waits, carried on by the one that works.
  const written = await asked<ImportReport>(second.url, 'import', fileOf('a'), '--study', 'S')
  expect(written.stored).toBe(resources + 7)
  await asked(first.url, 'pipeline', 'wait', '--timeout', '60')

  const loading = asked<ImportReport>(second.url, 'import', fileOf('b'), '--study', 'S')
  first.child.kill('SIGKILL')
  expect((await loading).stored).toBe(resources)
  await until(second.url, null)
  await expectOnce(second.url, 2 * resources)

  const third = await server()
  const whileStopped = asked<ImportReport>(third.url, 'import', fileOf('c'), '--study', 'S')
  second.child.kill('SIGSTOP')
  expect((await whileStopped).stored).toBe(resources)
  await until(third.url, null)
  second.child.kill('SIGCONT')
  await until(second.url, waits)
  await expectOnce(third.url, 3 * resources)

  for (const { child } of [third, second]) {
    child.kill('SIGTERM')
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0)
  }
})

test('one that stood still between making a generation and publishing it publishes nothing once another took over', async () => {
  // Long enough to be stopped there; the other one is still there when the first wakes up, so that whatever is published is the first one's.
  const first = await server('reservoir.generation-written=delay:6000')
  const second = await server('reservoir.generation-written=delay:60000')
  expect([await rolesOf(first.url), await rolesOf(second.url)]).toEqual([null, waits])
  const published = path.join(folders.data, 'reservoir', 'T', 'published')
  const names = () => (existsSync(published) ? readdirSync(published) : [])
  const making = () => names().filter((name) => name.startsWith('.making-'))
  await asked(first.url, 'study', 'create', 'T', '--name', 'T', '--enrolment', 'open')
  await asked<ImportReport>(first.url, 'import', fileOf('t', 50), '--study', 'T')
  // Whole, and only its name is missing: its own time is taken from it last.
  const isMade = () => making().some((name) => statSync(path.join(published, name)).mtimeMs === Date.UTC(2000, 0, 1))
  await expect.poll(isMade, { timeout: 60_000, interval: 20 }).toBe(true)
  first.child.kill('SIGSTOP')
  await until(second.url, null)
  await expect.poll(making, { timeout: 60_000 }).toHaveLength(2)
  first.child.kill('SIGCONT')
  await until(first.url, waits)
  expect([names().filter((name) => !name.startsWith('.making-')), existsSync(path.join(published, '..', 'published.json'))]).toEqual([
    [],
    false,
  ])
  for (const { child } of [first, second]) {
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
  }
})
