import { expect, test } from 'vitest'
import { funnelOf, judgeMove, participantStates, type ParticipantState } from './index.js'

const move = (from: ParticipantState | null, to: ParticipantState, more: { reason?: string; at?: number; since?: number } = {}) =>
  judgeMove({ from, to, reason: more.reason ?? 'a reason', at: more.at ?? 5, since: more.since ?? null, now: 10 })

// prettier-ignore
const allowed: Record<string, ParticipantState[]> = {
  new:                 ['invited', 'screened', 'enrolled'],
  invited:             ['screened', 'screen-failed', 'enrolled', 'discontinued', 'lost-to-follow-up'],
  screened:            ['screen-failed', 'enrolled', 'discontinued', 'lost-to-follow-up'],
  'screen-failed':     ['screened'],
  enrolled:            ['completed', 'discontinued', 'lost-to-follow-up'],
  completed:           [],
  discontinued:        [],
  'lost-to-follow-up': ['enrolled', 'completed', 'discontinued'],
}
test.each(Object.entries(allowed))('after %s come %s and nothing else', (from, to) => {
  const state = from === 'new' ? null : (from as ParticipantState)
  expect(participantStates.filter((next) => move(state, next) === null)).toEqual(participantStates.filter((next) => to.includes(next)))
})
test('an end needs a reason, and time runs forwards', () => {
  for (const state of ['discontinued', 'lost-to-follow-up'] as const) {
    expect(move('enrolled', state, { reason: ' ' })?.refusal).toBe('invalid')
    expect(move('enrolled', state)).toBeNull()
  }
  expect(move('enrolled', 'completed', { reason: '' })).toBeNull()
  expect(move('invited', 'screened', { at: 11 })?.refusal).toBe('invalid')
  expect(move('invited', 'screened', { at: 5, since: 6 })?.refusal).toBe('invalid')
  expect(move('invited', 'screened', { at: 6, since: 6 })).toBeNull()
})
test('a funnel counts people once per stage, by site and month, against targets', () => {
  const step = (subject: number, site: string, state: ParticipantState, at: number) => ({ subject, site, state, at })
  const steps = [
    step(1, 'A', 'invited', 1), step(1, 'A', 'screened', 2), step(1, 'A', 'enrolled', 3), step(1, 'A', 'completed', 9),
    step(2, 'A', 'invited', 1), step(2, 'A', 'screened', 2), step(2, 'A', 'screen-failed', 3),
    step(3, 'B', 'enrolled', 4), step(3, 'B', 'lost-to-follow-up', 5), step(3, 'B', 'enrolled', 6),
  ] // prettier-ignore
  const options = { targets: { A: 5, C: 2 }, monthOf: (at: number) => (at < 4 ? '2026-01' : '2026-02') }
  const funnel = funnelOf(steps, { ...options, at: 8 })
  expect(funnel.total).toMatchObject({ target: 7, reached: { invited: 3, screened: 3, enrolled: 2, completed: 0 } })
  expect(funnel.bySite.map(({ site, target, reached }) => [site, target, reached.enrolled])).toEqual([
    ['A', 5, 1],
    ['B', null, 1],
    ['C', 2, 0],
  ])
  expect(funnel.total.standing).toMatchObject({ enrolled: 2, 'screen-failed': 1, completed: 0 })
  expect(funnel.overTime).toEqual([
    { month: '2026-01', invited: 2, screened: 2, enrolled: 1, completed: 0 },
    { month: '2026-02', invited: 1, screened: 1, enrolled: 1, completed: 0 },
  ])
  expect(funnelOf(steps, { ...options, at: 9 }).total.reached.completed).toBe(1)
})
