import { expect, test, vi } from 'vitest'
import { aStorage } from '../../../../test/answering-server.js'
import { openJournal } from './journal.js'
import { openPresence } from './presence.js'

/** Locks of one browser, as far as this asks for them: a name is had once at a time, who asks later waits. */
function aBrowser() {
  const held = new Map<string, Promise<unknown>>()
  const request = async (name: string, then: () => unknown): Promise<unknown> => {
    while (held.has(name)) await held.get(name)
    const done = Promise.resolve(then()).then(() => held.delete(name))
    held.set(name, done)
    return done
  }
  const query = async () => ({ held: [...held.keys()].map((name) => ({ name })), pending: [] })
  return { request, query } as unknown as Pick<LockManager, 'request' | 'query'>
}

test('a tab sees which notebooks others have open, and when they are gone', async () => {
  const locks = aBrowser()
  const first = openPresence('ada', 'first', { locks, channel: undefined })
  expect(first.isOpenIn('n1', 'second')).toBe(true)
  await first.ready
  expect(first.isOpenIn('n1', 'second')).toBe(false)
  first.enter('n1')
  const second = openPresence('ada', 'second', { locks, channel: undefined })
  await second.ready
  expect([second.isOpenElsewhere('n1'), second.isOpenElsewhere('n2')]).toEqual([true, false])
  expect([second.isOpenIn('n1', 'first'), second.isOpenIn('n1', 'third')]).toEqual([true, false])
  const ben = openPresence('ben', 'his', { locks, channel: undefined })
  await ben.ready
  expect(ben.isOpenElsewhere('n1')).toBe(false)
  const moved = vi.fn()
  second.subscribe(moved)
  first.leaveAll()
  await vi.waitFor(() => expect(moved).toHaveBeenCalled(), 30_000)
  expect(second.isOpenElsewhere('n1')).toBe(false)
})

test('two tabs write beside each other, and what one works on is not offered to the other', () => {
  const storage = aStorage()
  const open = new Set(['first', 'second'])
  const tab = (page: string) => openJournal(storage, 'ada', { page, isOpenIn: (_, other) => open.has(other) })
  const [first, second] = [tab('first'), tab('second')]
  const saved = { title: 'Ages', cut: null, cells: [] }
  first.write('n1', 1, { title: 'Typed in the first', cut: null, cells: [] }, '2026-11-22T09:00:00Z')
  second.write('n1', 1, { title: 'Typed in the second', cut: null, cells: [] }, '2026-11-22T09:01:00Z')
  second.clear('n1')
  expect(second.read('n1', saved)).toBeNull()
  open.delete('first')
  const left = second.read('n1', saved)
  expect(left?.title).toBe('Typed in the first')
  second.discard(left!)
  expect(tab('third').list()).toEqual([])
})

test('what was kept before tabs had places of their own is offered', () => {
  const storage = aStorage()
  storage.setItem('aquifer.journal.ada.n1', JSON.stringify({ at: '2026-11-22T09:00:00Z', version: 1, title: 'Old', cut: null, cells: [] }))
  expect(openJournal(storage, 'ada').read('n1', { title: 'Ages', cut: null, cells: [] })?.title).toBe('Old')
})
