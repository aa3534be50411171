// The built program as a user runs it: an import goes on by itself when its server was killed and started again.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ImportReport } from '@aquifer/core/contract'
import { packageRoot } from '../storage/index.js'
import { preparedDataDir } from '../storage/test/database.js'

const program = path.join(packageRoot, 'bin/aquifer.mjs')
interface Ended {
  code: number | null
  out: string
  err: string
}
function start(args: string[], env: Record<string, string> = {}) {
  const { AQUIFER_DATA: _data, AQUIFER_URL: _url, AQUIFER_TOKEN: _token, AQUIFER_TEST_LONG: _long, ...inherited } = process.env
  const child = spawn(process.execPath, [program, ...args], { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended: Ended = { code: null, out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.err += text))
  // A killed server leaves its database, which holds the pipes open.
  const over = args[0] === 'serve' ? 'exit' : 'close'
  const done = new Promise<Ended>((resolve) => child.once(over, (code: number | null) => resolve({ ...ended, code })))
  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`it ended before it was ready: ${ended.err}`)))
    child.stdout.on('data', () => (/^ready http:\S+$/m.test(ended.out) ? resolve() : undefined))
  })
  // Commands are not waited for to be ready.
  ready.catch(() => undefined)
  return { child, done, ready }
}

let dataDir: string
let files: string
let server: ReturnType<typeof start>
const serve = async (env: Record<string, string> = {}): Promise<void> => {
  server = start(['serve', '--data', dataDir, '--port', '0', '--roles', 'api'], env)
  await server.ready
}
beforeAll(async () => {
  if (!isLong) return
  dataDir = await preparedDataDir()
  files = mkdtempSync(path.join(tmpdir(), 'aquifer-import-'))
})
afterAll(async () => {
  if (!isLong) return
  server.child.kill('SIGTERM')
  await server.done
  for (const dir of [dataDir, files]) rmSync(dir, { recursive: true, force: true })
})

// Whole servers come and go: it belongs to the long suites.
const isLong = process.env['AQUIFER_TEST_LONG'] === '1'
test.runIf(isLong)('an import goes on when the server comes back after a kill, and all is there once', async () => {
  await serve({ AQUIFER_FAULTS: 'import.batch-stored=kill@2' })
  const env = { AQUIFER_DATA: dataDir }
  expect((await start(['study', 'create', 'S', '--name', 'S', '--enrolment', 'open'], env).done).code).toBe(0)
  const observation = (n: number) => ({
    resourceType: 'Observation',
    id: `o${n}`,
    status: 'final',
    code: { text: 'x' },
    subject: { reference: `Patient/p${n % 7}` },
  })
  const people = Array.from({ length: 7 }, (_, n) => ({ resourceType: 'Patient', id: `p${n}` }))
  const all = [...people, ...Array.from({ length: 12_000 }, (_, n) => observation(n))]
  const file = path.join(files, 'all.ndjson')
  writeFileSync(file, all.map((each) => `${JSON.stringify(each)}\n`).join(''))
  const loading = start(['import', file, '--study', 'S', '--json'], env)
  await server.done
  await serve()
  const loaded = await loading.done
  expect([loaded.code, loaded.err.includes('Going on after line')]).toEqual([0, true])
  const again = await start(['import', file, '--study', 'S', '--json'], env).done
  const report = JSON.parse(again.out) as ImportReport
  expect([report.read, report.stored, report.unchanged]).toEqual([all.length, 0, all.length])
})
test.runIf(isLong)('--dry-run stores nothing and prints what to mend', async () => {
  const env = { AQUIFER_DATA: dataDir }
  const file = path.join(files, 'wrong.ndjson')
  writeFileSync(file, `${JSON.stringify({ resourceType: 'Patient', id: 'w', gender: 'nonsense' })}\n`)
  const dry = await start(['import', file, '--study', 'S', '--dry-run'], env).done
  expect([dry.code, dry.out]).toEqual([1, expect.stringMatching(/dry run: nothing was stored\n.*invalid at Patient\.gender/)])
})
