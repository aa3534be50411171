import { expect, test } from 'vitest'
import { paths, placesOf } from '../paths.js'
import { aboutTable, exampleCells, firstCell } from '../features/notebook/example.js'
import { getsCountsOnly, mayAsk } from './roles.js'

test('who gets counts only asks in notebooks, and who gets neither rows nor counts does not', () => {
  const asks = (role: Parameters<typeof mayAsk>[0]) => [mayAsk(role), getsCountsOnly(role)]
  expect(asks('analyst')).toEqual([true, false])
  expect(asks('study-manager')).toEqual([true, true])
  expect(asks('auditor')).toEqual([false, false])
  const placed = placesOf('study-manager').map(({ path }) => path)
  expect(placed).toEqual(expect.arrayContaining([paths.notebooks, paths.catalogue]))
  expect(placesOf('auditor').map(({ path }) => path)).not.toContain(paths.notebooks)
})

test('what is offered to whoever gets counts only is of groups', () => {
  const offered = [
    firstCell(true).source,
    ...exampleCells(true).flatMap(({ kind, source }) => (kind === 'sql' ? [source] : [])),
    aboutTable({ name: 'Odd', columns: [{ name: 'patient_key' }] }, true) ?? '',
  ]
  for (const sql of offered) {
    expect(sql).toMatch(/count\(/)
    expect(sql).not.toMatch(/having|filter|count_if|round\(|\bselect \*/)
  }
  expect(offered.at(-1)).toContain('"Odd"')
  expect(aboutTable({ name: 'code_lists', columns: [{ name: 'code' }] }, true)).toBeNull()
  expect(firstCell(false).source).toBe('')
})
