import { expect, test } from 'vitest'
import { checkView, runView } from './index.js'

test('a view names its problems and where they are', () => {
  const checked = checkView({
    resource: 'Patient',
    select: [
      {
        column: [
          { name: 'a', path: 'name.where(use = %kind)' },
          { name: 'a', path: '((' },
          { name: 'b', path: 'name.resolve()' },
        ],
      },
      { unionAll: [] },
    ],
  })
  expect('problems' in checked && checked.problems.map(({ path }) => path)).toEqual([
    'select[0].column[0].path',
    'select[0].column[1].path',
    'select[0].column[2].path',
    'select',
  ])
})

test('a condition is yes, no or nothing', () => {
  const checked = checkView({ resource: 'Patient', select: [{ column: [{ name: 'id', path: 'id' }] }], where: [{ path: 'gender' }] })
  if ('problems' in checked) throw new Error('the view is refused')
  expect(() => runView(checked.view, [{ resourceType: 'Patient', id: 'p', gender: 'male' }])).toThrow('where[0].path')
  expect(runView(checked.view, [{ resourceType: 'Patient', id: 'p' }])).toEqual([])
})
