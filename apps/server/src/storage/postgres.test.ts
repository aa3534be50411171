import { spawn } from 'node:child_process'
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { migrate, openPostgres, packageRoot, PostgresInUse } from './index.js'
import type { Postgres, PostgresOptions } from './index.js'
import { completeBinaries, findBinaries } from './postgres-binaries.js'
import { isRoot } from './postgres-identity.js'
import { preparedDataDir } from './test/database.js'

const folders: string[] = []
const opened: Postgres[] = []
afterEach(async () => {
  for (const postgres of opened.splice(0)) await postgres.stop()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'aquifer-pg-'))
  folders.push(folder)
  return folder
}

async function open(options: PostgresOptions): Promise<Postgres> {
  const postgres = await openPostgres({ sharedBuffersMb: 32, durableInit: false, ...options })
  opened.push(postgres)
  return postgres
}

async function prepared(): Promise<string> {
  const folder = await preparedDataDir()
  folders.push(folder)
  return folder
}

async function oneRow(postgres: Postgres, text: string): Promise<unknown> {
  const pool = postgres.pool('owner', { max: 1 })
  try {
    return (await pool.query(text)).rows[0]
  } finally {
    await pool.end()
  }
}

test('an empty folder becomes a durable, checked, closed database', async () => {
  const postgres = await open({ dataDir: await emptyFolder() })
  expect((await migrate(postgres)).applied).toContain('001-repository.sql')
  expect((await migrate(postgres)).applied).toEqual([])
  const asked = ['fsync', 'synchronous_commit', 'data_checksums', 'listen_addresses', 'log_statement', 'log_parameter_max_length_on_error']
  const values = asked.map((name) => `current_setting('${name}') as ${name}`).join(', ')
  expect(await oneRow(postgres, `select ${values}, datlocale from pg_database where datname = 'aquifer'`)).toEqual({
    fsync: 'on',
    synchronous_commit: 'on',
    data_checksums: 'on',
    listen_addresses: '',
    log_statement: 'none',
    log_parameter_max_length_on_error: '0',
    datlocale: 'C.UTF-8',
  })
})

test('a changed migration is refused, and so is a database of a newer version', async () => {
  const postgres = await open({ dataDir: await emptyFolder() })
  const first = { name: '001-one.sql', sql: 'create table one (n int)', hash: 'a' }
  const broken = { name: '002-two.sql', sql: 'create table two (n int); select nonsense', hash: 'b' }
  await expect(migrate(postgres, [first, broken])).rejects.toThrow('002-two.sql failed')
  expect((await migrate(postgres, [first])).applied).toEqual([])
  await expect(migrate(postgres, [{ ...first, hash: 'c' }])).rejects.toThrow('changed after it was applied')
  await expect(migrate(postgres, [])).rejects.toThrow('newer version')
})

async function uidOf(postgres: Postgres): Promise<number> {
  return Number(/^Uid:\s+(\d+)/m.exec(await readFile(`/proc/${postgres.pid()}/status`, 'utf8'))?.[1])
}

test.runIf(isRoot())(
  'root runs it in a user namespace, or as nobody where that may not enter the data folder, and data stays',
  async () => {
    const dataDir = await prepared()
    for (const postgresMode of ['unshare', 'setuid', 'auto'] as const) {
      const postgres = await open({ dataDir, postgresMode })
      expect([postgres.mode, await uidOf(postgres)]).toEqual(postgresMode === 'setuid' ? ['setuid', 65534] : ['unshare', 0])
      await oneRow(postgres, `insert into person (pid, id) values (nextval('person_pid_seq'), '${postgresMode}')`)
      await postgres.stop()
    }
    const { home } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8')) as { home: string }
    folders.push(home)
    expect(home.startsWith(dataDir)).toBe(false)
    expect((await stat(home)).mode & 0o777).toBe(0o700)
    const postgres = await open({ dataDir, postgresMode: 'setuid' })
    expect(await oneRow(postgres, 'select count(*)::int as n from person')).toEqual({ n: 3 })
    await postgres.stop()
    await rm(home, { recursive: true })
    await expect(open({ dataDir })).rejects.toThrow('is missing')
  },
)

test.runIf(isRoot())('a folder that nobody may enter is used in place', async () => {
  const dataDir = await prepared()
  await chmod(dataDir, 0o711)
  const postgres = await open({ dataDir, postgresMode: 'setuid' })
  expect((await stat(join(dataDir, 'postgres'))).uid).toBe(65534)
  expect(await oneRow(postgres, 'select count(*)::int as n from study')).toEqual({ n: 0 })
})

test.runIf(isRoot() && process.platform === 'linux')('an ordinary user runs it directly', async () => {
  const dataDir = await emptyFolder()
  await chown(dataDir, 12345, 12345)
  const program = `
    import { openPostgres } from ${JSON.stringify(join(packageRoot, 'dist/storage/index.js'))}
    const postgres = await openPostgres({ dataDir: process.argv[1], sharedBuffersMb: 32, durableInit: false })
    console.log(postgres.mode)
    await postgres.stop()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, dataDir], { uid: 12345, gid: 12345, cwd: '/' })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await new Promise((resolve) => child.on('close', resolve))
  expect(output).toBe('direct\n')
})

test('a second server on the same folder is refused by name', async () => {
  const dataDir = await prepared()
  await open({ dataDir })
  await expect(open({ dataDir })).rejects.toThrow(PostgresInUse)
})

test('a path too long for a socket gets a short one', async () => {
  const dataDir = join(await emptyFolder(), 'x'.repeat(60), 'y'.repeat(60))
  await mkdir(dataDir, { recursive: true })
  await cp(join(await prepared(), 'postgres'), join(dataDir, 'postgres'), { recursive: true })
  await (await open({ dataDir })).stop()
  const postgres = await open({ dataDir })
  expect(await oneRow(postgres, 'select 1 as one')).toEqual({ one: 1 })
  const { folder } = JSON.parse(await readFile(join(dataDir, 'postgres', 'run.json'), 'utf8')) as { folder: string }
  folders.push(folder)
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
})

test('on loopback the database asks for its password', async () => {
  const dataDir = await prepared()
  const postgres = await open({ dataDir, transport: 'loopback' })
  expect(await oneRow(postgres, 'select current_user as me')).toEqual({ me: 'aquifer_owner' })
  const { host, port } = postgres.client('app')
  expect([host, port > 1024]).toEqual(['127.0.0.1', true])
  const stranger = new pg.Client({ host, port, user: 'aquifer_app', database: 'aquifer', password: 'guessed' })
  await expect(stranger.connect()).rejects.toThrow('password authentication failed')
})

const ownerProgram = `
  import { openPostgres } from ${JSON.stringify(join(packageRoot, 'dist/storage/index.js'))}
  const postgres = await openPostgres({ dataDir: process.argv[1], sharedBuffersMb: 32 })
  const pool = postgres.pool('app')
  for (let i = 0; ; i += 1) {
    await pool.query("insert into person (pid, id) values (nextval('person_pid_seq'), $1)", ['killed-' + i])
    process.stdout.write(i + '\\n')
  }`

test('after kill -9 of its owner the database is taken over with all that was acknowledged', async () => {
  const dataDir = await prepared()
  let expected = 0
  for (let round = 0; round < 3; round += 1) {
    const owner = spawn(process.execPath, ['--input-type=module', '-e', ownerProgram, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
    let acknowledged = 0
    await new Promise<void>((resolve) => {
      owner.stdout.on('data', (chunk: Buffer) => {
        acknowledged = Number(chunk.toString().trim().split('\n').at(-1)) + 1
        if (acknowledged > 50) resolve()
      })
    })
    owner.kill('SIGKILL')
    await new Promise((resolve) => owner.on('close', resolve))
    expected = acknowledged
    const postgres = await open({ dataDir })
    const found = (await oneRow(postgres, `select count(*)::int as n from person`)) as { n: number }
    // One more may have been committed than was told.
    expect(found.n - expected).toBeGreaterThanOrEqual(0)
    expect(found.n - expected).toBeLessThanOrEqual(1)
    await oneRow(postgres, `delete from person`)
    await postgres.stop()
  }
})

test('after kill -9 of the database itself it is started again, under the pools that are in use', async () => {
  const dataDir = await prepared()
  const postgres = await open({ dataDir })
  const pool = postgres.pool('owner', { max: 2 })
  await pool.query(`insert into person (pid, id) values (1, 'kept')`)
  const killed = postgres.pid()!
  process.kill(killed, 'SIGKILL')
  let found: unknown[] | null = null
  while (found === null || postgres.pid() === killed) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    found = await pool.query(`select id from person`).then(
      (answer) => answer.rows,
      () => null,
    )
  }
  expect(found).toEqual([{ id: 'kept' }])
  await pool.end()
})

test('DATABASE_URL: another PostgreSQL serves with the same roles', async () => {
  const embedded = await open({ dataDir: await prepared(), transport: 'loopback' })
  const { host, port, password } = embedded.client('app')
  const outside = await open({ dataDir: '/nowhere', databaseUrl: `postgres://postgres:${password as string}@${host}:${port}/aquifer` })
  expect([outside.mode, outside.pid()]).toEqual(['external', null])
  const app = outside.pool('app', { max: 1, settings: { statement_timeout: '5s' } })
  expect((await app.query(`select current_user as me, current_setting('statement_timeout') as t`)).rows[0]).toEqual({
    me: 'aquifer_app',
    t: '5s',
  })
  await expect(app.query('delete from version')).rejects.toThrow('permission denied')
  expect((await migrate(outside)).applied).toEqual([])
  await app.end()
})

test('a stale process number of a stranger does not keep the database from starting', async () => {
  const dataDir = await prepared()
  await writeFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), `${process.pid}\n${dataDir}\n0\n5432\n/nowhere\n\n\nready   \n`)
  expect(await oneRow(await open({ dataDir }), 'select 1 as one')).toEqual({ one: 1 })
})

test('a package whose install script was skipped is completed, in place or as a copy', async () => {
  const found = await findBinaries()
  const bare = await emptyFolder()
  await cp(found.root, bare, { recursive: true, filter: (path) => !/\.so(\.\d+)?$/.test(path) || !path.includes('libicu') })
  const complete = await completeBinaries({ ...found, root: bare }, await emptyFolder())
  expect(complete.root).toBe(bare)
  if (process.platform === 'linux') {
    const link = await stat(join(bare, 'native', 'lib', 'libicuuc.so.60'))
    expect(link.size).toBeGreaterThan(1_000_000)
  }
})
