import { constants, setPriority } from 'node:os'
import { openDuckDb } from '../storage/index.js'
import type { DuckDBConnection } from '@duckdb/node-api'
import { runDelta } from './delta.js'
import { runCompare } from './compare-job.js'
import type { Job, WriterAnswer, WriterRequest, WriterStart } from './jobs.js'
import {
  fingerprints,
  runLeaveOut,
  runPartitions,
  runPersonPartitions,
  runPublishTable,
  runPublishType,
  runStretches,
} from './publish-jobs.js'
import { runCompact, runDisplays, runDisplaysStillIn, runList, runPerson } from './upkeep-jobs.js'

// A writer's process: the engine's crashes, memory and threads stay out of the server's. Ends with its parent.

const waiting: WriterRequest[] = []
const idle: DuckDBConnection[] = []

async function open({ start }: WriterStart): Promise<void> {
  const { threads, lanes, memoryLimitMb, tempFolder, nice } = start
  // Before the engine starts its threads, which take it over.
  if (nice) setPriority(constants.priority.PRIORITY_LOW)
  const { instance, connection } = await openDuckDb({ threads, memoryLimitMb, tempFolder, settings: { enable_object_cache: 'false' } })
  idle.push(connection)
  while (idle.length < lanes) idle.push(await instance.connect())
  serveNext()
}

function run(connection: DuckDBConnection, job: Job): Promise<unknown> {
  switch (job.kind) {
    case 'delta':
      return runDelta(connection, job)
    case 'compact':
      return runCompact(connection, job)
    case 'person':
      return runPerson(connection, job)
    case 'compare':
      return runCompare(connection, job)
    case 'displays':
      return runDisplays(connection, job)
    case 'displays-still-in':
      return runDisplaysStillIn(connection, job)
    case 'list':
      return runList(connection, job)
    case 'partitions':
      return runPartitions(connection, job)
    case 'prints':
      return fingerprints(connection, job.rows)
    case 'person-partitions':
      return runPersonPartitions(connection, job)
    case 'leave-out':
      return runLeaveOut(connection, job)
    case 'stretches':
      return runStretches(connection, job)
    case 'publish-type':
      return runPublishType(connection, job)
    case 'publish-table':
      return runPublishTable(connection, job)
  }
}

const answer = (message: WriterAnswer): void => void process.send?.(message)

process.on('message', (message: WriterStart | WriterRequest) => {
  if ('start' in message) void open(message)
  else {
    waiting.push(message)
    serveNext()
  }
})
// A statement may still run in the engine's threads: nothing waits for it.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))

function serveNext(): void {
  const connection = waiting.length > 0 ? idle.pop() : undefined
  if (connection !== undefined) void serve(connection, waiting.shift()!)
}

async function serve(connection: DuckDBConnection, { id, job }: WriterRequest): Promise<void> {
  try {
    answer({ id, result: await run(connection, job) })
  } catch (error) {
    // The engine's messages can quote a value; only its class of error leaves this process.
    answer({ id, error: errorClass(error) })
  }
  idle.push(connection)
  serveNext()
}

function errorClass(error: unknown): string {
  const text = error instanceof Error ? error.message : ''
  if (/No space left on device|Could not write all bytes/.test(text)) return 'no room on the disk'
  return /^([A-Z][A-Za-z ]{2,40} Error)\b/.exec(text)?.[1] ?? (error as NodeJS.ErrnoException).code ?? 'engine error'
}
