import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isRefusal } from '../refusal/index.js'
import { studyKinds } from '../study/index.js'
import {
  actOfContract,
  afterEvent,
  decideWithdrawal,
  effectOn,
  storesNow,
  withdrawalActs,
  withdrawalRules,
  withdrawalStates,
  withholds,
  type WithdrawalAct,
  type WithdrawalEvent,
} from './index.js'

const none = undefined
// prettier-ignore
const table = [
  // kind        hold   asked       in force    act or refusal
  ['regulated', false, none,       null,       'stop-new'],
  ['regulated', false, 'stop-new', null,       'stop-new'],
  ['regulated', false, 'stop-use', null,       'business-rule'],
  ['regulated', false, 'erase',    null,       'business-rule'],
  ['regulated', true,  'stop-new', null,       'stop-new'],
  ['regulated', false, none,       'stop-new', 'conflict'],
  ['registry',  false, none,       null,       'stop-use'],
  ['registry',  false, 'stop-new', null,       'stop-new'],
  ['registry',  false, 'stop-use', 'stop-new', 'stop-use'],
  ['registry',  false, 'stop-new', 'stop-use', 'conflict'],
  ['registry',  false, 'erase',    null,       'business-rule'],
  ['program',   false, none,       null,       'stop-use'],
  ['program',   false, 'erase',    null,       'erase'],
  ['program',   false, 'erase',    'stop-use', 'erase'],
  ['program',   false, 'erase',    'erase',    'conflict'],
  ['program',   false, 'stop-use', 'erase',    'conflict'],
  ['program',   true,  'erase',    null,       'business-rule'],
  ['program',   true,  'stop-use', null,       'stop-use'],
] as const

test.each(table)('%s, legal hold %s, asked %s, in force %s: %s', (kind, legalHold, asked, inForce, expected) => {
  const decided = decideWithdrawal({ kind, legalHold, asked, inForce })
  expect(isRefusal(decided) ? decided.refusal : decided).toBe(expected)
})

test('the default of every kind is allowed, under a legal hold too', () => {
  for (const kind of studyKinds)
    for (const hold of [false, true]) {
      const { allowed, default: usual } = withdrawalRules(kind, hold)
      expect(allowed).toContain(usual)
      expect(hold && allowed.includes('erase')).toBe(false)
    }
})

test('a Contract stops what its kind stops by default, and never removes anything', () => {
  const acts = studyKinds.map((kind) => actOfContract({ kind, legalHold: false, inForce: null }))
  expect(acts).toEqual(studyKinds.map((kind) => withdrawalRules(kind, false).default))
  for (const kind of studyKinds)
    for (const legalHold of [false, true])
      for (const inForce of [null, ...withdrawalActs]) expect(actOfContract({ kind, legalHold, inForce })).not.toBe('erase')
  expect(actOfContract({ kind: 'registry', legalHold: false, inForce: 'stop-new' })).toBe('stop-use')
  expect(actOfContract({ kind: 'registry', legalHold: false, inForce: 'stop-use' })).toBeNull()
})

test('a stronger act leaves no store weaker than the act before', () => {
  const reach = { keep: 0, block: 1, withhold: 2, remove: 3 }
  for (const store of storesNow) {
    const reached = withdrawalActs.map((act) => reach[effectOn(store, act)])
    expect(reached).toEqual([...reached].sort((a, b) => a - b))
    expect(effectOn(store, 'erase')).toBe('remove')
  }
})

test('whoever may not be seen is in no store left as it was', () => {
  const acts: (WithdrawalAct | null)[] = [null, ...withdrawalActs]
  expect(acts.map(withholds)).toEqual([false, false, true, true])
  for (const act of withdrawalActs.filter(withholds)) for (const store of storesNow) expect(effectOn(store, act)).not.toBe('keep')
})

// prettier-ignore
const moves = [
  ['requested', 'begin',  'running'],  ['requested', 'finish', null],      ['requested', 'fail', null],     ['requested', 'cancel', 'cancelled'],
  ['running',   'begin',  'running'],  ['running',   'finish', 'done'],    ['running',   'fail', 'failed'], ['running',   'cancel', 'cancelled'],
  ['failed',    'begin',  'running'],  ['failed',    'finish', null],      ['failed',    'fail', null],     ['failed',    'cancel', 'cancelled'],
  ['done',      'begin',  null],       ['done',      'finish', null],      ['done',      'fail', null],     ['done',      'cancel', null],
  ['cancelled', 'begin',  null],       ['cancelled', 'finish', null],      ['cancelled', 'fail', null],     ['cancelled', 'cancel', null],
] as const
test.each(moves)('%s, then %s: %s', (state, event, next) => {
  expect(afterEvent(state, event, { irreversible: false })).toBe(next)
  expect(afterEvent(state, event, { irreversible: true })).toBe(event === 'cancel' ? null : next)
})

test('done is reached only through running, and nothing leaves it', () => {
  const events = fc.array(fc.tuple(fc.constantFrom<WithdrawalEvent>('begin', 'finish', 'fail', 'cancel'), fc.boolean()), { maxLength: 12 })
  fc.assert(
    fc.property(events, (happened) => {
      let state = withdrawalStates[0] as (typeof withdrawalStates)[number]
      for (const [event, irreversible] of happened) {
        const before = state
        state = afterEvent(state, event, { irreversible }) ?? state
        if (state === 'done' && before !== 'done') expect(before).toBe('running')
        if (before === 'done' || before === 'cancelled') expect(state).toBe(before)
      }
    }),
  )
})
