// The built program as a user runs it: a file whose server is killed while it is stored is not there, leaves nothing, and is stored by being sent again.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageRoot } from '../storage/index.js'
import { preparedDataDir } from '../storage/test/database.js'

const program = path.join(packageRoot, 'bin/aquifer.mjs')
function start(args: string[], env: Record<string, string>) {
  const { AQUIFER_DATA: _data, AQUIFER_URL: _url, AQUIFER_TOKEN: _token, AQUIFER_TEST_LONG: _long, ...inherited } = process.env
  const child = spawn(process.execPath, [program, ...args], { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  // A killed server leaves its database, which holds the pipes open.
  const over = args[0] === 'serve' ? 'exit' : 'close'
  const done = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.once(over, (code: number | null) => resolve({ code, out, err })),
  )
  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`it ended before it was ready: ${err}`)))
    child.stdout.on('data', () => (/^ready http:\S+$/m.test(out) ? resolve() : undefined))
  })
  ready.catch(() => undefined)
  return { child, done, ready }
}

const isLong = process.env['AQUIFER_TEST_LONG'] === '1'
let [dataDir, folder] = ['', '']
beforeAll(async () => {
  if (!isLong) return
  dataDir = await preparedDataDir()
  folder = mkdtempSync(path.join(tmpdir(), 'aquifer-files-'))
})
afterAll(() => {
  if (isLong) for (const dir of [dataDir, folder]) rmSync(dir, { recursive: true, force: true })
})

const serve = async (env: Record<string, string> = {}) => {
  const server = start(['serve', '--data', dataDir, '--port', '0', '--roles', 'api'], env)
  await server.ready
  return server
}
const command = (...args: string[]) => start(args, { AQUIFER_DATA: dataDir }).done
const onDisk = (): string[] =>
  readdirSync(path.join(dataDir, 'files'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))

// Whole servers come and go: it belongs to the long suites.
test.runIf(isLong)('a server killed at any step of storing a file has stored it whole or not at all', { timeout: 300_000 }, async () => {
  const file = path.join(folder, 'labs.csv')
  writeFileSync(file, `x\n${'1\n'.repeat(500_000)}`)
  const put = (...more: string[]) => command('files', 'put', file, '--study', 'S', '--json', ...more)
  const vouched = ['--attest', 'Nobody can be recognised in it.']
  for (const [at, ...store] of [
    ['files.chunk=kill@2', ...vouched],
    ['files.named=kill', ...vouched],
    ['files.named=kill', '--lake'],
  ] as const) {
    const server = await serve({ AQUIFER_FAULTS: at })
    await command('study', 'create', 'S', '--name', 'S')
    expect([at, (await put(...store)).code]).toEqual([at, 1])
    await server.done
    // What has its name and no row is taken for lost only after a while.
    for (const each of onDisk()) utimesSync(each, 0, 0)
    const again = await serve()
    expect(JSON.parse((await command('files', 'list', '--study', 'S', '--json')).out)).toEqual([])
    expect(onDisk().filter((each) => each.includes('incoming'))).toEqual([])
    again.child.kill('SIGTERM')
    await again.done
  }
  const server = await serve()
  const stored = JSON.parse((await put(...vouched)).out) as { id: string; bytes: number }
  const back = path.join(folder, 'back.csv')
  expect((await command('files', 'get', stored.id, '--study', 'S', '--out', back)).code).toBe(0)
  expect(readFileSync(back).equals(readFileSync(file))).toBe(true)
  server.child.kill('SIGTERM')
  await server.done
})
