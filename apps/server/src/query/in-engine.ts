import type { ResultColumn } from '@aquifer/core/contract'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { EngineFault, EngineGone, type EngineProcess } from './engine-process.js'
import type { EngineDone, EngineRun } from './engine-statement.js'
import type { Engines, Seat } from './engines.js'
import { cancelled, outOfMemory } from './faults.js'
import { countMs, killAfterMs, statementThreads, type StatementLimits } from './limits.js'

// A seat in a study's engine, and one run in it under limits.

/** Whose work it is, and what is told of it on the way. */
export interface EngineWork {
  study: string
  /** folder of the study's files */
  filesFolder: string
  caller: string
  limits: StatementLimits
  signal: AbortSignal
  onQueue?: (place: () => number | null) => void
  onStart(): void
  onProgress(progress: number): void
}
export interface Ran extends EngineDone {
  columns: ResultColumn[]
}
/** Takes the bytes of an answer. */
export type Take = (bytes: Uint8Array) => void

export async function seated<T>(
  engines: Engines,
  work: EngineWork,
  use: (engine: EngineProcess) => Promise<T | Refusal>,
): Promise<T | Refusal> {
  const ticket = engines.queue(work.study, work.caller)
  if (ticket === null) return refuse('too-many-requests', { detail: 'Too many statements wait for this study.', retryAfterS: 5 })
  work.onQueue?.(() => ticket.place())
  const goAway = (): void => {
    if (ticket.place() !== null) ticket.leave()
  }
  work.signal.addEventListener('abort', goAway, { once: true })
  if (work.signal.aborted) goAway()
  if (!(await ticket.admitted)) return cancelled()
  let seat: Seat | null = null
  try {
    seat = await engines.seat(work.study, work.filesFolder, ticket)
    if (work.signal.aborted) return cancelled()
    work.onStart()
    return await use(seat.engine)
  } catch (error) {
    if (!(error instanceof EngineGone)) throw error
    if (work.signal.aborted) return cancelled()
    if (error.reason === 'memory') return outOfMemory()
    if (seat === null)
      return refuse('not-ready', { detail: 'The query engine did not start: the machine may be too busy.', retryAfterS: 10 })
    const detail = 'The query engine ended while the statement ran, which too large a statement can cause. It is started anew.'
    return refuse('not-ready', { detail, retryAfterS: 1 })
  } finally {
    work.signal.removeEventListener('abort', goAway)
    seat?.leave()
  }
}

type Run = Omit<EngineRun, 'countMs' | 'threads' | 'memoryMb' | 'spillMb' | 'spillFolder'>

/** One run; `faulty` says what the engine's words mean to the caller. */
export async function runIn(
  engine: EngineProcess,
  run: Run,
  work: EngineWork,
  hear: { take: Take; columns?: (columns: ResultColumn[]) => void; faulty: (said: string) => Refusal },
): Promise<Ran | Refusal> {
  let columns: ResultColumn[] = []
  const { memoryMb, spillMb } = work.limits
  const heard = (found: ResultColumn[]): void => {
    columns = found
    hear.columns?.(found)
  }
  const { id, done } = engine.run(
    { ...run, countMs, threads: statementThreads, memoryMb, spillMb, spillFolder: engine.spillFolder },
    { columns: heard, data: hear.take, progress: work.onProgress },
  )
  const stop = stopper(engine, id, work)
  try {
    return { ...(await done), columns }
  } catch (error) {
    if (stop.timedOut()) return timedOut(work.limits)
    if (error instanceof EngineFault) return hear.faulty(error.said)
    throw error
  } finally {
    stop.clear()
  }
}

const timedOut = ({ time }: StatementLimits): Refusal =>
  refuse('statement-limit', {
    detail: `The statement was stopped after ${time / 1000} seconds, the most one may take.`,
    suggestion: 'Filter earlier, or aggregate before joining.',
  })

/** Interrupts on the caller's word or when time is up, and kills the process if the statement does not stop at once. */
function stopper(engine: EngineProcess, id: number, { signal, limits }: EngineWork): { timedOut(): boolean; clear(): void } {
  let isTimedOut = false
  let kill: NodeJS.Timeout | undefined
  const stop = (): void => {
    engine.cancel(id)
    kill ??= setTimeout(() => engine.kill(), killAfterMs)
  }
  const time = setTimeout(() => {
    isTimedOut = true
    stop()
  }, limits.time)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  return {
    timedOut: () => isTimedOut,
    clear() {
      clearTimeout(time)
      clearTimeout(kill)
      signal.removeEventListener('abort', stop)
    },
  }
}
