import { expect, test } from 'vitest'
import { notebookSave } from '@aquifer/core/contract'
import { savable } from './criteria.js'
import type { Cell } from '../model.js'

test('a rule that is being written does not keep the notebook from being saved', () => {
  const age = { is: 'age' as const, min: 18, on: '2026-11-22' }
  const empty = { is: 'condition' as const, of: { codes: [] } }
  const named = { is: 'condition' as const, of: { codes: ['38341003'] } }
  const all = [age, empty, { is: 'any' as const, of: [named, empty] }, { is: 'not' as const, of: empty }]
  const cell: Cell = { id: 'a', kind: 'cohort', name: 'cohort', source: '', cohort: { criteria: { all } } }
  const page = { title: 'Who', cut: null, cells: [cell] }
  expect(notebookSave.safeParse({ ...page, version: 1 }).success).toBe(false)
  const sent = notebookSave.parse({ ...savable(page), version: 1 })
  expect(sent.cells[0]?.cohort?.criteria.all).toEqual([age, { is: 'any', of: [named] }])
})
