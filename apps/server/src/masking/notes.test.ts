// What masking remembers of a study lies in journals, which one process at a time may write.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { noRemovals } from '@aquifer/core/masking'
import { openKeyring, openLake } from '../lake/index.js'
import { openFolderStore, systemClock } from '../storage/index.js'
import { StudyNotes } from './notes.js'
import type { MaskedBatch } from './worker-messages.js'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aquifer-notes-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function openNotes(mayWrite: () => void = () => undefined): Promise<StudyNotes> {
  const keyring = await openKeyring({ dir: join(folder, 'keys') })
  const lake = await openLake({ at: openFolderStore(join(folder, 'lake')).fenced(mayWrite), keyring })
  const notes = new StudyNotes(await lake.study('S'), { clock: systemClock })
  await notes.open()
  return notes
}
const scope = { policy: 'safe-harbor v1', key: 'k1' }
const batchOf = (id: string): MaskedBatch => ({
  byType: new Map(),
  rows: 1,
  held: [{ type: 'Observation', id, version: 1, reason: 'not-a-resource', detail: null, detailWords: [] }],
  removed: noRemovals(),
  displays: [{ system: 's', code: id, text: 'Body Height', words: ['body', 'height'], patients: ['p1'] }],
  names: [{ patient: 'p1', words: ['jane'] }],
  gate: { texts: [], fineDates: [], needles: [] },
})
const take = (notes: StudyNotes, id: string): Promise<void> => notes.take([batchOf(id)], new Map(), scope)
const held = (notes: StudyNotes): (string | null)[] => notes.held().map(({ id }) => id)
async function journals(): Promise<string[]> {
  const dir = join(folder, 'lake', 'S')
  return Promise.all((await readdir(dir)).sort().map(async (file) => `${file} ${(await readFile(join(dir, file))).toString('hex')}`))
}

test('whoever may write no more writes no journal, and remembers no more than what is written', async () => {
  let isOver = false
  const first = await openNotes(() => {
    if (isOver) throw new Error('another process may do this work by now')
  })
  await take(first, 'a')
  isOver = true
  const before = await journals()
  await expect(take(first, 'b')).rejects.toThrow('another process')
  await expect(first.forget({ patientKey: 'p1', ids: ['a'] })).rejects.toThrow('another process')
  await expect(first.begunAnew()).rejects.toThrow('another process')
  expect(await journals()).toEqual(before)

  // The other one goes on from there; when its time is over, the first finds what it wrote.
  const second = await openNotes()
  await take(second, 'c')
  isOver = false
  await take(first, 'b')
  expect(held(first)).toEqual(['a', 'c', 'b'])
  const third = await openNotes()
  expect([
    held(third),
    third
      .displays()
      ?.map(({ code }) => code)
      .sort(),
  ]).toEqual([
    ['a', 'c', 'b'],
    ['a', 'b', 'c'],
  ])
})
