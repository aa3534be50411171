import { describe, expect, test } from 'vitest'
import type { Cell } from './model.js'
import { compile, dependants, readsAlike, tablesNamed } from './references.js'

const sql = (name: string, source: string): Cell => ({ id: `id-${name}`, kind: 'sql', name, source })

describe('tables a statement names', () => {
  test.each([
    ['select * from patients', ['patients']],
    ['select people, n from a, b join c on a.x = c.from_at where exists (select 1 from d)', ['a', 'b', 'c', 'd']],
    ['select \'from hidden\' as text -- from comment\nfrom "Observation" o', ['observation']],
    ['select extract(year from onset_at) from conditions', ['conditions']],
    ['with x as (select * from patients) select * from x', ['patients', 'x']],
    ['select * from read_parquet(1), syn.patients', ['patients']],
  ])('%s', (text, names) => {
    expect(tablesNamed(text)).toEqual(names)
  })
})

describe('a cell that reads another', () => {
  const cells = [
    sql('hypertension', 'select patient_key from conditions;'),
    sql('by_sex', 'select gender from hypertension'),
    sql('last', 'select * from by_sex'),
  ]

  test('runs with the cells above in front, each once, in order', () => {
    expect(compile(cells, 'id-last')).toMatchObject({
      sql: 'with hypertension as (\nselect patient_key from conditions\n),\nby_sex as (\nselect gender from hypertension\n)\nselect * from by_sex',
      uses: ['hypertension', 'by_sex'],
    })
  })

  test('never reads a cell below it', () => {
    expect(compile([cells[1]!, cells[0]!], 'id-by_sex').sql).toBe('select gender from hypertension')
  })

  test('joins its own WITH and keeps places in the text', () => {
    const own = [cells[0]!, sql('own', '-- note\nwith x as (select 1) select wrong from x, hypertension')]
    const compiled = compile(own, 'id-own')
    expect(compiled.sql.startsWith('with hypertension as (')).toBe(true)
    expect(compiled.sql.match(/with/gi)).toHaveLength(1)
    const place = compiled.toSource(compiled.sql.indexOf('wrong'))
    expect(own[1]!.source.slice(place!, place! + 5)).toBe('wrong')
    expect(compiled.toSource(5)).toBeNull()
  })

  test('is found as dependant of what it reads, charts included', () => {
    const chart: Cell = { id: 'chart', kind: 'chart', name: 'c', source: '', chart: { type: 'bar', of: 'last', x: 'a', y: ['b'] } }
    expect(dependants([...cells, chart], 'hypertension')).toEqual(['id-by_sex', 'id-last', 'chart'])
  })

  test('sees what is written in cells that it reads, and in no others', () => {
    const parameter: Cell = { id: 'p', kind: 'parameter', name: 'as_of', source: '', parameter: { type: 'date', value: null } }
    const all = [...cells, sql('apart', 'select 1'), parameter]
    const written = (at: number, source: string) => all.map((cell, index) => (index === at ? { ...cell, source } : cell))
    const alike = (next: Cell[], id: string) => readsAlike(all, next, id)
    expect(alike(written(3, 'select 2'), 'id-last')).toBe(true)
    expect(alike(written(0, 'select 2'), 'id-last')).toBe(false)
    expect(alike(written(3, 'select 2'), 'id-apart')).toBe(false)
    expect(alike(written(3, 'select * from last'), 'id-last')).toBe(true)
    expect(alike(written(3, 'select $as_of'), 'p')).toBe(false)
    expect(alike([...all].reverse(), 'id-last')).toBe(false)
    expect(alike([...all.slice(0, 3), { ...all[3]!, name: 'other' }, parameter], 'id-last')).toBe(false)
  })
})
