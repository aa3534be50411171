import { statisticsAnswer, type NotebookStatistics, type StatisticsAnswer, type StatisticsRequest } from '@aquifer/core/contract'
import type { Desk, OpenNotebook } from '../desk.js'
import { compileText, type Compiled } from '../references.js'
import { upstreamCause } from '../cells/stale.js'
import type { Ran } from '../run.js'

export interface FigureState {
  phase: 'running' | 'done' | 'failed'
  startedAt: number
  /** The last good answer stays while the next is on its way. */
  answer: StatisticsAnswer | null
  ran: Ran | null
  asked: string | null
  finishedAt: string | null
  error: unknown
}

/** The statement whose rows a figure is made of: the named result, with all that it reads. */
export function figureSource({ page }: Pick<OpenNotebook, 'page'>, { of }: NotebookStatistics): Compiled {
  const at = page.cells.findIndex((cell) => cell.kind === 'sql' && cell.name === of)
  return compileText(page.cells, `select * from ${of}`, at + 1)
}

type Held = NotebookStatistics
type Form = StatisticsRequest extends infer Request ? (Request extends unknown ? Omit<Request, 'study' | 'sql' | 'purpose'> : never) : never

/** What the form lacks, in words; null when it can be asked. */
export function lacking(held: Held): string | null {
  if (held.of === '') return 'Choose the result whose rows are people.'
  if (held.kind === 'table-one' && held.variables.length === 0) return 'Choose the variables to describe.'
  if (held.kind === 'survival' && !(held.time && held.event)) return 'Choose the columns of time and event.'
  if (held.kind === 'incidence' && !(held.time && held.event)) return 'Choose the columns of time at risk and number of events.'
  if (held.kind === 'adherence' && !(held.start && held.days && held.until))
    return 'Choose the columns of start and days of supply, and the last day observed.'
  return null
}

/** Only what the kind knows: a form keeps what another kind needed. */
export function formOf(held: Held): Form {
  const group = held.group ? { group: held.group } : {}
  const unit = held.unit ? { unit: held.unit } : {}
  const suppress = held.suppress ? { suppress: true } : {}
  switch (held.kind) {
    case 'table-one':
      return {
        kind: held.kind,
        variables: held.variables.map((column) => ({ column })),
        ...(held.group ? { by: held.group } : {}),
        ...suppress,
      }
    case 'survival':
      return { kind: held.kind, time: held.time ?? '', event: held.event ?? '', ...group, ...unit, ...suppress }
    case 'incidence':
      return {
        kind: held.kind,
        time: held.time ?? '',
        events: held.event ?? '',
        ...group,
        ...unit,
        ...(held.per ? { per: held.per } : {}),
        ...suppress,
      }
    case 'missing':
      return { kind: held.kind, ...(held.variables.length > 0 ? { variables: held.variables } : {}), ...suppress }
    case 'adherence':
      return {
        kind: held.kind,
        start: held.start ?? '',
        days: held.days ?? '',
        until: held.until ?? '',
        ...(held.from ? { from: held.from } : {}),
        ...(held.end ? { end: held.end } : {}),
        ...group,
        ...suppress,
      }
  }
}

/** Why figures are not of what the notebook says now; null where they are. */
export function figureCause(
  open: Pick<OpenNotebook, 'page'>,
  held: Held,
  { asked, ran }: Pick<FigureState, 'asked' | 'ran'>,
): string | null {
  return asked === JSON.stringify(formOf(held)) ? upstreamCause(ran, figureSource(open, held)) : 'The form changed since this ran.'
}

/** False where there is no answer. */
export async function runFigure(desk: Desk, notebook: string, cell: string): Promise<boolean> {
  const open = desk.notebook(notebook)
  const held = open?.page.cells.find((item) => item.id === cell)?.statistics
  if (open === undefined || held === undefined || lacking(held) !== null || open.figures[cell]?.phase === 'running') return false
  const { sql, texts, parameters } = figureSource(open, held)
  const form = formOf(held)
  const old = open.figures[cell]
  const startedAt = desk.parts.now()
  const show = (part: Partial<FigureState>) =>
    desk.setFigure(notebook, cell, {
      answer: null,
      ran: null,
      asked: null,
      finishedAt: null,
      ...old,
      startedAt,
      error: null,
      phase: 'running',
      ...part,
    })
  show({})
  try {
    const bound = Object.keys(parameters).length > 0 ? { parameters } : {}
    const { cut } = open.page
    const body = { ...form, study: open.study, sql, purpose: desk.parts.purpose(), ...bound, ...(cut === null ? {} : { cut }) }
    const answer = await desk.parts.api.json('/query/api/v1/statistics', statisticsAnswer, { method: 'POST', body })
    const finishedAt = new Date(desk.parts.now()).toISOString()
    show({ phase: 'done', answer, ran: { sql, texts, parameters }, asked: JSON.stringify(form), finishedAt })
    desk.parts.runs.change(notebook, cell, { figure: true })
    return true
  } catch (error) {
    show({ phase: 'failed', error })
    return false
  }
}
