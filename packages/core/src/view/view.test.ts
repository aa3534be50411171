import { expect, test } from 'vitest'
import { checkView, lineageOf, runView } from './index.js'

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

test('the elements that each column reads', () => {
  const checked = checkView({
    resource: 'Observation',
    select: [
      {
        column: [
          { name: 'id', path: 'getResourceKey()' },
          { name: 'value', path: 'value.ofType(Quantity).value' },
          { name: 'person', path: 'subject.getReferenceKey(Patient)' },
          { name: 'loinc', path: "code.coding.where(system = 'http://loinc.org').code.first()" },
          { name: 'fixed', path: '1 + 2' },
        ],
      },
      { forEach: 'component', column: [{ name: 'part', path: '%resource.status & code.text' }] },
    ],
  })
  if ('problems' in checked) throw new Error('the view is refused')
  expect(Object.fromEntries(lineageOf(checked.view))).toEqual({
    id: ['Observation.id'],
    value: ['Observation.valueQuantity.value'],
    person: ['Observation.subject.reference'],
    loinc: ['Observation.code.coding.code', 'Observation.code.coding.system'],
    fixed: [],
    part: ['Observation.component.code.text', 'Observation.status'],
  })
})
