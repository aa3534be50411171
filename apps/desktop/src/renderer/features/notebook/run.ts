import { arrowStreamType, statementStatus, type QueryProblem, type StatementParameters, type StatementStatus } from '@aquifer/core/contract'
import { ApiFailure, explain } from '../../api/failure.js'
import type { Desk } from './desk.js'
import { follow, patient, rowsOf, statements, stateOf } from './follow.js'
import type { Pointer } from './kept-runs.js'
import type { Cell, Cells } from './model.js'
import { compile, compileText, type Compiled } from './references.js'
import type { Result } from './result.js'
import { lacking, runFigure } from './statistics/run-figure.js'

export interface RunProblem {
  what: string
  why: string | null
  suggestion: string | null
  /** Offset in the cell's own text; null when the engine does not know or it lies in another cell. */
  position: number | null
  reference: string | null
  /** Nothing is wrong with the text: the same run may well go through. */
  again?: true
}

/** What a result came from: compared with what stands in the notebook now, it says why the result is old. */
export interface Ran {
  sql: string
  texts: Readonly<Record<string, string>>
  parameters: StatementParameters
}

export interface RunState {
  /** `gone`: it ran, and its rows are not kept any more. */
  phase: 'queued' | 'running' | 'done' | 'failed' | 'stopped' | 'gone'
  statement: string | null
  /** Nobody answers at the moment; it may well run on. */
  isAway?: boolean
  /** Rows of an earlier run are on their way back: a new run takes their place. */
  isReturning?: boolean
  startedAt: number
  elapsedMs: number
  progress: number | null
  /** Place in the queue while it waits, 1 for the next. */
  place?: number | undefined
  /** The last good result stays while the next is on its way. */
  result: Result | null
  /** The statement that `result` is of; `statement` may be one after it. */
  answered?: string | undefined
  /** What produced `result`. */
  ran: Ran | null
  finishedAt: string | null
  problem: RunProblem | null
}

export const isGoing = (run: RunState | undefined): boolean => run?.phase === 'queued' || run?.phase === 'running'

/** Instead of the cell's own text: what a chart asks of the result it draws, reading as a cell at `at` would. */
export interface Around {
  text: string
  at: number
}

/** Runs one cell; resolves when it is over, whatever the end. */
export async function runCell(desk: Desk, notebook: string, cell: string, limit?: number, around?: Around): Promise<RunState['phase']> {
  const open = desk.notebook(notebook)
  const old = open?.runs[cell]
  if (open === undefined || (isGoing(old) && old?.isReturning !== true)) return 'stopped'
  const compiled = around ? compileText(open.page.cells, around.text, around.at) : compile(open.page.cells, cell)
  if (compiled.sql.trim() === '') return 'stopped'
  const shown = showing(desk, notebook, cell, old)
  const { sql, texts, parameters } = compiled
  try {
    const begun = await begin(desk, { study: open.study, ...asked(compiled), limit, ...cited(open.page.cut) })
    // What a chart asks for itself it asks again.
    if (around === undefined) desk.parts.runs.change(notebook, cell, { going: { statement: begun.id, ran: { sql, texts, parameters } } })
    await conclude(desk, { notebook, cell, shown, begun, ran: { sql, texts, parameters }, fault: (problem) => told(problem, compiled) })
  } catch (error) {
    shown.end({ phase: 'failed', problem: failed(error, compiled) })
  }
  return shown.now().phase
}

interface Shown {
  now(): RunState
  mine(): boolean
  show(part: Partial<RunState>): void
  /** Only if it was not stopped or replaced meanwhile: it has nothing to say then. */
  end(part: Partial<RunState>): void
}

function showing(desk: Desk, notebook: string, cell: string, old: RunState | undefined): Shown {
  // Tells it from the run before, also within a millisecond.
  const startedAt = Math.max(desk.parts.now(), (old?.startedAt ?? 0) + 1)
  let run: RunState = {
    phase: 'queued',
    statement: null,
    startedAt,
    elapsedMs: 0,
    progress: null,
    result: old?.result ?? null,
    answered: old?.answered,
    ran: old?.ran ?? null,
    finishedAt: old?.finishedAt ?? null,
    problem: null,
  }
  const mine = () => {
    const now = desk.notebook(notebook)?.runs[cell]
    return now?.startedAt === startedAt && isGoing(now)
  }
  const show = (part: Partial<RunState>) => {
    run = { ...run, ...part }
    desk.setRun(notebook, cell, run)
  }
  show({})
  return {
    now: () => run,
    mine,
    show,
    end: (part) => mine() && show({ elapsedMs: desk.parts.now() - startedAt, isAway: false, isReturning: false, ...part }),
  }
}

interface Begun extends Pick<Pointer, 'ran'> {
  notebook: string
  cell: string
  shown: Shown
  begun: StatementStatus
  fault(problem: QueryProblem | undefined): RunProblem
}

/** From the first answer to the rows. */
async function conclude(desk: Desk, { notebook, cell, shown, begun, ran, fault }: Begun): Promise<void> {
  const { parts } = desk
  const status = await follow(parts, begun, {
    mine: shown.mine,
    seen: ({ id, state, progress, queuePlace: place, elapsedMs }, isAway) =>
      shown.show({ phase: state === 'queued' ? 'queued' : 'running', statement: id, progress, place, elapsedMs, isAway }),
  })
  const keeps = desk.notebook(notebook)?.page.cells.some(({ id, kind }) => id === cell && kind === 'sql') ?? false
  if (keeps && status?.state !== 'done') parts.runs.change(notebook, cell, { going: undefined })
  if (status === null) return
  if (status.state !== 'done' || status.basis === undefined) {
    // Who stops a run on this page is shown so at once, and waits for no answer.
    return shown.end(
      status.state === 'cancelled' ? { phase: 'stopped', problem: endedElsewhere } : { phase: 'failed', problem: fault(status.problem) },
    )
  }
  const result = await rowsOf(parts, status, shown.mine)
  if (result === null) return
  if (keeps) parts.runs.change(notebook, cell, { going: undefined, done: { statement: status.id, ran } })
  const finishedAt = new Date(Date.parse(status.submittedAt) + status.elapsedMs).toISOString()
  shown.end({ phase: 'done', statement: status.id, result, answered: status.id, ran, elapsedMs: status.elapsedMs, finishedAt })
}

const asked = ({ sql, parameters }: Compiled) => (Object.keys(parameters).length === 0 ? { sql } : { sql, parameters })

interface Asked {
  study: string
  sql: string
  parameters?: StatementParameters
  limit: number | undefined
  cut?: string
}

const cited = (cut: string | null) => (cut === null ? {} : { cut })
const begin = ({ parts: { api, purpose } }: Desk, statement: Asked): Promise<StatementStatus> =>
  api.json(statements, statementStatus, {
    method: 'POST',
    // The form of the result is settled here; the answer to this request itself is JSON.
    headers: { prefer: 'respond-async', accept: `${arrowStreamType}, application/json;q=0.5` },
    body: { ...statement, purpose: purpose() },
  })

/** What a notebook showed or waited for when it was last open here: rows come from the server again, what runs is followed on. */
export async function resumeRuns(desk: Desk, notebook: string): Promise<void> {
  const kept = await desk.parts.runs.read(notebook)
  for (const [cell, { done, going, figure }] of Object.entries(kept)) {
    const open = desk.notebook(notebook)
    if (open === undefined) return
    if (!open.page.cells.some(({ id }) => id === cell) || open.runs[cell] !== undefined) continue
    if (done !== undefined) await resume(desk, notebook, cell, done, true)
    if (going !== undefined) void resume(desk, notebook, cell, going)
    if (figure && open.figures[cell] === undefined) void runFigure(desk, notebook, cell)
  }
}

/** Shows a statement that was begun earlier, on this page or on another, as the run of a cell. */
export async function resume(desk: Desk, notebook: string, cell: string, { statement, ran }: Pointer, isReturning = false): Promise<void> {
  const shown = showing(desk, notebook, cell, desk.notebook(notebook)?.runs[cell])
  if (isReturning) shown.show({ isReturning })
  try {
    const ask = () => stateOf(desk.parts, statement)
    const begun = await patient(desk.parts, shown.mine, ask, () => shown.show({ isAway: true }))
    if (begun !== null) await conclude(desk, { notebook, cell, shown, begun, ran, fault: (problem) => told(problem, null) })
  } catch (error) {
    const isGone = error instanceof ApiFailure && (error.status === 404 || error.status === 410)
    if (isGone) shown.end(shown.now().result === null ? { phase: 'gone' } : { phase: 'done' })
    else shown.end({ phase: 'failed', problem: failed(error, null) })
  }
}

/** Stops the engine, not only the waiting for it. */
export async function stopCell(desk: Desk, notebook: string, cell: string): Promise<void> {
  const run = desk.notebook(notebook)?.runs[cell]
  if (run === undefined || !isGoing(run)) return
  desk.setRun(notebook, cell, { ...run, phase: 'stopped', elapsedMs: desk.parts.now() - run.startedAt })
  if (run.statement !== null) await desk.parts.api.send(`${statements}/${run.statement}`, { method: 'DELETE' }).catch(() => undefined)
}

/** A cell that is still being set up is passed over, like an empty text. */
const isReady = ({ kind, source, statistics }: Cell): boolean =>
  kind === 'sql' ? source.trim() !== '' : kind === 'statistics' && statistics !== undefined && lacking(statistics) === null

/** Results that statistics are made of: one row a person, which counts only is not told by itself. */
const rowsOfFigures = (cells: Cells): ReadonlySet<string> => new Set(cells.flatMap(({ statistics }) => statistics?.of ?? []))

/** Top to bottom, from a cell on if one is named, stopping at the first cell that fails. */
export async function runAll(desk: Desk, notebook: string, from?: string): Promise<boolean> {
  const start = desk.notebook(notebook)
  if (start === undefined) return false
  const first = from === undefined ? 0 : start.page.cells.findIndex((cell) => cell.id === from)
  const sources = desk.parts.countsOnly() ? rowsOfFigures(start.page.cells) : new Set<string>()
  const cells = start.page.cells.slice(first).filter((cell) => isReady(cell) && !sources.has(cell.name))
  for (const cell of cells) {
    if (cell.kind === 'statistics' ? !(await runFigure(desk, notebook, cell.id)) : (await runCell(desk, notebook, cell.id)) !== 'done')
      return false
  }
  const end = desk.notebook(notebook)
  if (end?.page !== start.page || cells.length === 0) return false
  const snapshots = new Set(cells.map(({ id }) => (end.runs[id]?.result ?? end.figures[id]?.answer)?.basis.snapshot))
  if (first === 0) desk.update(notebook, () => ({ wholeRun: { at: new Date(desk.parts.now()).toISOString(), snapshots: [...snapshots] } }))
  return true
}

const nowhere = { suggestion: null, position: null, reference: null } as const
const unsaid: RunProblem = { what: 'The statement did not finish', why: 'The server ended while it ran.', ...nowhere, again: true }
const unanswered: RunProblem = {
  what: 'The server went away before it answered',
  why: 'Whether it began is not known. Run again when it is back.',
  ...nowhere,
  again: true,
}
const endedElsewhere: RunProblem = { what: 'Ended by the server, or stopped in another window,', why: null, ...nowhere, again: true }

/** `compiled`: null where the text that ran is not the one on screen. */
function told(problem: QueryProblem | undefined, compiled: Compiled | null): RunProblem {
  if (problem === undefined) return unsaid
  const position = problem.position === undefined || compiled === null ? null : compiled.toSource(problem.position)
  const elsewhere = compiled !== null && problem.position !== undefined && position === null
  return {
    what: problem.detail ?? problem.title,
    why: elsewhere ? `It lies in a cell this one reads: ${compiled.uses.join(', ')}.` : null,
    suggestion: problem.suggestion ?? null,
    position,
    reference: problem.code ?? null,
    ...(problem.status >= 500 ? { again: true } : {}),
  }
}

function failed(error: unknown, compiled: Compiled | null): RunProblem {
  if (error instanceof ApiFailure && error.kind === 'refused' && error.status === 400) {
    return told({ title: 'The statement was refused', status: 400, ...error.problem }, compiled)
  }
  // A fault of ours, not an answer: it has to show where faults are looked for.
  if (!(error instanceof ApiFailure)) reportError(error)
  if (error instanceof ApiFailure && error.kind === 'offline') return unanswered
  const { what, why, reference = null, retry } = explain(error)
  return { ...nowhere, what, why: why || null, reference, ...(retry ? { again: true } : {}) }
}
