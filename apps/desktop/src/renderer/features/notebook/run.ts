import { arrowStreamType, statementStatus, type QueryProblem, type StatementParameters, type StatementStatus } from '@aquifer/core/contract'
import { ApiFailure, explain } from '../../api/failure.js'
import type { Desk } from './desk.js'
import type { Cell } from './model.js'
import { compile, compileText, type Compiled } from './references.js'
import { readResult, type Result } from './result.js'
import { lacking, runFigure } from './statistics/run-figure.js'

export interface RunProblem {
  what: string
  why: string | null
  suggestion: string | null
  /** Offset in the cell's own text; null when the engine does not know or it lies in another cell. */
  position: number | null
  reference: string | null
}

/** What a result came from: compared with what stands in the notebook now, it says why the result is old. */
export interface Ran {
  sql: string
  texts: Readonly<Record<string, string>>
  parameters: StatementParameters
}

export interface RunState {
  phase: 'queued' | 'running' | 'done' | 'failed' | 'stopped'
  statement: string | null
  startedAt: number
  elapsedMs: number
  progress: number | null
  /** Place in the queue while it waits, 1 for the next. */
  place?: number | undefined
  /** The last good result stays while the next is on its way. */
  result: Result | null
  /** What produced `result`. */
  ran: Ran | null
  finishedAt: string | null
  problem: RunProblem | null
}

export const isGoing = (run: RunState | undefined): boolean => run?.phase === 'queued' || run?.phase === 'running'

// Short statements answer within the first waits; long ones are asked twice a second.
const waitsMs = [20, 40, 80, 160, 250, 400]
const waitMs = (turn: number) => waitsMs[turn] ?? 500
const statements = '/query/api/v1/statements'

/** Instead of the cell's own text: what a chart asks of the result it draws, reading as a cell at `at` would. */
export interface Around {
  text: string
  at: number
}

/** Runs one cell; resolves when it is over, whatever the end. */
export async function runCell(desk: Desk, notebook: string, cell: string, limit?: number, around?: Around): Promise<RunState['phase']> {
  const open = desk.notebook(notebook)
  if (open === undefined || isGoing(open.runs[cell])) return 'stopped'
  const compiled = around ? compileText(open.page.cells, around.text, around.at) : compile(open.page.cells, cell)
  if (compiled.sql.trim() === '') return 'stopped'
  const old = open.runs[cell]
  const startedAt = desk.parts.now()
  let run: RunState = {
    phase: 'queued',
    statement: null,
    startedAt,
    elapsedMs: 0,
    progress: null,
    result: old?.result ?? null,
    ran: old?.ran ?? null,
    finishedAt: old?.finishedAt ?? null,
    problem: null,
  }
  const show = (part: Partial<RunState>) => {
    run = { ...run, ...part }
    desk.setRun(notebook, cell, run)
  }
  // A run that was stopped or replaced meanwhile has nothing to say any more.
  const mine = () => desk.notebook(notebook)?.runs[cell]?.startedAt === startedAt && isGoing(desk.notebook(notebook)?.runs[cell])
  show({})
  try {
    const status = await follow(desk, { study: open.study, ...asked(compiled), limit }, mine, (seen) =>
      show({
        phase: seen.state === 'queued' ? 'queued' : 'running',
        statement: seen.id,
        progress: seen.progress,
        place: seen.queuePlace,
        elapsedMs: seen.elapsedMs,
      }),
    )
    if (status === null) return 'stopped'
    const ended = desk.parts.now() - startedAt
    if (status.state === 'done' && status.basis !== undefined) {
      const { bytes } = await desk.parts.api.bytes(`${statements}/${status.id}/result`, { headers: { accept: arrowStreamType } })
      const result = readResult(bytes, status.basis)
      if (mine())
        show({
          phase: 'done',
          result,
          ran: { sql: compiled.sql, texts: compiled.texts, parameters: compiled.parameters },
          elapsedMs: status.elapsedMs,
          finishedAt: new Date(desk.parts.now()).toISOString(),
        })
    } else if (status.state === 'cancelled') show({ phase: 'stopped', elapsedMs: ended })
    else show({ phase: 'failed', elapsedMs: ended, problem: told(status.problem, compiled) })
  } catch (error) {
    if (mine()) show({ phase: 'failed', elapsedMs: desk.parts.now() - startedAt, problem: failed(error, compiled) })
  }
  return run.phase
}

const asked = ({ sql, parameters }: Compiled) => (Object.keys(parameters).length === 0 ? { sql } : { sql, parameters })

async function follow(
  desk: Desk,
  statement: { study: string; sql: string; parameters?: StatementParameters; limit: number | undefined },
  mine: () => boolean,
  seen: (status: StatementStatus) => void,
): Promise<StatementStatus | null> {
  const { api, purpose, cut } = desk.parts
  const read = cut(statement.study)
  let status = await api.json(statements, statementStatus, {
    method: 'POST',
    // The form of the result is settled here; the answer to this request itself is JSON.
    headers: { prefer: 'respond-async', accept: `${arrowStreamType}, application/json;q=0.5` },
    body: { ...statement, purpose: purpose(), ...(read === null ? {} : { cut: read }) },
  })
  for (let turn = 0; status.state === 'queued' || status.state === 'running'; turn += 1) {
    if (!mine()) {
      await api.send(`${statements}/${status.id}`, { method: 'DELETE' }).catch(() => undefined)
      return null
    }
    seen(status)
    await new Promise((wake) => setTimeout(wake, waitMs(turn)))
    status = await api.json(`${statements}/${status.id}`, statementStatus)
  }
  return mine() ? status : null
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

/** Top to bottom, from a cell on if one is named, stopping at the first cell that fails. */
export async function runAll(desk: Desk, notebook: string, from?: string): Promise<boolean> {
  const start = desk.notebook(notebook)
  if (start === undefined) return false
  const first = from === undefined ? 0 : start.page.cells.findIndex((cell) => cell.id === from)
  const cells = start.page.cells.slice(first).filter(isReady)
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

function told(problem: QueryProblem | undefined, compiled: Compiled): RunProblem {
  if (problem === undefined) return { what: 'The statement did not finish', why: null, suggestion: null, position: null, reference: null }
  const position = problem.position === undefined ? null : compiled.toSource(problem.position)
  const elsewhere = problem.position !== undefined && position === null
  return {
    what: problem.detail ?? problem.title,
    why: elsewhere ? `It lies in a cell this one reads: ${compiled.uses.join(', ')}.` : null,
    suggestion: problem.suggestion ?? null,
    position,
    reference: problem.code ?? null,
  }
}

function failed(error: unknown, compiled: Compiled): RunProblem {
  if (error instanceof ApiFailure && error.kind === 'refused' && error.status === 400) {
    return told({ title: 'The statement was refused', status: 400, ...error.problem }, compiled)
  }
  // A fault of ours, not an answer: it has to show where faults are looked for.
  if (!(error instanceof ApiFailure)) reportError(error)
  const words = explain(error)
  return { what: words.what, why: words.why || null, suggestion: null, position: null, reference: words.reference ?? null }
}
