import { Socket } from 'node:net'
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { complete } from './engine-complete.js'
import { keepStatement } from './engine-keep.js'
import { writeRows } from './engine-files.js'
import { EngineInstances, leftOutOf, type Locked } from './engine-instances.js'
import { streamStatement, type EngineDone, type EngineEvents, type EngineRun } from './engine-statement.js'
import { readFrames, writeFrame, type Frame } from './frames.js'
import { engineMemoryMb } from './limits.js'

// The query engine's process. It knows the files it is told and nothing else of the platform; its environment is empty, and where the
// system allows it, so is its view of disk and network. Its one pipe is descriptor 3.

const pipe = new Socket({ fd: 3, readable: true, writable: true })
const instances = new EngineInstances()
const running = new Map<number, { connection: DuckDBConnection | null; cancelled: boolean }>()
const requestBytesMax = 64 * 1024 * 1024

const send = (header: Record<string, unknown>, body?: Uint8Array): void => void writeFrame(pipe, header, body)
const drained = (): Promise<void> =>
  pipe.writableNeedDrain ? new Promise((resolve) => pipe.once('drain', () => resolve())) : Promise.resolve()

let parser: Promise<DuckDBConnection> | null = null
function openParser(): Promise<DuckDBConnection> {
  parser ??= DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: '256MB',
    enable_external_access: 'false',
    lock_configuration: 'true',
  }).then((instance) => instance.connect())
  return parser
}

async function parse(id: number, sql: string): Promise<void> {
  const connection = await openParser()
  const reader = await connection.runAndReadAll('SELECT CAST(json_serialize_sql(CAST($1 AS VARCHAR)) AS VARCHAR)', [sql])
  send({ id, is: 'parsed' }, Buffer.from(String(reader.getRows()[0]?.[0] ?? '{}')))
}

async function suggest(id: number, { sql, tables }: { sql: string; tables: string[] }): Promise<void> {
  send({ id, is: 'completed' }, Buffer.from(JSON.stringify(await complete(sql, tables))))
}

/** A tree as the text that the engine reads it from. */
async function render(id: number, tree: string): Promise<void> {
  const connection = await openParser()
  const reader = await connection.runAndReadAll('SELECT json_deserialize_sql(CAST($1 AS JSON))', [tree])
  send({ id, is: 'rendered' }, Buffer.from(String(reader.getRows()[0]?.[0] ?? '')))
}

async function run(id: number, request: EngineRun): Promise<void> {
  const state = { connection: null as DuckDBConnection | null, cancelled: false }
  running.set(id, state)
  const events: EngineEvents = {
    columns: (columns) => send({ id, is: 'columns', columns }),
    data: (bytes) => send({ id, is: 'data' }, bytes),
    drained,
  }
  const locked = await instances.take(request)
  const { connection } = locked
  const progress = setInterval(() => {
    const { percentage } = connection.progress
    if (percentage >= 0) send({ id, is: 'progress', progress: Math.min(1, percentage / 100) })
  }, 250)
  try {
    state.connection = connection
    if (state.cancelled) throw new Error('{"exception_type":"Interrupt"}')
    const done = { ...(await carriedOut(locked, request, events)), ...(await leftOutOf(locked)) }
    if (state.cancelled) throw new Error('{"exception_type":"Interrupt"}')
    state.connection = null
    await locked.giveBack()
    send({ id, is: 'done', ...done })
  } finally {
    clearInterval(progress)
    state.connection = null
    locked.end()
  }
}

const carriedOut = (of: Locked, request: EngineRun, events: EngineEvents): Promise<EngineDone> =>
  request.file
    ? writeRows(of.connection, request.file)
    : request.kept?.mode === 'write'
      ? keepStatement(of, request, request.kept.path, events)
      : streamStatement(of, request, events)

function cancel(id: number): void {
  const state = running.get(id)
  if (!state) return
  state.cancelled = true
  state.connection?.interrupt()
}

/** What this process can see, for the doctor and for tests. */
function look(id: number, paths: string[]): void {
  const list = (path: string): string[] => {
    try {
      return readdirSync(path)
    } catch {
      return []
    }
  }
  const writable = (path: string): boolean => {
    try {
      accessSync(path, constants.W_OK)
      return true
    } catch {
      return false
    }
  }
  const seen = paths.map((path) => ({ path, exists: existsSync(path), entries: list(path), writable: writable(path) }))
  send({ id, is: 'looked', pid: process.pid, environment: Object.keys(process.env), seen })
}

async function handle({ header, body }: Frame): Promise<void> {
  const id = Number(header['id'])
  try {
    if (header['do'] === 'parse') await parse(id, body.toString())
    else if (header['do'] === 'complete') await suggest(id, JSON.parse(body.toString()) as { sql: string; tables: string[] })
    else if (header['do'] === 'render') await render(id, body.toString())
    else if (header['do'] === 'run') await run(id, JSON.parse(body.toString()) as EngineRun)
    else if (header['do'] === 'cancel') cancel(id)
    else if (header['do'] === 'look') look(id, header['paths'] as string[])
  } catch (error) {
    send({ id, is: 'failed', error: error instanceof Error ? error.message : 'unknown' })
  } finally {
    if (header['do'] === 'run') running.delete(id)
  }
}

// Not every function asks the engine's books before it takes memory. The server ends the process then: while the engine works, it
// cannot end itself, and as the first process of its namespace it is deaf to its own signals.
setInterval(() => {
  if (process.resourceUsage().maxRSS > engineMemoryMb * 1024) send({ id: 0, is: 'overfull' })
}, 100).unref()

// An orderly exit waits for what the engine is at, and nobody is left who could end it. The first process of a namespace is deaf to its
// own SIGKILL; abort() ends it all the same.
function end(): void {
  process.kill(process.pid, 'SIGKILL')
  process.abort()
}
pipe.on('close', end)
pipe.on('error', end)
readFrames(pipe, requestBytesMax, (frame) => void handle(frame), end)
send({ id: 0, is: 'ready' })
