import { describe, expect, test } from 'vitest'
import type { Cell } from '../model.js'
import { fromIpynb, toIpynb } from './ipynb.js'

const cells: Cell[] = [
  { id: 'a', kind: 'markdown', name: '', source: '# Who\nand what' },
  { id: 'b', kind: 'sql', name: 'by_sex', source: 'select gender\nfrom patients -- $as_of' },
  { id: 'c', kind: 'chart', name: 'drawn', source: '', chart: { type: 'bar', of: 'by_sex', x: 'gender', y: ['n'] } },
  { id: 'd', kind: 'parameter', name: 'as_of', source: '', parameter: { type: 'date', value: '2026-11-22' } },
]
const without = (all: Cell[]) => all.map((cell) => Object.fromEntries(Object.entries(cell).filter(([key]) => key !== 'id')))
const read = (notebook: unknown) => fromIpynb(JSON.stringify(notebook), 'study.ipynb')

describe('a notebook as .ipynb', () => {
  test('comes back as it went, and holds no result', () => {
    const text = toIpynb({ title: 'People', cut: 'interim-1', cells })
    expect(fromIpynb(text, 'x.ipynb')).toEqual({ title: 'People', cut: 'interim-1', cells: without(cells) })
    const written = JSON.parse(text) as { nbformat: number; nbformat_minor: number; cells: Record<string, unknown>[] }
    expect([written.nbformat, written.nbformat_minor]).toEqual([4, 5])
    expect(written.cells[1]).toMatchObject({
      cell_type: 'code',
      id: 'b',
      outputs: [],
      execution_count: null,
      source: ['select gender\n', 'from patients -- $as_of'],
    })
  })

  test('of another program: SQL stays SQL, other code is kept as text', () => {
    const code = (source: string | string[], metadata = {}) => ({ cell_type: 'code', metadata, source, outputs: [], execution_count: 1 })
    const foreign = {
      nbformat: 4,
      nbformat_minor: 4,
      metadata: { kernelspec: { language: 'python' } },
      cells: [
        code(['%%sql result <<\n', 'select 1']),
        code('print(1)'),
        code('select 2', { vscode: { languageId: 'sql' } }),
        { cell_type: 'markdown', metadata: {}, source: 'said' },
      ],
    }
    expect(read(foreign)).toEqual({
      title: 'study',
      cells: [
        { kind: 'sql', name: 'result', source: 'select 1' },
        { kind: 'markdown', name: '', source: '```python\nprint(1)\n```' },
        { kind: 'sql', name: 'result_2', source: 'select 2' },
        { kind: 'markdown', name: '', source: 'said' },
      ],
    })
  })

  test('says what is wrong with a file that is none', () => {
    expect(fromIpynb('{', 'x')).toEqual({ fault: 'The file is not JSON.' })
    expect(read({ nbformat: 3, worksheets: [] })).toEqual({ fault: 'The file is no notebook of nbformat 4.' })
  })
})
