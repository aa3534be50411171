import { checkCounts, checkStatement, type CheckedStatement, type CountPlan } from '@aquifer/core/query'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { ResultColumn } from '@aquifer/core/contract'
import type { ReservoirManifest } from '../reservoir/index.js'
import type { FlatTable } from '../view/index.js'
import type { ListFile } from './code-list-tables.js'
import { EngineFault, EngineGone, type EngineProcess } from './engine-process.js'
import type { EngineDone } from './engine-statement.js'
import type { Engines } from './engines.js'
import type { StudyFiles } from './file-tables.js'
import { outOfMemory, refusalOfCheck, refusalOfFault, type Sent } from './faults.js'
import { countMs, killAfterMs, resultBytesMax, statementMemoryMb, statementMs, statementSpillMb, statementThreads } from './limits.js'
import { countTables } from './counts/count-tables.js'
import { prepareTables, studyTables, type Preparation, type StudyTable } from './tables.js'

export interface StatementWork {
  study: string
  sql: string
  limit: number
  format: 'arrow' | 'json'
  manifest: ReservoirManifest
  folder: string
  /** patient_key of people whose rows nobody may see any more. */
  withheld: readonly string[]
  /** Flat tables by views of the study's own. */
  own: readonly FlatTable[]
  /** files that are tables, too */
  files: StudyFiles
  /** Code lists of the study; asked where a statement reads them. */
  codeLists: () => Promise<readonly ListFile[]>
  /** Figures of groups only: who they are of comes with them, and never leaves this process. */
  counts?: boolean
  signal: AbortSignal
  onStart(): void
  onProgress(progress: number): void
}
export interface StatementResult extends EngineDone {
  columns: ResultColumn[]
  chunks: Uint8Array[]
  /** Of counts. */
  plan?: CountPlan
}

const blank = /\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\//y
const explain = /explain\b/iy
const cancelled = (): Refusal => refuse('statement-cancelled', { detail: 'The statement was stopped; no row was kept.' })

/** Takes a text through the gate and the engine. The caller's own words come back in refusals, the data's never. */
export async function runStatement(engines: Engines, work: StatementWork): Promise<StatementResult | Refusal> {
  const seat = await engines.seat(work.study, work.files.folder)
  if (seat === null) return refuse('too-many-requests', { detail: 'Too many statements wait for this study.', retryAfterS: 5 })
  try {
    if (work.signal.aborted) return cancelled()
    work.onStart()
    return await passGate(seat.engine, work)
  } catch (error) {
    if (!(error instanceof EngineGone)) throw error
    if (work.signal.aborted) return cancelled()
    if (error.reason === 'memory') return outOfMemory()
    const detail = 'The query engine ended while the statement ran, which too large a statement can cause. It is started anew.'
    return refuse('not-ready', { detail, retryAfterS: 1 })
  } finally {
    seat.leave()
  }
}

/** `EXPLAIN` with all that stands before it; one piece at a time, since no text may cost more than its length. */
function explainPrefix(sql: string): string {
  let at = 0
  for (blank.lastIndex = 0; blank.test(sql); at = blank.lastIndex);
  explain.lastIndex = at
  return explain.test(sql) ? sql.slice(0, explain.lastIndex) : ''
}

export const withoutExplain = (sql: string): string => sql.slice(explainPrefix(sql).length)

async function passGate(engine: EngineProcess, work: StatementWork): Promise<StatementResult | Refusal> {
  const prefix = explainPrefix(work.sql)
  const sent: Sent = { sql: work.sql.slice(prefix.length), offset: prefix.length }
  const tables = studyTables(work.manifest, work.own)
  let preparation: Preparation
  try {
    const tree = await engine.parse(sent.sql)
    const checked = checkStatement(tree, { schema: work.study, tables: [...tables, ...work.files.files].map(({ name }) => name) })
    if ('detail' in checked) return refusalOfCheck(checked, sent)
    const isOfCodes = tables.some(({ kind, name }) => kind === 'codes' && checked.tables.includes(name))
    const lists = isOfCodes ? await work.codeLists() : []
    if (work.counts === true) return await passCounts(engine, work, { tree, tables, checked, lists, prefix, sent })
    preparation = prepareTables({ ...work, files: work.files.files, lists }, tables, checked)
  } catch (error) {
    if (error instanceof EngineFault) return refusalOfFault(error.said, sent)
    throw error
  }
  // Spaces keep the engine's positions those of the caller's text.
  const explained = prefix !== ''
  const sql = explained ? `EXPLAIN ${sent.sql}` : sent.sql
  const place = explained ? { sql, offset: prefix.length - 'EXPLAIN '.length } : sent
  return runInEngine(engine, { ...work, sql }, preparation, place)
}

interface Passed {
  tree: unknown
  tables: readonly StudyTable[]
  checked: CheckedStatement
  lists: readonly ListFile[]
  prefix: string
  sent: Sent
}

/** The second gate, and the statement as it is run for its figures. */
async function passCounts(
  engine: EngineProcess,
  work: StatementWork,
  { tree, tables, checked, lists, prefix, sent }: Passed,
): Promise<StatementResult | Refusal> {
  if (prefix !== '')
    return refuse('statement-invalid', { detail: 'How many rows the engine expects is not told at the level “counts only”.' })
  const plan = checkCounts(tree, { schema: work.study, tables: countTables(tables, work.own) })
  if ('detail' in plan) return refusalOfCheck(plan, sent)
  const columns = checked.columns === null ? null : new Set([...checked.columns, 'patient_key'])
  const preparation = prepareTables({ ...work, files: [], lists }, tables, { ...checked, columns })
  const sql = await engine.render(plan.tree)
  // The text that ran is not the caller's: places in it mean nothing to him.
  const result = await runInEngine(engine, { ...work, sql, format: 'json' }, preparation, { sql: '', offset: 0 })
  return isRefusal(result) ? result : { ...result, plan }
}

async function runInEngine(
  engine: EngineProcess,
  work: StatementWork,
  preparation: Preparation,
  sent: Sent,
): Promise<StatementResult | Refusal> {
  const chunks: Uint8Array[] = []
  let columns: ResultColumn[] = []
  const { id, done } = engine.run(
    {
      ...preparation,
      schema: work.study,
      sql: work.sql,
      format: work.format,
      rowsMax: work.limit,
      bytesMax: resultBytesMax,
      countMs,
      threads: statementThreads,
      memoryMb: statementMemoryMb,
      spillMb: statementSpillMb,
      spillFolder: engine.spillFolder,
    },
    { columns: (found) => (columns = found), data: (bytes) => void chunks.push(bytes), progress: work.onProgress },
  )
  const stop = stopper(engine, id, work.signal)
  try {
    const end = await done
    return { ...end, columns, chunks }
  } catch (error) {
    if (stop.timedOut()) return timedOut()
    if (error instanceof EngineFault) {
      const named = new Set(preparation.fileTables.map(({ name }) => name))
      const files = work.files.files.filter(({ name }) => named.has(name))
      return refusalOfFault(error.said, { ...sent, files })
    }
    throw error
  } finally {
    stop.clear()
  }
}

const timedOut = (): Refusal =>
  refuse('statement-limit', {
    detail: `The statement was stopped after ${statementMs / 1000} seconds, the most one may take.`,
    suggestion: 'Filter earlier, or aggregate before joining.',
  })

/** Interrupts on the caller's word or when time is up, and kills the process if the statement does not stop at once. */
function stopper(engine: EngineProcess, id: number, signal: AbortSignal): { timedOut(): boolean; clear(): void } {
  let isTimedOut = false
  let kill: NodeJS.Timeout | undefined
  const stop = (): void => {
    engine.cancel(id)
    kill ??= setTimeout(() => engine.kill(), killAfterMs)
  }
  const time = setTimeout(() => {
    isTimedOut = true
    stop()
  }, statementMs)
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
