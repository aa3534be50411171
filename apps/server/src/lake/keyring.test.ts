import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { programPath } from '../storage/index.js'
import { openKeyring } from './index.js'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'aquifer-keyring-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const purposes = ['lake', 'masking'] as const

test('servers that make the first keys of all at once use the same ones, and those are what a later one finds', async () => {
  const used = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const ring = await openKeyring({ dir })
      return Promise.all(purposes.map(async (purpose) => (await ring.studyKey('S', purpose)).key.toString('hex')))
    }),
  )
  const later = await openKeyring({ dir })
  const found = await Promise.all(
    purposes.map(async (purpose) => (await later.studyKeys('S', purpose)).map(({ key }) => key.toString('hex'))),
  )
  expect(used).toEqual(used.map(() => found.flat()))
  expect((await readdir(dir)).sort()).toEqual(['master.key', 'study-S.json'])
})

test('changes by several at once are all made', async () => {
  const rings = await Promise.all([1, 2, 3].map(() => openKeyring({ dir })))
  const made = await Promise.all(rings.map((ring) => ring.prepare('S', 'masking', 1)))
  const found = await (await openKeyring({ dir })).prepared('S', 'masking')
  expect(found.map(({ id }) => id).sort()).toEqual(made.map(({ id }) => id).sort())
})

test('a server that was killed while it made the first key keeps nobody from going on', async () => {
  const [storage, lake] = ['storage/index', 'lake/index'].map((door) => pathToFileURL(programPath(door)).href)
  const program = `import { armFaults } from '${storage}'; import { openKeyring } from '${lake}'
    armFaults('storage.replacement-claimed=kill'); await (await openKeyring({ dir: process.argv[1] })).studyKey('S', 'lake')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, dir], { stdio: 'ignore' })
  expect(await new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)))).toBe('SIGKILL')
  const ids = []
  for (const ring of [await openKeyring({ dir }), await openKeyring({ dir })]) ids.push((await ring.studyKey('S', 'lake')).id)
  expect(new Set(ids).size).toBe(1)
  expect(await (await openKeyring({ dir })).studyKeys('S', 'lake')).toHaveLength(1)
})
