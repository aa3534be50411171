import { Int32, Table, tableToIPC, vectorFromArray } from 'apache-arrow'
import { expect, test } from 'vitest'
import { basis } from '../../../../../test/answering-server.js'
import type { OpenNotebook } from '../desk.js'
import type { Cell } from '../model.js'
import { compile } from '../references.js'
import { readResult } from '../result.js'
import type { RunState } from '../run.js'
import { cardId } from '../useNotebook.js'
import { reportBody, reportContent } from './html.js'

const result = readResult(tableToIPC(new Table({ n: vectorFromArray([7, 8, 9], new Int32()) }), 'stream'), basis)
const sql = (name: string, source: string): Cell => ({ id: name, kind: 'sql', name, source })
const asRun = [sql('adults', 'select * from patients where birth_year < 2008'), sql('counted', 'select count(*) as n from adults')]

const runOf = (cell: string, phase: RunState['phase'] = 'done'): RunState => ({
  phase,
  statement: 's',
  startedAt: 0,
  elapsedMs: 1,
  progress: null,
  result,
  ran: compile(asRun, cell),
  finishedAt: null,
  problem: null,
})

const notebookOf = (cells: Cell[], runs: Record<string, RunState>): OpenNotebook => {
  const page = { title: 'People', cut: null, cells }
  const notebook = { id: 'n', study: 'HARBOR', version: 3, page, save: 'saved', runs, figures: {}, wholeRun: null }
  return notebook as unknown as OpenNotebook
}
const report = (cells: Cell[], runs: Record<string, RunState>, releases = true): string =>
  reportBody(notebookOf(cells, runs), { user: 'ada', releases }, new Date('2026-11-27T07:00:00Z'))
const textsOf = (html: string) => [...html.matchAll(/<pre>([^<]*)<\/pre>/g)].map((match) => match[1]?.replaceAll('&lt;', '<'))

test('rows stand under the text that made them', () => {
  const same = report(asRun, { counted: runOf('counted') })
  expect(textsOf(same)).toEqual(asRun.map(({ source }) => source))
  expect(same).not.toContain('class="earlier"')

  const edited = report([asRun[0]!, sql('counted', 'select 1 as newer')], { counted: runOf('counted') })
  expect(textsOf(edited)[1]).toBe('select count(*) as n from adults')
  expect(edited).toContain('Edited since it ran')
  expect(edited).not.toContain('newer')
})

test('with a cell above changed the whole statement is told, and a run that failed is no cause of rows', () => {
  const above = report([sql('adults', 'select 2 as other'), asRun[1]!], { counted: runOf('counted', 'failed') })
  expect(textsOf(above)[1]).toContain('birth_year < 2008')
  expect(above).toContain('adults changed since this ran.')
  expect(above).toContain('The last run failed: the rows are of the run before.')
})

test('what has not run shows the text as it is', () => {
  const html = report([sql('counted', 'select 1 as fresh')], {})
  expect(textsOf(html)).toEqual(['select 1 as fresh'])
  expect(html).toContain('Not run.')
})

test('who may not release results gets a report without their rows, which says why; the trail is told which statements and how many rows', () => {
  const runs = { counted: { ...runOf('counted'), answered: 'statement-1' } }
  expect(report(asRun, runs)).toContain('<td class="n">7</td>')
  const without = report(asRun, runs, false)
  expect(without).not.toMatch(/<td|<table/)
  expect(without).toContain('needs the right to release results')
  expect(without).toContain('epoch')
  const told = (releases: boolean) => reportContent(notebookOf(asRun, runs), { user: 'ada', releases })
  expect([told(true), told(false)]).toEqual([
    { statements: ['statement-1'], rows: 3 },
    { statements: ['statement-1'], rows: 0 },
  ])
})

test('the figures of a cell stand in their table, with what they rest on', () => {
  const cohort = { id: 'k', kind: 'cohort', name: 'who', source: '' } as Cell
  const funnel = '<p>People who …</p><table><tbody><tr><th scope="row">everybody</th><td>43</td></tr></tbody></table>'
  document.body.innerHTML = `<div id="${cardId('k')}"><div data-report>${funnel}</div><footer><span>snapshot x</span><span>epoch 9</span></footer></div>`
  expect(report([cohort], {})).toContain(`${funnel}<p class="basis">snapshot x · epoch 9</p>`)
})

test('a drawing of single rows stays out where rows may not leave; one of few rows, which anybody copies, is there', () => {
  const chart = { id: 'c', kind: 'chart', name: 'drawn', source: '', chart: { type: 'bar', of: 'counted', x: 'n', y: ['n'] } } as Cell
  document.body.innerHTML = `<div id="${cardId('c')}"><div class="chart-plot"><svg viewBox="0 0 9 9"></svg></div></div>`
  const ofRows = (rows: number, releases: boolean) => {
    const many = readResult(tableToIPC(new Table({ n: vectorFromArray(new Int32Array(rows)) }), 'stream'), basis)
    return report([...asRun, chart], { counted: { ...runOf('counted'), result: many } }, releases)
  }
  expect([ofRows(100, false), ofRows(101, true)].map((html) => html.includes('<svg'))).toEqual([true, true])
  expect(ofRows(101, false)).toMatch(/each mark is a row/)
  expect(ofRows(101, false)).not.toContain('<svg')
})
