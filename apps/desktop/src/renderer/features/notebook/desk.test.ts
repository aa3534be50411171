import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Notebook } from '@aquifer/core/contract'
import { AnsweringServer, aStorage, basis } from '../../../../test/answering-server.js'
import { createApi } from '../../api/client.js'
import { Desk } from './desk.js'
import { openJournal } from './journal.js'
import { openKeptRuns } from './kept-runs.js'
import { change, insertAt, move, nameOfKind, newCell, remove, rename, type Cell } from './model.js'
import { resumeRuns, runAll, runCell, stopCell } from './run.js'
import { saveByItself, settle, type Saver } from './save.js'

const id = 'n1'
const aNotebook = (): Notebook => ({
  id,
  study: 'HARBOR',
  title: 'Ages',
  version: 1,
  updatedAt: '2026-11-22T09:00:00Z',
  cut: null,
  cells: [
    { id: 'a', kind: 'sql', name: 'people', source: 'select 1' },
    { id: 'b', kind: 'sql', name: 'by_sex', source: 'select wrong from people' },
    { id: 'c', kind: 'chart', name: 'drawn', source: '', chart: { type: 'bar', of: 'by_sex', x: 'a', y: [] } },
  ],
})

let server: AnsweringServer
let storage: Storage
let desk: Desk
let saver: Saver
let signedIn: boolean
let countsOnly: boolean

function openDesk(): Desk {
  const api = createApi({ token: () => 't', rejected: () => undefined }, () => undefined)
  const made = new Desk({
    api,
    journal: openJournal(storage, 'aoife'),
    runs: openKeptRuns(storage, 'aoife', Promise.resolve()),
    isSignedIn: () => signedIn,
    purpose: () => 'analysis',
    countsOnly: () => countsOnly,
    now: () => Date.now(),
    newId: () => 'new',
  })
  made.put(server.notebooks.get(id)!)
  return made
}

beforeEach(() => {
  vi.useFakeTimers()
  signedIn = true
  countsOnly = false
  server = new AnsweringServer()
  server.notebooks.set(id, aNotebook())
  storage = aStorage()
  desk = openDesk()
  saver = saveByItself(desk)
})
afterEach(() => {
  saver.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const write = (source: string) => desk.edit(id, (page) => ({ ...page, cells: change(page.cells, 'a', { source }) }))
const sources = () => desk.notebook(id)?.page.cells.map((cell) => cell.source)

describe('saving', () => {
  test('waits for a pause, sends once, and names the version it was made from', async () => {
    write('select 2')
    write('select 23')
    expect(desk.notebook(id)?.save).toBe('waiting')
    await vi.advanceTimersByTimeAsync(2000)
    expect(server.calls('PUT', /n1/)).toHaveLength(1)
    expect(desk.notebook(id)).toMatchObject({ save: 'saved', version: 2 })
    expect(server.notebooks.get(id)?.cells[0]?.source).toBe('select 23')
    expect(storage.length).toBe(0)
  })

  test('loses nothing while the server is away, nor when the tab dies', async () => {
    server.down = true
    write('select away')
    await vi.advanceTimersByTimeAsync(2000)
    expect(desk.notebook(id)?.save).toBe('failed')
    const next = openDesk()
    expect(next.notebook(id)?.recovered?.cells[0]?.source).toBe('select away')
    expect(next.notebook(id)?.page.cells[0]?.source).toBe('select 1')
    next.recover(id, true)
    expect(next.notebook(id)?.page.cells[0]?.source).toBe('select away')
    server.down = false
    await vi.advanceTimersByTimeAsync(6000)
    expect(server.notebooks.get(id)?.cells[0]?.source).toBe('select away')
  })

  test('never overwrites what somebody else saved without being told to', async () => {
    server.notebooks.set(id, { ...aNotebook(), version: 7, title: 'Theirs' })
    write('select mine')
    await vi.advanceTimersByTimeAsync(2000)
    expect(desk.notebook(id)).toMatchObject({ save: 'conflict', theirs: { version: 7, title: 'Theirs' } })
    expect(server.notebooks.get(id)?.version).toBe(7)
    settle(desk, id, 'mine')
    await saver.now(id)
    expect(server.notebooks.get(id)).toMatchObject({ version: 8, title: 'Ages' })
    expect(sources()?.[0]).toBe('select mine')
  })

  test('takes theirs whole when told so', async () => {
    server.notebooks.set(id, { ...aNotebook(), version: 7, title: 'Theirs' })
    write('select mine')
    await vi.advanceTimersByTimeAsync(2000)
    settle(desk, id, 'theirs')
    expect(desk.notebook(id)).toMatchObject({ save: 'saved', version: 7, page: { title: 'Theirs' } })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(server.notebooks.get(id)?.version).toBe(7)
  })
})

describe('what is typed', () => {
  const type = (source: string) => desk.edit(id, (page) => ({ ...page, cells: change(page.cells, 'a', { source }) }), 'typed')
  const typeOn = async (text: string) => {
    for (const at of [...text].keys()) {
      type(text.slice(0, at + 1))
      await vi.advanceTimersByTimeAsync(50)
    }
  }

  test('is known at once and drawn elsewhere when the typing pauses, or after a while', async () => {
    const seen: (string | undefined)[] = []
    desk.subscribe(() => seen.push(sources()?.[0]))
    await typeOn('select')
    expect(sources()?.[0]).toBe('select')
    expect(seen).toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(seen).toEqual(['select'])
    seen.length = 0
    await typeOn('select patient_key, code from c')
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.length).toBeLessThan(5)
  })

  test('is what runs, and is saved, without a pause before', async () => {
    type('select 7')
    const ran = runCell(desk, id, 'a')
    expect(desk.notebook(id)?.runs['a']?.phase).toBe('queued')
    await vi.advanceTimersByTimeAsync(2000)
    await ran
    expect(desk.notebook(id)?.runs['a']?.ran?.sql).toBe('select 7')
    expect(server.notebooks.get(id)?.cells[0]?.source).toBe('select 7')
  })
})

describe('changing the order of things', () => {
  const structure = (next: Parameters<Desk['edit']>[1]) => desk.edit(id, next, 'structure')

  test('can be undone and done again, and keeps what was typed since', () => {
    structure((page) => ({ ...page, cells: move(page.cells, 'b', -1) }))
    write('select later')
    structure((page) => ({ ...page, cells: remove(page.cells, 'c') }))
    expect(sources()).toEqual(['select wrong from people', 'select later'])
    desk.undo(id)
    desk.undo(id)
    expect(sources()).toEqual(['select later', 'select wrong from people', ''])
    desk.redo(id)
    expect(sources()).toEqual(['select wrong from people', 'select later', ''])
    expect([desk.redo(id), desk.redo(id)]).toEqual([true, false])
  })

  test('a new name is free, and a renamed result keeps its charts', () => {
    const { cells } = aNotebook()
    const more = insertAt(cells, 0, newCell('sql', 'x', [...cells, { id: 'r', kind: 'sql', name: 'result', source: '' }]))
    expect(more[0]?.name).toBe('result_2')
    expect(rename(cells, 'b', 'by_gender')[2]?.chart?.of).toBe('by_gender')
  })
})

describe('what is typed without a pause', () => {
  test('lies in the journal within a second, and goes to the server all the same', async () => {
    for (let at = 0; at < 40; at += 1) {
      write(`select ${at}`)
      await vi.advanceTimersByTimeAsync(100)
      if (at === 9) {
        const kept = desk.parts.journal.read(id, aNotebook())?.cells.find((cell) => cell.id === 'a')?.source
        expect(Number(kept?.replace('select ', ''))).toBeGreaterThanOrEqual(6)
        expect(server.calls('PUT', /notebooks/)).toEqual([])
      }
    }
    expect(server.calls('PUT', /notebooks/).length).toBeGreaterThan(0)
  })
})

describe('running', () => {
  const finish = async <T>(going: Promise<T>): Promise<T> => {
    await vi.advanceTimersByTimeAsync(3000)
    return going
  }

  test('brings rows and what they rest on', async () => {
    expect(await finish(runCell(desk, id, 'a'))).toBe('done')
    expect(desk.notebook(id)?.runs['a']).toMatchObject({
      phase: 'done',
      ran: { sql: 'select 1' },
      result: { rows: 3, basis: { consentEpoch: 318 } },
    })
    expect(server.calls('POST', /statements$/)[0]?.body).toEqual({ study: 'HARBOR', sql: 'select 1', purpose: 'analysis' })
  })

  test('a fault is told at its place in the cell, not in what was put in front of it', async () => {
    const sql = 'with people as (\nselect 1\n)\nselect wrong from people'
    server.fails.set('wrong', {
      title: 'No',
      status: 400,
      detail: 'There is no column wrong',
      position: sql.indexOf('wrong'),
      suggestion: 'sex',
    })
    expect(await finish(runCell(desk, id, 'b'))).toBe('failed')
    expect(desk.notebook(id)?.runs['b']?.problem).toMatchObject({
      what: 'There is no column wrong',
      position: 'select '.length,
      suggestion: 'sex',
    })
  })

  test('stopping stops the engine and keeps the rows of the run before', async () => {
    await finish(runCell(desk, id, 'a'))
    server.holds = true
    const going = runCell(desk, id, 'a')
    await vi.advanceTimersByTimeAsync(200)
    expect(desk.notebook(id)?.runs['a']).toMatchObject({ phase: 'running', progress: 0.5, result: { rows: 3 } })
    await stopCell(desk, id, 'a')
    await finish(going)
    expect(server.calls('DELETE', /statements\/s1$/).length).toBeGreaterThan(0)
    expect(desk.notebook(id)?.runs['a']).toMatchObject({ phase: 'stopped', result: { rows: 3 } })
  })

  test('rows are there again after the page was gone, and what ran meanwhile is followed on', async () => {
    await finish(runCell(desk, id, 'a'))
    server.holds = true
    void runCell(desk, id, 'b')
    await vi.advanceTimersByTimeAsync(200)
    const next = openDesk()
    const resumed = resumeRuns(next, id)
    await vi.advanceTimersByTimeAsync(200)
    expect(next.notebook(id)?.runs['a']).toMatchObject({ phase: 'done', result: { rows: 3 }, ran: { sql: 'select 1' } })
    expect(next.notebook(id)?.runs['b']).toMatchObject({ phase: 'running' })
    server.holds = false
    await finish(resumed)
    expect(next.notebook(id)?.runs['b']).toMatchObject({ phase: 'done', result: { rows: 3 } })
    expect(server.calls('POST', /statements$/)).toHaveLength(2)
  })

  test('a run does not wait for earlier rows that are still on their way back', async () => {
    await finish(runCell(desk, id, 'a'))
    const next = openDesk()
    server.silent = true
    void resumeRuns(next, id)
    await vi.advanceTimersByTimeAsync(200)
    expect(next.notebook(id)?.runs['a']).toMatchObject({ phase: 'queued', isReturning: true })
    server.silent = false
    expect(await finish(runCell(next, id, 'a'))).toBe('done')
    expect(server.calls('POST', /statements$/)).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(next.notebook(id)?.runs['a']).toMatchObject({ phase: 'done', isReturning: false, statement: 's1', result: { rows: 3 } })
  })

  test('rows that the server does not keep any more are told as such', async () => {
    await finish(runCell(desk, id, 'a'))
    server.statements.clear()
    const next = openDesk()
    await finish(resumeRuns(next, id))
    expect(next.notebook(id)?.runs['a']).toMatchObject({ phase: 'gone', result: null })
  })

  test('a run goes on through a network that breaks and a screen that locks', async () => {
    server.holds = true
    const going = runCell(desk, id, 'a')
    await vi.advanceTimersByTimeAsync(200)
    server.down = true
    await vi.advanceTimersByTimeAsync(3000)
    expect(desk.notebook(id)?.runs['a']).toMatchObject({ phase: 'running', isAway: true })
    for (const fault of ['silent', 'torn'] as const) {
      ;[server.down, server[fault]] = [false, true]
      await vi.advanceTimersByTimeAsync(2000)
      server.down = fault === 'torn'
      await vi.advanceTimersByTimeAsync(11_000)
      expect(desk.notebook(id)?.runs['a']).toMatchObject({ phase: 'running', isAway: true })
      server[fault] = false
    }
    ;[server.down, signedIn] = [false, false]
    const asked = server.asked.length
    await vi.advanceTimersByTimeAsync(3000)
    expect(server.asked).toHaveLength(asked)
    ;[server.holds, signedIn] = [false, true]
    expect(await finish(going)).toBe('done')
    expect(desk.notebook(id)?.runs['a']).toMatchObject({ phase: 'done', isAway: false, result: { rows: 3 } })
  })

  test('what the server ended by itself is told apart from a fault of the text, and can be run again', async () => {
    await finish(runCell(desk, id, 'a'))
    server.holds = true
    const ended = async () => {
      const going = runCell(desk, id, 'a')
      await vi.advanceTimersByTimeAsync(200)
      const { statement } = desk.notebook(id)!.runs['a']!
      server.statements.set(statement!, { ...server.statements.get(statement!)!, state: 'cancelled' })
      await finish(going)
      return desk.notebook(id)?.runs['a']
    }
    expect(await ended()).toMatchObject({ phase: 'stopped', problem: { again: true }, result: { rows: 3 } })
    server.fails.set('wrong', { title: 'No', status: 400 })
    server.holds = false
    await finish(runCell(desk, id, 'b'))
    expect(desk.notebook(id)?.runs['b']?.problem).not.toHaveProperty('again')
  })

  test('all of it goes top to bottom, ends at the first fault, and says when it went through', async () => {
    server.fails.set('wrong', { title: 'No', status: 400 })
    expect(await finish(runAll(desk, id))).toBe(false)
    expect([desk.notebook(id)?.runs['a']?.phase, desk.notebook(id)?.runs['b']?.phase]).toEqual(['done', 'failed'])
    server.fails.clear()
    expect(await finish(runAll(desk, id))).toBe(true)
    expect(desk.notebook(id)?.wholeRun).toMatchObject({ snapshots: [basis.snapshot] })
    write('select 5')
    expect(desk.notebook(id)?.wholeRun).toBeNull()
  })

  test('who gets counts only is not asked for the rows that statistics are made of', async () => {
    countsOnly = true
    server.fails.set('select 1', { title: 'No', status: 400 })
    const statistics: Cell['statistics'] = { kind: 'table-one', of: 'people', variables: ['gender'] }
    const figure: Cell = { id: 'd', kind: 'statistics', name: 'table_one', source: '', statistics }
    desk.edit(id, (page) => ({ ...page, cells: [...page.cells.filter((cell) => cell.id === 'a'), figure] }), 'structure')
    await finish(runAll(desk, id))
    expect(desk.notebook(id)?.runs['a']).toBeUndefined()
    expect(server.calls('POST', /statistics$/)).toHaveLength(1)
    countsOnly = false
    expect(await finish(runAll(desk, id))).toBe(false)
  })
})

test('a figure takes the name of its kind, unless somebody named it', () => {
  const cells: Cell[] = [
    { id: 'a', kind: 'statistics', name: 'survival', source: '' },
    { id: 'b', kind: 'statistics', name: 'table_one_2', source: '' },
    { id: 'c', kind: 'statistics', name: 'who', source: '' },
  ]
  expect([nameOfKind(cells, 'b', 'survival'), nameOfKind(cells, 'a', 'table-one'), nameOfKind(cells, 'c', 'survival')]).toEqual([
    'survival_2',
    'table_one',
    null,
  ])
})
