import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageRoot } from '../storage/index.js'
import { preparedDataDir } from '../storage/test/database.js'

// The built program as a user runs it, in processes of its own.
const program = path.join(packageRoot, 'bin/aquifer.mjs')
interface Ended {
  code: number | null
  out: string
  err: string
}
function start(args: string[], env: Record<string, string> = {}) {
  const { AQUIFER_DATA: _data, AQUIFER_URL: _url, AQUIFER_TOKEN: _token, ...inherited } = process.env
  const child = spawn(process.execPath, [program, ...args], { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended: Ended = { code: null, out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.err += text))
  const done = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ ...ended, code })))
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const url = /^ready (http:\S+)$/m.exec(ended.out)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('close', (code) => reject(new Error(`ended with ${code}: ${ended.err}`)))
  })
  ready.catch(() => undefined)
  return { child, done, ready }
}
const run = (args: string[], env?: Record<string, string>): Promise<Ended> => start(args, env).done

let dataDir: string
let server: ReturnType<typeof start>
beforeAll(async () => {
  dataDir = await preparedDataDir()
  server = start(['serve', '--data', dataDir, '--port', '0', '--roles', 'api'])
  await server.ready
})
afterAll(async () => {
  server.child.kill('SIGKILL')
  await server.done
  rmSync(dataDir, { recursive: true, force: true })
})

test('a taken port and a folder in use are told with the remedy', async () => {
  const taken = net.createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()))
  const { port } = taken.address() as net.AddressInfo
  const other = mkdtempSync(path.join(tmpdir(), 'aquifer-serve-'))
  const [onPort, onFolder] = await Promise.all([
    run(['serve', '--data', other, '--port', String(port), '--roles', 'api']),
    run(['serve', '--data', dataDir, '--port', '0']),
  ])
  taken.close()
  rmSync(other, { recursive: true, force: true })
  expect([onPort.code, onPort.out, onPort.err]).toEqual([
    1,
    '',
    `aquifer: Port ${port} on 127.0.0.1 is taken: choose another by --port, or --port 0 for a free one.\n`,
  ])
  expect([onFolder.code, onFolder.err.includes('in use by another server')]).toEqual([1, true])
})
test('a wrong setting stops the start with one line, and wrong words are wrong usage', async () => {
  const wrong = await run(['serve', '--port', '0'], { AQUIFER_PROT: '1' })
  expect([wrong.code, wrong.out, wrong.err]).toEqual([
    1,
    '',
    'aquifer: AQUIFER_PROT is not a setting of Aquifer; did you mean AQUIFER_PORT?\n',
  ])
  expect((await run(['serve', '--nonsense'])).code).toBe(2)
  expect((await run(['nonsense'])).code).toBe(2)
  const help = await run(['serve', '--help'])
  expect([help.code, help.out.includes('AQUIFER_MASTER_KEY_FILE')]).toEqual([0, true])
})
test('on the server’s machine, commands find it by its folder and mint what each step needs', async () => {
  const env = { AQUIFER_DATA: dataDir }
  const made = await run(
    ['study', 'create', 'CLI', '--name', 'From the shell', '--site', 'A', '--site', 'B', '--consents', 'share-data,cloud', '--json'],
    env,
  )
  expect([made.code, JSON.parse(made.out)]).toMatchObject([0, { id: 'CLI', sites: ['A', 'B'], required: ['share-data', 'cloud'] }])
  expect((await run(['study', 'create', 'CLI', '--name', 'Again'], env)).code).toBe(1)
  const listed = await run(['study', 'list'], env)
  expect(listed.out).toContain('From the shell')
  const token = await run(['token', '--role', 'integrator', '--study', 'cli', '--ttl', '5m'], env)
  const url = await server.ready
  const read = await fetch(`${url}/fhir-server/api/v1/Group/CLI`, { headers: { authorization: `Bearer ${token.out.trim()}` } })
  expect([read.status, ((await read.json()) as { name: string }).name]).toEqual([200, 'From the shell'])
  expect((await run(['token', '--role', 'integrator', '--study', 'NONE'], env)).code).toBe(1)
  expect((await run(['token', '--role', 'cook'], env)).code).toBe(2)
})
test.each([
  [['--kind', 'regulated', '--enrolment', 'open']],
  [['--partition', 'day']],
  [['--masking', 'expert', '--publish', 'continuous']],
  [['--kind', 'hobby']],
])('contradicting options of study create are wrong usage: %j', async (options) => {
  expect((await run(['study', 'create', 'X', '--name', 'X', ...options], { AQUIFER_URL: 'http://127.0.0.1:1' })).code).toBe(2)
})
test('a command without a server says how to get one', async () => {
  const lost = await run(['study', 'list'], { AQUIFER_URL: 'http://127.0.0.1:1', AQUIFER_TOKEN: 'x' })
  expect([lost.code, lost.err]).toEqual([
    1,
    'aquifer: No server answers at http://127.0.0.1:1. Start one with `aquifer serve`, or name another by --url or AQUIFER_URL.\n',
  ])
})
test('keys are for their owner only; the first start tells one code, and SIGTERM ends the server without a word', async () => {
  for (const file of ['', 'token-signing.json', 'local-admin.secret', 'sign-in-cookies.secret', 'first-administrator.code'])
    expect(statSync(path.join(dataDir, 'keys', file)).mode & 0o077).toBe(0)
  server.child.kill('SIGTERM')
  const ended = await server.done
  expect([ended.code, ended.out.trim().split('\n').length]).toEqual([0, 1])
  expect(ended.err).toMatch(/^no administrator yet: aquifer user first-administrator NAME --code [0-9A-Z-]{29}\n$/)
})
