import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { bytesOff, bytesOn, type CarriedBytes, type FhirRequest, type Scope, type Threads } from '../fhir/index.js'
import type { Line } from './lines.js'
import { documentOf, prepareLine, type Prepared, type Unfit } from './prepare.js'

export interface Preparing {
  scope: Scope
  request: Pick<FhirRequest, 'asked' | 'grant' | 'strict'>
  mayWriteAll: boolean
}
/** Lines for a thread; what is decided by is sent along as it was when the import began. */
export interface LinesJob extends Preparing {
  kind: 'lines'
  lines: Line[]
}
type Ready = Prepared | Unfit
interface ReadyLines extends CarriedBytes {
  ready: Ready[]
}

const linesAtOnce = 100
// Some 250 resources. What is read ahead is held in memory.
const charactersAtOnce = 256 * 1024
const jobsPerThread = 2

const prepare = async (line: Line, { scope, request, mayWriteAll }: Preparing): Promise<Ready> =>
  prepareLine(await documentOf(line), line.number, scope, request, { mayWriteAll })
const itemsOf = (ready: readonly Ready[]) => ready.flatMap((unit) => ('refusal' in unit ? [] : unit.items))

/** What a thread does of an import. */
export async function prepareLines(job: LinesJob): Promise<ReadyLines> {
  const ready = await prepareAll(job)
  return { ...bytesOff(itemsOf(ready)), ready }
}

async function prepareAll({ lines, ...how }: LinesJob): Promise<Ready[]> {
  const ready: Ready[] = []
  for (const line of lines) ready.push(await prepare(line, how))
  return ready
}

/** Each line prepared, in their order: one after the other here, or ahead in threads. A refusal ends them. */
export async function* preparedLines(
  threads: Threads | null,
  lines: AsyncIterable<Line | Refusal>,
  how: Preparing,
): AsyncGenerator<Ready | { ended: Refusal }> {
  if (threads === null) {
    for await (const line of lines) yield isRefusal(line) ? { ended: line } : await prepare(line, how)
    return
  }
  const ahead: Promise<Ready[]>[] = []
  let gathered: Line[] = []
  let characters = 0
  const send = (): void => {
    if (gathered.length > 0) ahead.push(byThread(threads, { kind: 'lines', ...how, lines: gathered }))
    gathered = []
    characters = 0
  }
  for await (const line of lines) {
    if (isRefusal(line)) {
      send()
      for (const ready of ahead) yield* await ready
      yield { ended: line }
      return
    }
    gathered.push(line)
    characters += line.text.length
    if (gathered.length < linesAtOnce && characters < charactersAtOnce) continue
    send()
    if (ahead.length >= jobsPerThread * threads.count) yield* (await ahead.shift()) ?? []
  }
  send()
  for (const ready of ahead) yield* await ready
}

function byThread(threads: Threads, job: LinesJob): Promise<Ready[]> {
  const done = askThread(threads, job)
  // Whoever breaks off waits for it no longer.
  done.catch(() => undefined)
  return done
}

async function askThread(threads: Threads, job: LinesJob): Promise<Ready[]> {
  const seat = threads.seat()
  const answer = await seat.ask<ReadyLines>(job)
  seat.leave()
  if (answer === null) return prepareAll(job)
  bytesOn(itemsOf(answer.ready), answer)
  return answer.ready
}
