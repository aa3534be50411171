import { openDuckDb, type DuckDb } from '../storage/index.js'
import type { DuckDBConnection } from '@duckdb/node-api'
import { runDelta } from './delta.js'
import type { Job, WriterAnswer, WriterRequest, WriterStart } from './jobs.js'
import { runCompact, runDisplays, runPartitions, runPublishTable, runPublishType } from './upkeep-jobs.js'

// The writer's process: the engine's crashes, memory and threads stay out of the server's. Ends with its parent.

let engine: Promise<{ database: DuckDb; lanes: Record<WriterRequest['lane'], DuckDBConnection> }> | null = null

async function open({ start }: WriterStart): Promise<{ database: DuckDb; lanes: Record<WriterRequest['lane'], DuckDBConnection> }> {
  const { threads, memoryLimitMb, tempFolder } = start
  const settings = { preserve_insertion_order: 'true', enable_object_cache: 'false' }
  const database = await openDuckDb({ threads, memoryLimitMb, tempFolder, settings })
  return { database, lanes: { delta: database.connection, upkeep: await database.instance.connect() } }
}

function run(connection: DuckDBConnection, job: Job): Promise<unknown> {
  switch (job.kind) {
    case 'delta':
      return runDelta(connection, job)
    case 'compact':
      return runCompact(connection, job)
    case 'displays':
      return runDisplays(connection, job)
    case 'partitions':
      return runPartitions(connection, job)
    case 'publish-type':
      return runPublishType(connection, job)
    case 'publish-table':
      return runPublishTable(connection, job)
  }
}

// One job of a lane after the other: a job's temporary table must not be another's.
const turns: Record<WriterRequest['lane'], Promise<unknown>> = { delta: Promise.resolve(), upkeep: Promise.resolve() }

const answer = (message: WriterAnswer): void => void process.send?.(message)

process.on('message', (message: WriterStart | WriterRequest) => {
  if ('start' in message) {
    engine = open(message)
    return
  }
  turns[message.lane] = turns[message.lane].then(() => serve(message))
})
// A statement may still run in the engine's threads: nothing waits for it.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))

async function serve({ id, lane, job }: WriterRequest): Promise<void> {
  try {
    const { lanes } = await engine!
    answer({ id, result: await run(lanes[lane], job) })
  } catch (error) {
    // The engine's messages can quote a value; only its class of error leaves this process.
    answer({ id, error: errorClass(error) })
  }
}

function errorClass(error: unknown): string {
  const text = error instanceof Error ? error.message : ''
  return /^([A-Z][A-Za-z ]{2,40} Error)\b/.exec(text)?.[1] ?? (error as NodeJS.ErrnoException).code ?? 'engine error'
}
