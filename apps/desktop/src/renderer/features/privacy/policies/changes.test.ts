import { expect, test } from 'vitest'
import { groupChanges } from './changes.js'

const changes = [
  { path: 'provenance', from: 'none', to: 'element' },
  { path: 'paths.Patient.maritalStatus', from: null, to: 'remove' },
  { path: 'withheld', from: null, to: 'Media' },
  { path: 'classes.STATE', from: 'keep', to: 'remove' },
]

test('changes stand by what they speak of, classes before single elements, what has no heading last', () => {
  expect(groupChanges(changes, '').map(({ name, changes: of }) => [name, of.map(({ where }) => where)])).toEqual([
    ['Classes of content', ['STATE']],
    ['Single elements', ['Patient.maritalStatus']],
    ['Types never let out', ['withheld']],
    ['Everything else', ['provenance']],
  ])
})

test('a word is looked for in the place and in what stands there before and after', () => {
  const found = (word: string) => groupChanges(changes, word).flatMap(({ changes: of }) => of.map(({ where }) => where))
  expect([found('marital'), found(' KEEP '), found('media'), found('classes'), found('nothing of it')]).toEqual([
    ['Patient.maritalStatus'],
    ['STATE'],
    ['withheld'],
    ['STATE'],
    [],
  ])
})
