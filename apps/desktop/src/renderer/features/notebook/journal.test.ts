import { expect, test } from 'vitest'
import { aStorage } from '../../../../test/answering-server.js'
import { openJournal } from './journal.js'

test('what was typed and never saved is listed per person, the newest first', () => {
  const storage = aStorage()
  const ada = openJournal(storage, 'ada')
  ada.write('n1', 3, { title: 'Ages', cut: null, cells: [] }, '2026-11-22T09:00:00Z')
  ada.write('n2', 1, { title: 'Sites', cut: null, cells: [] }, '2026-11-22T10:00:00Z')
  openJournal(storage, 'ben').write('n3', 1, { title: 'His', cut: null, cells: [] }, '2026-11-22T11:00:00Z')
  storage.setItem('aquifer.journal.ada.n4', '{')
  expect(ada.list().map(({ id, title }) => [id, title])).toEqual([
    ['n2', 'Sites'],
    ['n1', 'Ages'],
  ])
  ada.clear('n2')
  expect(ada.list().map(({ id }) => id)).toEqual(['n1'])
})
