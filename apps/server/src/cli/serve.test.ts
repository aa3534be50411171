import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newAuthority } from '../http/test/certificates.js'
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
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AQUIFER_')))
  const child = spawn(process.execPath, [program, ...args], { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended: Ended = { code: null, out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.err += text))
  const done = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ ...ended, code })))
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const url = /^ready (https?:\S+)$/m.exec(ended.out)?.[1]
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

// Each starts several processes, which takes seconds.
const isLong = process.env['AQUIFER_TEST_LONG'] === '1'

test('a client’s wrong words end in one line: a folder instead of a file, an address that is none', async () => {
  const env = { AQUIFER_DATA: dataDir }
  const [folder, address] = await Promise.all([
    run(['import', tmpdir(), '--study', 'ANY'], env),
    run(['study', 'list', '--url', 'somewhere'], env),
  ])
  expect([folder.code, folder.err]).toEqual([1, `aquifer: ${tmpdir()} is a folder: name the files in it.\n`])
  expect([address.code, /^aquifer: somewhere is no address of a server: .*\n$/.test(address.err)]).toEqual([2, true])
})
test('by HTTPS the server says so, and commands on its machine know it by the certificate in its folder alone', async () => {
  const folder = await preparedDataDir()
  const { cert, key } = await (await newAuthority('Nobody')).issue({ subject: 'CN=aquifer.example.org' })
  const [certFile, keyFile] = [path.join(folder, 'server.crt'), path.join(folder, 'server.key')]
  writeFileSync(certFile, cert)
  writeFileSync(keyFile, key, { mode: 0o600 })
  const tls = start(['serve', '--data', folder, '--port', '0', '--roles', 'api'], {
    AQUIFER_TLS_CERT_FILE: certFile,
    AQUIFER_TLS_KEY_FILE: keyFile,
  })
  try {
    const url = await tls.ready
    const [known, stranger] = await Promise.all([
      run(['study', 'list', '--json'], { AQUIFER_DATA: folder }),
      run(['study', 'list', '--url', url.replace('127.0.0.1', 'localhost')], { AQUIFER_DATA: folder }),
    ])
    expect([url.slice(0, 8), known.code, known.err]).toEqual(['https://', 0, ''])
    expect([stranger.code, stranger.err]).toEqual([1, expect.stringContaining('UNABLE_TO_VERIFY_LEAF_SIGNATURE') as string])
  } finally {
    tls.child.kill('SIGKILL')
    await tls.done
    rmSync(folder, { recursive: true, force: true })
  }
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
test.runIf(isLong)('a wrong setting stops the start with one line, and wrong words are wrong usage', async () => {
  const wrong = await run(['serve', '--port', '0'], { AQUIFER_PROT: '1' })
  expect([wrong.code, wrong.out, wrong.err]).toEqual([
    1,
    '',
    'aquifer: AQUIFER_PROT is not a setting of Aquifer; did you mean AQUIFER_PORT?\n',
  ])
  const flag = await run(['serve', '--port', '99999', '--roles', 'cook'])
  expect([flag.code, flag.err]).toEqual([2, expect.stringMatching(/^aquifer: --port must be .*; --roles: choose from .*\n$/)])
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
test.runIf(isLong)('relationships are added, listed and ended from a terminal, and role policies are checked there', async () => {
  const env = { AQUIFER_DATA: dataDir }
  const holder = ['--holder', 'Practitioner/p1', '--study', 'CLI', '--site', 'A']
  expect((await run(['access', 'add', 'practitioner-site', ...holder], env)).code).toBe(2)
  const added = await run(['access', 'add', 'practitioner-site', ...holder, '--reason', 'duty roster', '--json'], env)
  const { id } = JSON.parse(added.out) as { id: string }
  expect((await run(['access', 'end', id, '--reason', 'left'], env)).out).toContain(' ended ')
  const listed = await run(['access', 'list', '--study', 'CLI'], env)
  expect(listed.out).toMatch(new RegExp(`^${id} .*Practitioner/p1 → Organization/A {2}CLI site A.* ended `))
  const nobody = await run(['access', 'why', '--user', 'nobody', '--resource', 'Patient', '--study', 'CLI'], env)
  expect([nobody.code, nobody.err]).toEqual([1, 'aquifer: There is no such user.\n'])
  const file = path.join(dataDir, 'roles.json')
  const { out } = await run(['access', 'policy', 'show'])
  writeFileSync(file, out)
  expect((await run(['access', 'policy', 'check', file])).code).toBe(0)
  writeFileSync(file, out.replace('"audit.read"', '"audit.burn"'))
  const wrong = await run(['access', 'policy', 'check', file])
  expect([wrong.code, /roles\.json:\d+: error: .*audit\.burn/.test(wrong.out)]).toEqual([1, true])
  expect((await run(['access', 'policy', 'diff', file])).out).toContain('- auditor rights audit.read')
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
  // All that it ever said beside its address is how the first administrator comes in.
  expect(ended.err).toMatch(/^no administrator yet: aquifer user first-administrator NAME --code [0-9A-Z-]{29}\n$/)
})

test.runIf(isLong)('what keeps a server from starting is told in one line with the remedy, never a trace', async () => {
  const other = mkdtempSync(path.join(tmpdir(), 'aquifer-serve-'))
  const file = path.join(other, 'file')
  writeFileSync(file, '')
  const ended = await Promise.all([
    run(['serve', '--data', file, '--port', '0']),
    run(['serve', '--data', path.join(other, 'a'), '--port', '0'], { DATABASE_URL: 'postgresql://u:hidden@127.0.0.1:1/x' }),
    run(['serve', '--data', '/proc/aquifer', '--port', '0']),
    run(['serve', '--data', path.join(other, 'b'), '--port', '0'], { AQUIFER_MASTER_KEY_FILE: path.join(other, 'none') }),
  ])
  rmSync(other, { recursive: true, force: true })
  expect(ended.map(({ code, out }) => [code, out])).toEqual([1, 1, 1, 1].map((code) => [code, '']))
  expect(ended.map(({ err }) => err)).toEqual([
    `aquifer: ${file} cannot be the data folder (EEXIST): choose another by --data or AQUIFER_DATA.\n`,
    'aquifer: DATABASE_URL: the database cannot be reached (ECONNREFUSED).\n',
    expect.stringMatching(/^aquifer: \/proc\/aquifer cannot be the data folder \([A-Z]+\): choose another by --data or AQUIFER_DATA\.\n$/),
    `aquifer: The master key file ${path.join(other, 'none')} does not exist.\n`,
  ])
})
test('a reader that has had enough ends a command quietly', async () => {
  const help = start(['serve', '--help'])
  help.child.stdout.destroy()
  const { code, err } = await help.done
  expect([code, err]).toEqual([0, ''])
})
