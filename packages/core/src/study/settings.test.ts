import { expect, test } from 'vitest'
import { requiredFor, settingsDiff, settingsFindings, settingsOf, type AppRule } from './index.js'

const rules: AppRule[] = [
  { app: 'scale', versions: ['1.2', '1.3'], required: ['cloud'] },
  { app: 'diary', versions: null, required: [] },
]
// prettier-ignore
const table = [
  [[],                          ['share']],
  [['diary'],                   ['share']],
  [['diary/9'],                 ['share']],
  [['scale/1.2'],               ['share', 'cloud']],
  [['scale/1.3', 'diary/1'],    ['share', 'cloud']],
  [['scale/1.1'],               null],
  [['scale'],                   null],
  [['other/1'],                 null],
  [['diary/1', 'other/1'],      null],
] as const
test.each(table)('data of %j needs %j', (named, expected) => {
  expect(requiredFor(['share'], rules, named)).toEqual(expected)
  expect(requiredFor(['share'], [], named)).toEqual(['share'])
})

test('settings that contradict the study or themselves are named together', () => {
  const form = {
    type: 'a',
    version: '1',
    document: 'd',
    language: 'en',
    site: null,
    approved: '2026-02-01',
    from: '2026-01-01',
    reconsentBy: null,
  }
  const settings = settingsOf({ jurisdiction: 'Bavaria', targets: { X: 5 }, forms: [form, form], apps: [rules[0], rules[0]] })
  const found = settingsFindings(settings, { sites: ['A'], zone: 'UTC' }).map(({ path }) => path)
  expect(found).toEqual(['jurisdiction', 'targets.X', 'forms.0.from', 'forms.1', 'forms.1.from', 'apps'])
  expect(settingsFindings(settingsOf({}), { sites: [], zone: 'UTC' })).toEqual([])
})

test('a difference names leaves, and what a file does not say stays', () => {
  const before = { name: 'One', required: ['a'], targets: { A: 5, B: 3 } }
  expect(settingsDiff(before, { name: 'One', required: ['a', 'b'], targets: { A: 6 } })).toEqual([
    { path: 'required', from: ['a'], to: ['a', 'b'] },
    { path: 'targets.A', from: 5, to: 6 },
    { path: 'targets.B', from: 3, to: null },
  ])
  expect(settingsDiff(before, { ...before })).toEqual([])
  expect(settingsDiff(before, {})).toEqual([])
})
