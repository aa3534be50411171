import { expect, test } from 'vitest'
import { mayUse, rights, type Right } from '@aquifer/core/access'
import type { Me } from '@aquifer/core/contract'
import { paths, placesOf } from '../paths.js'
import { aboutTable, exampleCells, firstCell } from '../features/notebook/example.js'
import { getsCountsOnly, mayAsk, mayRelease } from './roles.js'

const holding = (role: Me['role'], ...without: Right[]) => ({
  role,
  rights: rights.filter((right) => mayUse(role, right) && !without.includes(right)),
})

test('who gets counts only asks in notebooks, and who gets neither rows nor counts does not', () => {
  const asks = (role: Me['role']) => [mayAsk(holding(role)), getsCountsOnly(holding(role))]
  expect(asks('analyst')).toEqual([true, false])
  expect(asks('study-manager')).toEqual([true, true])
  expect(asks('auditor')).toEqual([false, false])
  const placed = placesOf(holding('study-manager')).map(({ path }) => path)
  expect(placed).toEqual(expect.arrayContaining([paths.notebooks, paths.catalogue]))
  expect(placesOf(holding('auditor')).map(({ path }) => path)).not.toContain(paths.notebooks)
})

test('what a signed role policy took away is not offered, whatever the role', () => {
  const analyst = holding('analyst', 'query.run', 'result-release', 'cut.read')
  expect([getsCountsOnly(analyst), mayRelease(analyst), mayRelease(holding('analyst'))]).toEqual([true, false, true])
  expect(placesOf(analyst).map(({ path }) => path)).not.toContain(paths.cuts)
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
