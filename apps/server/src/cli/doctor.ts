import { constants } from 'node:fs'
import { access, readdir, readFile, stat, statfs } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import { readConfig, readEnvironment, type Config } from '../config/index.js'
import { isolation } from '../query/index.js'
import { CannotStart, findBinaries, openS3Store, s3Url } from '../storage/index.js'
import { addressFile, openClient } from './client.js'

type State = 'ok' | 'reduced' | 'failed'
interface Finding {
  check: string
  state: State
  found: string
  remedy?: string
}

const GB = 1024 ** 3
const diskFreeBytesMin = GB / 2
const diskFreeBytesGood = 5 * GB
const memoryBytesGood = 2 * GB
// The first release: a clock before it is wrong.
const clockEarliest = Date.UTC(2026, 10, 1)

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check machine, configuration, isolation, clock, disk and keys')
    .option('--data <dir>', 'data folder')
    .option('--json', 'findings as JSON')
    .action(async (flags: { data?: string; json?: boolean }) => {
      const findings = await examine(flags.data)
      process.stdout.write(flags.json === true ? `${JSON.stringify(findings)}\n` : findings.map(line).join(''))
      if (findings.some((finding) => finding.state === 'failed')) process.exitCode = 1
    })
}

const line = ({ check, state, found, remedy }: Finding): string =>
  `${state.padEnd(8)}${check.padEnd(15)}${found}${remedy === undefined ? '' : `\n${' '.repeat(23)}→ ${remedy}`}\n`

async function examine(data: string | undefined): Promise<Finding[]> {
  const config = readConfig(readEnvironment(), data === undefined ? {} : { data })
  if ('faults' in config) {
    const faults = config.faults.map((fault): Finding => ({
      check: 'configuration',
      state: 'failed',
      found: fault,
      remedy: 'See `aquifer serve --help`.',
    }))
    return [node(), ...faults]
  }
  return [
    node(),
    { check: 'configuration', state: 'ok', found: `data folder ${config.dataDir}` },
    await folder(config.dataDir),
    await keys(config),
    await database(config),
    ...(config.bucket === null ? [] : [await bucket(config.bucket)]),
    queryIsolation(),
    clock(),
    ...(await disks(config)),
    memory(),
    ...(await server(config.dataDir)),
  ]
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isGood = major > 20 || (major === 20 && minor >= 19)
  const found = `Node ${process.version} on ${process.platform}-${process.arch}, ${os.availableParallelism()} cores`
  return { check: 'machine', state: isGood ? 'ok' : 'failed', found, ...(isGood ? {} : { remedy: 'Install Node 20.19, 22 or 24.' }) }
}

async function folder(dataDir: string): Promise<Finding> {
  const existing = await nearest(dataDir)
  try {
    await access(existing, constants.W_OK)
    return { check: 'data folder', state: 'ok', found: existing === dataDir ? 'there and writable' : 'not there yet; can be made' }
  } catch {
    return {
      check: 'data folder',
      state: 'failed',
      found: `${existing} is not writable`,
      remedy: 'Give the folder to this user, or choose another by --data.',
    }
  }
}

async function nearest(dir: string): Promise<string> {
  try {
    await stat(dir)
    return dir
  } catch {
    const parent = path.dirname(dir)
    return parent === dir ? dir : nearest(parent)
  }
}

async function keys(config: Config): Promise<Finding> {
  const check = 'keys'
  const dir = path.join(config.dataDir, 'keys')
  const files = await readdir(dir).catch(() => null)
  if (files === null) return { check, state: 'ok', found: 'none yet; made at the first start' }
  const open: string[] = []
  for (const name of ['', ...files])
    if (process.platform !== 'win32' && ((await stat(path.join(dir, name))).mode & 0o077) !== 0) open.push(name === '' ? 'keys/' : name)
  if (open.length === 0) return { check, state: 'ok', found: `${files.length} files, for this user only` }
  return { check, state: 'failed', found: `others may read: ${open.join(', ')}`, remedy: `chmod -R go-rwx ${dir}` }
}

async function database(config: Config): Promise<Finding> {
  const check = 'database'
  if (config.databaseUrl !== null) return { check, state: 'ok', found: 'DATABASE_URL' }
  try {
    const { version } = await findBinaries()
    return { check, state: 'ok', found: `embedded PostgreSQL ${version}` }
  } catch {
    return { check, state: 'failed', found: 'no embedded PostgreSQL for this platform', remedy: 'Run npm install, or set DATABASE_URL.' }
  }
}

async function bucket(place: NonNullable<Config['bucket']>): Promise<Finding> {
  const check = 'store'
  try {
    const { conditional } = await openS3Store(place)
    if (conditional) return { check, state: 'ok', found: `${s3Url(place)} answers, and keeps no old versions` }
    const remedy = 'It takes writes whose condition does not hold: see to it that no two servers ever write to it.'
    return { check, state: 'reduced', found: `${s3Url(place)} answers`, remedy }
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error
    return { check, state: 'failed', found: error.message, remedy: 'See docs/object-storage.md.' }
  }
}

function queryIsolation(): Finding {
  const { mode, reason } = isolation()
  if (mode === 'full') return { check: 'isolation', state: 'ok', found: 'queries run in namespaces of their own' }
  const remedy = 'Statements are still gated and the engine locked. On Linux, allow user namespaces to hold the process in as well.'
  return { check: 'isolation', state: 'reduced', found: reason ?? 'no namespaces here', remedy }
}

function clock(): Finding {
  const now = new Date()
  const isGood = now.getTime() >= clockEarliest
  return {
    check: 'clock',
    state: isGood ? 'ok' : 'failed',
    found: now.toISOString(),
    ...(isGood ? {} : { remedy: 'Set the clock: consent periods are judged by it.' }),
  }
}

/** Of the data folder, and of each store that lies on another disk. */
async function disks({ dataDir, storeDir }: Config): Promise<Finding[]> {
  const found = new Map<number, Finding>()
  for (const folder of [dataDir, ...['lake', 'reservoir'].map((store) => path.join(storeDir, store))]) {
    const place = await nearest(folder)
    const { dev } = await stat(place)
    if (!found.has(dev)) found.set(dev, await disk(place, folder === dataDir ? '' : ` for ${path.basename(folder)}/`))
  }
  return [...found.values()]
}

async function disk(place: string, what: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(place)
  const free = bavail * bsize
  const state: State = free < diskFreeBytesMin ? 'failed' : free < diskFreeBytesGood ? 'reduced' : 'ok'
  return {
    check: 'disk',
    state,
    found: `${(free / GB).toFixed(1)} GB free${what}`,
    ...(state === 'ok' ? {} : { remedy: 'Make room, or choose another folder by --data or AQUIFER_STORE.' }),
  }
}

function memory(): Finding {
  const total = os.totalmem()
  const state: State = total < memoryBytesGood ? 'reduced' : 'ok'
  return {
    check: 'memory',
    state,
    found: `${(total / GB).toFixed(1)} GB`,
    ...(state === 'ok' ? {} : { remedy: '2 GB or more are advised.' }),
  }
}

async function server(dataDir: string): Promise<Finding[]> {
  const check = 'server'
  const none: Finding = { check, state: 'ok', found: 'none running on this data folder' }
  const told = await readFile(path.join(dataDir, addressFile), 'utf8').catch(() => null)
  if (told === null) return [none]
  try {
    const client = await openClient({ dataDir })
    const { status, body } = await client.open({ path: '/health/ready', withinMs: 3000 })
    const { checks = {} } = JSON.parse(body.toString()) as { checks?: Record<string, string> }
    return [
      { check, state: status < 300 ? 'ok' : 'reduced', found: `${client.url} answers ${status}` },
      ...rolePolicy(checks['rolePolicy']),
    ]
  } catch {
    return [none]
  }
}

/** A policy that was signed for an earlier version denies what this one brought. */
function rolePolicy(found: string | undefined): Finding[] {
  const check = 'role policy'
  if (found === undefined) return []
  if (found === 'ok') return [{ check, state: 'ok', found: 'names every right' }]
  const remedy =
    '`aquifer access policy diff` lists them; to give them, two people sign a newer policy (docs/operator.md, After an upgrade).'
  return [{ check, state: 'reduced', found, remedy }]
}
