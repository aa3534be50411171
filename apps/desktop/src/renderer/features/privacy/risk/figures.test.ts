import { expect, test } from 'vitest'
import { bandsOf, choose, knownWords, shareWords, type Generalization } from './figures.js'

test('people stand by the size of their group, and what a mark hides is not divided', () => {
  expect(bandsOf({ people: 100, unique: 12, below: 40 })).toEqual({ alone: 12, few: 28, enough: 60, hidden: 0 })
  expect(bandsOf({ people: 100, unique: '<11', below: 40 })).toEqual({ alone: 0, few: 0, enough: 60, hidden: 40 })
  expect(bandsOf({ people: 100, unique: '<11', below: '<11' })).toEqual({ alone: 0, few: 0, enough: 0, hidden: 100 })
  expect(bandsOf({ people: '<11', unique: '<11', below: '<11' })).toEqual({ alone: 0, few: 0, enough: 0, hidden: 0 })
})

test('what an attacker knows is said with how exactly', () => {
  expect(knownWords(['gender', 'birth_year'], [{ attribute: 'birth_year', to: 'decade' }])).toBe('gender, year of birth to the decade')
  expect([shareWords(null), shareWords(0), shareWords(0.034), shareWords(1)]).toEqual(['hidden', '0 %', '3.4 %', '100 %'])
})

test('a second step for an attribute takes the place of the first', () => {
  const five: Generalization = { attribute: 'birth_year', to: 'five-years' }
  const decade: Generalization = { attribute: 'birth_year', to: 'decade' }
  const state: Generalization = { attribute: 'state', to: 'drop' }
  expect(choose([five, state], [five, decade, state])).toEqual([state, decade])
  expect(choose([decade, state], [state])).toEqual([state])
})
