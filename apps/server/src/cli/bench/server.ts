import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { readEnvironment } from '../../config/index.js'
import { askRunningPostgres, packageRoot } from '../../storage/index.js'
import { openClient, type Client } from '../client.js'
import { CommandFailed } from '../failure.js'
import { usageOf, watchMemory, type MemoryPeak, type Usage } from './processes.js'

export interface ServerFlags {
  roles?: string
  workers?: string
  folder?: string
  profile?: string
}

/** A server in a process of its own, in a folder of its own, that takes nothing from the settings around it. */
export interface BenchServer {
  client: Client
  readyMs: number
  dataDir: string
  database(): Promise<Record<string, unknown>>
  usage(): Promise<Usage | null>
  watchMemory(): { end(): MemoryPeak }
}

const stops = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export async function onServer<T>(flags: ServerFlags, work: (server: BenchServer) => Promise<T>): Promise<T> {
  const dataDir = flags.folder ?? (await mkdtemp(path.join(os.tmpdir(), 'aquifer-bench-')))
  const child = startServer(flags, dataDir)
  // Told to stop, the measurement fails as its server goes away, and tidies up.
  const stop = (): void => void child.kill('SIGTERM')
  for (const signal of stops) process.once(signal, stop)
  try {
    const started = performance.now()
    await ready(child)
    const readyMs = Math.round(performance.now() - started)
    const postgres = await askRunningPostgres(dataDir)
    const [pid, databasePid] = [child.pid ?? 0, postgres?.pid ?? null]
    return await work({
      client: await openClient({ dataDir }),
      readyMs,
      dataDir,
      async database() {
        const told = await askRunningPostgres(dataDir)
        return { ...told?.settings, sizeMB: Math.round((told?.databaseBytes ?? 0) / 1024 ** 2) }
      },
      usage: () => usageOf(pid, databasePid),
      watchMemory: () => watchMemory(pid, databasePid),
    })
  } finally {
    for (const signal of stops) process.off(signal, stop)
    await stopped(child)
    if (flags.folder === undefined) await rm(dataDir, { recursive: true, force: true })
  }
}

function startServer({ roles, workers, profile }: ServerFlags, dataDir: string): ChildProcess {
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profile)}`]
  const said = Object.entries({ '--roles': roles, '--workers': workers }).flatMap(([name, value]) =>
    value === undefined ? [] : [name, value],
  )
  const words = ['serve', '--data', dataDir, '--port', '0', ...said]
  // Settings of the caller would lead to his database and his folders.
  const around = Object.entries(readEnvironment()).filter(([name]) => !name.startsWith('AQUIFER_') && name !== 'DATABASE_URL')
  return spawn(process.execPath, [...profiling, path.join(packageRoot, 'bin/aquifer.mjs'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // A signal to the group, as a terminal sends, would reach it twice, and a server that is asked twice does not drain.
    detached: true,
    env: Object.fromEntries(around),
  })
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let out = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (/^ready http/m.test(out)) resolve()
    })
    child.once('exit', () => reject(new CommandFailed('The server to be measured ended before it was ready.')))
  })
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  if (!child.killed) child.kill('SIGTERM')
  await new Promise((resolve) => child.once('exit', resolve))
}
