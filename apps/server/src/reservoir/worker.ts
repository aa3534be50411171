import { constants, setPriority } from 'node:os'
import { openDuckDb } from '../storage/index.js'
import type { DuckDBConnection } from '@duckdb/node-api'
import { runDelta } from './delta.js'
import { runCompare } from './compare-job.js'
import type { Job, WriterAnswer, WriterRequest, WriterStart } from './jobs.js'
import {
  runCompact,
  runDisplays,
  runDisplaysStillIn,
  runList,
  runPartitions,
  runPerson,
  runPublishTable,
  runPublishType,
} from './upkeep-jobs.js'

// A writer's process: the engine's crashes, memory and threads stay out of the server's. Ends with its parent.

type Engine = Awaited<ReturnType<typeof openDuckDb>>

let engine: Promise<Engine> | null = null
// One job after the other: a job's temporary table must not be another's.
let turn: Promise<unknown> = Promise.resolve()

function open({ start }: WriterStart): Promise<Engine> {
  const { threads, memoryLimitMb, tempFolder, nice } = start
  // Before the engine starts its threads, which take it over.
  if (nice) setPriority(constants.priority.PRIORITY_LOW)
  return openDuckDb({ threads, memoryLimitMb, tempFolder, settings: { enable_object_cache: 'false' } })
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
    case 'publish-type':
      return runPublishType(connection, job)
    case 'publish-table':
      return runPublishTable(connection, job)
  }
}

const answer = (message: WriterAnswer): void => void process.send?.(message)

process.on('message', (message: WriterStart | WriterRequest) => {
  if ('start' in message) engine = open(message)
  else turn = turn.then(() => serve(message))
})
// A statement may still run in the engine's threads: nothing waits for it.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))

async function serve({ id, job }: WriterRequest): Promise<void> {
  try {
    answer({ id, result: await run((await engine!).connection, job) })
  } catch (error) {
    // The engine's messages can quote a value; only its class of error leaves this process.
    answer({ id, error: errorClass(error) })
  }
}

function errorClass(error: unknown): string {
  const text = error instanceof Error ? error.message : ''
  return /^([A-Z][A-Za-z ]{2,40} Error)\b/.exec(text)?.[1] ?? (error as NodeJS.ErrnoException).code ?? 'engine error'
}
