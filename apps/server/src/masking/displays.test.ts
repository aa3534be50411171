import { describe, expect, test } from 'vitest'
import { createDisplayDictionary, displayPeopleMin, type DisplayState } from './index.js'

const people = (count: number, from = 0): string[] => Array.from({ length: count }, (_, index) => `person-${from + index}`)
const named = (patients: string[], words: string[] = ['zz']): { patient: string; words: string[] }[] =>
  patients.map((patient) => ({ patient, words }))
const height = { system: 'http://loinc.org', code: '8302-2', text: 'Body Height', words: ['body', 'height'] }
const approved = { system: height.system, code: height.code, text: height.text }

describe('a display enters the dictionary', () => {
  test(`when ${displayPeopleMin} people share it, not before`, () => {
    const dictionary = createDisplayDictionary()
    dictionary.offer({ displays: [{ ...height, patients: people(10) }], names: named(people(11)) })
    dictionary.offer({ displays: [{ ...height, patients: people(10) }], names: [] })
    expect(dictionary.approved()).toEqual([])
    dictionary.offer({ displays: [{ ...height, patients: ['person-10'] }], names: [] })
    expect(dictionary.approved()).toEqual([approved])
  })

  test('counting nobody who bears a word of it, or whose names are not known yet', () => {
    const dictionary = createDisplayDictionary()
    dictionary.offer({
      displays: [{ ...height, patients: people(12) }],
      names: [...named(people(10)), ...named(['person-10'], ['jane', 'height'])],
    })
    expect(dictionary.approved()).toEqual([])
    dictionary.offer({ displays: [], names: named(['person-11']) })
    expect(dictionary.approved()).toEqual([approved])
  })

  test('word for word, the usual text of a code before a rarer one, whatever came first', () => {
    const rare = { ...height, text: 'Height of body' }
    const batches = [
      { displays: [{ ...rare, patients: people(12) }], names: named(people(40)) },
      { displays: [{ ...height, patients: people(20, 12) }], names: [] },
    ]
    for (const order of [batches, batches.toReversed()]) {
      const dictionary = createDisplayDictionary()
      for (const batch of order) dictionary.offer(batch)
      expect(dictionary.approved()).toEqual([approved])
    }
  })

  test('also when the people came before and after a restart', () => {
    const before = createDisplayDictionary()
    before.offer({ displays: [{ ...height, patients: people(6) }], names: named(people(11)) })
    const state = JSON.parse(JSON.stringify(before.state())) as DisplayState
    const after = createDisplayDictionary(state)
    expect(after.state()).toEqual(before.state())
    after.offer({ displays: [{ ...height, patients: people(6, 5) }], names: [] })
    expect(after.approved()).toEqual([approved])
  })
})

describe('a privacy officer decides', () => {
  const verdict = (text: string, said: 'approve' | 'reject') => (display: { text: string }) => (display.text === text ? said : null)

  test('what is approved goes before what came in by itself, what is rejected stays out, and nobody’s text is none', () => {
    const dictionary = createDisplayDictionary()
    const rare = { ...height, text: 'Height of body' }
    dictionary.offer({
      displays: [
        { ...height, patients: people(12) },
        { ...rare, patients: ['person-0'] },
      ],
      names: named(people(12)),
    })
    expect(dictionary.approved(verdict('Height of body', 'approve'))).toEqual([{ ...approved, text: 'Height of body' }])
    expect(dictionary.approved(verdict('Body Height', 'reject'))).toEqual([])
    dictionary.forget('person-0')
    expect(dictionary.approved(verdict('Height of body', 'approve'))).toEqual([approved])
  })

  test('and is told where a word names one who has the text, or somebody as few are named, but not where it names many', () => {
    const dictionary = createDisplayDictionary()
    const text = (code: string, words: string[]) => ({ ...height, code, words, patients: ['person-0'] })
    dictionary.offer({
      displays: [text('own', ['common']), text('other', ['rare']), text('many', ['street']), text('none', ['body'])],
      names: [...named(['person-0'], ['common']), ...named(people(20, 1), ['street', 'common']), ...named(['person-30'], ['rare'])],
    })
    const naming = dictionary.known().flatMap(({ code, namesSomebody }) => (namesSomebody ? [code] : []))
    expect(naming).toEqual(['other', 'own'])
  })
})
