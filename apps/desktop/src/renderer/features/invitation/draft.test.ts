import { expect, test } from 'vitest'
import { acceptanceOf, displayOf, emptyDraft, faultsOf, type Draft } from './draft.js'
import { languageOf, wordsIn } from './words.js'

const asked = { kind: 'patient', required: ['share-data', 'cloud'], patientNeeded: true } as const
const full: Draft = {
  given: ' Ann ',
  family: 'Bell',
  birthDate: '1990-02-03',
  gender: undefined,
  display: null,
  user: 'ann',
  password: 'violet harbour 77',
  agreed: ['share-data', 'cloud'],
}
const found = (draft: Draft, own = true, invitation: Parameters<typeof faultsOf>[1] = asked) =>
  Object.keys(faultsOf(draft, invitation, { words: wordsIn.en, own, today: '2026-05-01' }))

test('what is missing is told field by field, in the order of the page', () => {
  expect(found(emptyDraft)).toEqual(['given', 'family', 'birthDate', 'consent share-data', 'consent cloud', 'display', 'user', 'password'])
  expect(found(full)).toEqual([])
})
test.each<[string, Partial<Draft>, string]>([
  ['a birth to come', { birthDate: '2026-05-02' }, 'birthDate'],
  ['one consent of two', { agreed: ['cloud'] }, 'consent share-data'],
  ['a name in capitals', { user: 'Ann' }, 'user'],
  ['a password that is known', { password: 'password1234' }, 'password'],
  ['a password that is the own name', { password: 'ann bell 1234' }, 'password'],
])('%s is a fault', (_, change, field) => {
  expect(found({ ...full, ...change })).toEqual([field])
})
test('only what is asked for is needed and sent', () => {
  const close = { kind: 'third-party', required: [], patientNeeded: false } as const
  const draft = { ...emptyDraft, display: 'Cleo', user: 'cleo', password: full.password }
  expect(found(draft, true, close)).toEqual([])
  expect(acceptanceOf('c', draft, close, true)).toEqual({
    code: 'c',
    decision: 'accept',
    consents: [],
    relatedPerson: { resourceType: 'RelatedPerson', name: { text: 'Cleo' } },
    account: { user: 'cleo', display: 'Cleo', password: full.password },
  })
  // Where another organisation signs people in nobody chooses a password here.
  expect(found({ ...full, user: '', password: '' }, false)).toEqual([])
  expect(acceptanceOf('c', full, asked, false)).not.toHaveProperty('account')
})
test('the shown name follows the name of who takes part until it is typed', () => {
  expect(displayOf(full, asked)).toBe('Ann  Bell'.trim())
  expect(displayOf({ ...full, display: 'A. Bell' }, asked)).toBe('A. Bell')
  expect(displayOf(full, { ...asked, kind: 'guardian' })).toBe('')
})
test('a language is that of the letter where the page has it', () => {
  expect(['de-AT', 'de', 'fr', 'en-US'].map(languageOf)).toEqual(['de', 'de', 'en', 'en'])
})
