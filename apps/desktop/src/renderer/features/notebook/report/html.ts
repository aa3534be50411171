import { basisWords } from '../csv.js'
import { marksRows } from '../chart/drawing.js'
import { standingAlone } from '../chart/picture.js'
import type { OpenNotebook } from '../desk.js'
import { chosenCause, isEdited, upstreamCause } from '../cells/stale.js'
import type { Cell } from '../model.js'
import { parameterValue, told } from '../parameters.js'
import { compile } from '../references.js'
import { chosenRowsMax, suppressionWord, type Result } from '../result.js'
import { figureCause } from '../statistics/run-figure.js'
import { cardId } from '../useNotebook.js'

export const reportRowsMax = 200

/** Who makes it, and whether rows of results may be in it. */
export interface Maker {
  user: string
  releases: boolean
}

const escape = (text: string) =>
  text.replaceAll(/[&<>"]/g, (mark) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[mark] ?? mark)

export const reportStyle = `
:root{color-scheme:light}
.report{max-width:960px;margin:0 auto;padding:32px 24px;font:14px/1.5 Inter,system-ui,sans-serif;color:#13191e;background:#fff}
.report h1{font-size:22px;margin:0 0 4px}.report h2{font-size:17px}.report h3{font-size:14px}
.report .meta,.report .basis{color:#434e58;font-size:12px}
.report section{margin:20px 0;break-inside:avoid}
.report .name{font:600 12.5px ui-monospace,monospace}
.report pre{font:12.5px/1.5 ui-monospace,monospace;background:#f5f7f8;padding:10px 12px;border-radius:5px;white-space:pre-wrap;overflow-wrap:anywhere}
.report table{border-collapse:collapse;font-size:12px;font-variant-numeric:tabular-nums}
.report th,.report td{border-bottom:1px solid #e3e7ea;padding:3px 10px;text-align:left;vertical-align:top}
.report th{border-bottom-color:#7b8691}.report .n{text-align:right}.report .null{color:#5c6771}
.report .hidden{background:repeating-linear-gradient(135deg,#c0c9d0 0 1px,#f5f7f8 1px 5px);color:#4c5761}
.report .earlier{font-size:12px;color:#7a4a00;border-left:3px solid #b26a00;padding-left:8px;margin:6px 0}
.report svg{max-width:100%;height:auto}
@media print{.report{max-width:none;padding:0}.report thead{display:table-header-group}.report tr{break-inside:avoid}}
`

/** The notebook with its results as one page that needs nothing else: no script, no other file, every number with its basis. */
export function reportHtml(notebook: OpenNotebook, by: Maker, at: Date): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escape(notebook.page.title)}</title><style>body{margin:0}${reportStyle}</style></head><body>
${reportBody(notebook, by, at)}
</body></html>
`
}

export function reportBody(notebook: OpenNotebook, by: Maker, at: Date): string {
  const state = notebook.wholeRun
    ? `reproduced top to bottom at ${notebook.wholeRun.at} on snapshot ${notebook.wholeRun.snapshots.join(', ')}`
    : 'not reproduced top to bottom since its last edit'
  const saved = notebook.save === 'saved' ? `version ${notebook.version}` : `version ${notebook.version} with unsaved edits`
  const parts = notebook.page.cells.map((cell) => `<section>${part(cell, notebook, by.releases)}</section>`)
  return `<main class="report"><h1>${escape(notebook.page.title)}</h1>
<p class="meta">Study ${escape(notebook.study)}${notebook.page.cut === null ? '' : `, data cut ${escape(notebook.page.cut)}`}, ${saved}, ${escape(state)}. Made by ${escape(by.user)} at ${at.toISOString()}. Masked data: handle as such.</p>
${parts.join('\n')}
</main>`
}

function part(cell: Cell, notebook: OpenNotebook, withRows: boolean): string {
  const card = document.getElementById(cardId(cell.id))
  if (cell.kind === 'markdown') return card?.querySelector('.markdown')?.outerHTML ?? `<pre>${escape(cell.source)}</pre>`
  const name = `<p class="name">${escape(cell.name)}</p>`
  if (cell.kind === 'parameter')
    return cell.parameter
      ? `<p><span class="name">$${escape(cell.name)}</span> = ${escape(told(parameterValue(cell.parameter).value))}</p>`
      : ''
  if (cell.kind === 'sql') return `${name}${answered(cell, notebook, withRows)}`
  if (!withRows && hasRowMarks(cell, notebook) && card?.querySelector('.chart-plot svg')) return `${name}${withoutMarks}`
  const drawing = picture(card, cell)
  // A figure is a table that the page has drawn already.
  const figures = card?.querySelector('[data-report]')?.innerHTML ?? ''
  const earlier = drawing === '' && figures === '' ? [] : earlierRows(cell, notebook)
  // A drawing says itself what it rests on.
  const basis = drawing === '' && figures !== '' ? `<p class="basis">${escape(footOf(card))}</p>` : ''
  return `${name}${earlier.map(mark).join('')}${drawing}${figures}${basis}${drawing === '' && figures === '' ? '<p class="meta">Not run.</p>' : ''}`
}

// As singleRows() has it, of what the report knows: how many marks its drawing has got is not said in it.
function hasRowMarks({ chart }: Cell, { page, runs }: OpenNotebook): boolean {
  if (chart?.type === 'scatter') return true
  const source = page.cells.find(({ kind, name }) => kind === 'sql' && name === chart?.of)
  const result = source && runs[source.id]?.result
  return !!chart && marksRows.has(chart.type) && !!result && result.basis.level !== 'counts' && result.rows > chosenRowsMax
}

const mark = (text: string): string => `<p class="earlier">${escape(text)}</p>`

/** Rows stand under the text that made them: what was written since may ask for something else. */
function answered(cell: Cell, notebook: OpenNotebook, withRows: boolean): string {
  const run = notebook.runs[cell.id]
  const result = run?.result ?? null
  if (run === undefined || result === null) return `<pre>${escape(cell.source)}</pre><p class="meta">Not run.</p>`
  const now = compile(notebook.page.cells, cell.id)
  const cause = upstreamCause(run.ran, now)
  const edited = isEdited(run.ran, now)
  const chosen = chosenCause(result.basis, notebook.page.cut)
  const marks = [
    ...(chosen === null ? [] : [chosen]),
    ...(edited ? ['Edited since it ran. The text above made the rows below; the newest text of the notebook has not run.'] : []),
    ...(cause === null ? [] : [`${cause} The text above is the whole statement that made the rows below.`]),
    ...(run.phase === 'failed' || run.phase === 'stopped'
      ? [`The last run ${run.phase === 'failed' ? 'failed' : 'was stopped'}: the rows are of the run before.`]
      : []),
  ]
  // Of a cell that changed above, the notebook holds the newest text only.
  const text = cause === null ? (run.ran?.texts[''] ?? cell.source) : (run.ran?.sql ?? cell.source)
  return `<pre>${escape(text)}</pre>${marks.map(mark).join('')}${withRows ? table(result) : withoutRows(result)}`
}

const withoutMarks =
  '<p class="meta">Its drawing is not in this report: each mark is a row, and taking rows out of the house needs the right to release results, which its maker did not have.</p>'

const withoutRows = (result: Result): string =>
  `<p class="meta">Its rows are not in this report: taking rows out of the house needs the right to release results, which its maker did not have.</p>
<p class="basis">${escape(basisWords(result).join(' · '))}</p>`

/** What a report tells of: for the trail. */
export function reportContent({ page, runs, figures }: OpenNotebook, { releases }: Maker): { statements: string[]; rows: number } {
  const shown = page.cells.flatMap(({ id }) => (runs[id]?.result ? [runs[id]] : []))
  const told = page.cells.flatMap(({ id }) => figures[id]?.answer?.statement ?? [])
  const tables = page.cells.flatMap(({ id, kind }) => (kind === 'sql' ? (runs[id]?.result?.rows ?? []) : []))
  return {
    statements: [...new Set([...shown.flatMap(({ answered: of }) => of ?? []), ...told])],
    rows: releases ? tables.reduce((sum, rows) => sum + Math.min(rows, reportRowsMax), 0) : 0,
  }
}

/** Why a drawing or a figure is not of what its source says now. */
function earlierRows(cell: Cell, notebook: OpenNotebook): string[] {
  if (cell.kind === 'statistics' && cell.statistics) {
    const figure = notebook.figures[cell.id]
    const cause = figure ? (figureCause(notebook, cell.statistics, figure) ?? ofOther(figure.answer, notebook)) : null
    return cause === null ? [] : [`${cause} The figures are of the run before.`]
  }
  const source = notebook.page.cells.find(({ kind, name }) => kind === 'sql' && name === cell.chart?.of)
  const ran = source && notebook.runs[source.id]?.ran
  if (source === undefined || !ran) return []
  const now = compile(notebook.page.cells, source.id)
  const older = isEdited(ran, now) || upstreamCause(ran, now) !== null
  const chosen = ofOther(notebook.runs[source.id]?.result, notebook)
  if (chosen !== null) return [chosen]
  return older ? [`Drawn from the rows of ${source.name} as they stand in this report: it was changed since.`] : []
}

const ofOther = (of: Pick<Result, 'basis'> | null | undefined, { page }: OpenNotebook): string | null =>
  of ? chosenCause(of.basis, page.cut) : null

function picture(card: Element | null, cell: Cell): string {
  const svg = card?.querySelector<SVGSVGElement>('.chart-plot svg')
  if (!svg) return ''
  return standingAlone(svg, { name: cell.name, caption: cell.chart?.caption ?? '', foot: footOf(card) }).text
}

const footOf = (card: Element | null): string =>
  [...(card?.querySelectorAll('footer > span:not(.result-end)') ?? [])].flatMap((each) => each.textContent?.trim() || []).join(' · ')

export function table(result: Result): string {
  const right = (at: number) => (result.columns[at]?.kind === 'number' ? ' class="n"' : '')
  const head = result.columns.map((column, at) => `<th scope="col"${right(at)}>${escape(column.name)}</th>`).join('')
  const rows = Array.from({ length: Math.min(result.rows, reportRowsMax) }, (_, row) => {
    const cells = result.columns.map((column, at) => {
      const mark = result.suppressed?.(row, at)
      if (mark) return `<td class="n hidden">${escape(suppressionWord(mark))}</td>`
      const text = column.text(row)
      return text === null ? '<td class="null">∅</td>' : `<td${right(at)}>${escape(text)}</td>`
    })
    return `<tr>${cells.join('')}</tr>`
  })
  const left = result.rows > reportRowsMax ? `<p class="basis">The first ${reportRowsMax} of ${result.rows} rows.</p>` : ''
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>${left}<p class="basis">${escape(basisWords(result).join(' · '))}</p>`
}
