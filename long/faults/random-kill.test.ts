// Kill -9 at random moments of import, replication, masking and publishing; each time a restart, and what was broken off is done again.
// In the end every store holds what an unkilled run makes, by (type, id, version, hash).
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { generateBundles } from '@aquifer/core/generate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aquifer, startServer, type Server } from './server.js'
import { storesOf, type Stores } from './stores.js'

// The harness of seeds.test.ts stops between named points; this proves that a real kill of a real process is no worse.
const kills = Number(process.env['KILLS'] ?? 6)
const patients = 40
const waves = 4
const study = 'KILL'
const seed = Number(process.env['KILL_SEED'] ?? Math.floor(Math.random() * 1e9))

let root = ''
let reference: Stores
const files: string[] = []
const deleted: string[] = []

beforeAll(async () => {
  console.log(`seed ${seed} (KILL_SEED=${seed} repeats the moments)`)
  root = await mkdtemp(path.join(os.tmpdir(), 'aquifer-faults-'))
  await writeWaves()
  const folder = path.join(root, 'unkilled')
  const server = await startServer(folder)
  for (const step of steps(folder)) expect(await step()).toBe(true)
  await server.stop()
  reference = await storesOf(folder, study)
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** The same people again and again, each time with some observations changed. */
async function writeWaves(): Promise<void> {
  for (let wave = 0; wave < waves; wave += 1) {
    let n = 0
    const lines: string[] = []
    for (const bundle of generateBundles({ patients, seed: 'faults' })) {
      const copy = JSON.parse(JSON.stringify(bundle)) as { entry: { resource: Record<string, unknown> }[] }
      for (const { resource } of copy.entry) {
        if (resource['resourceType'] !== 'Observation') continue
        n += 1
        if (n % 11 === wave) resource['comments'] = `changed in wave ${wave}`
        if (wave === 0 && n % 40 === 0) deleted.push(String(resource['id']))
      }
      lines.push(JSON.stringify(copy))
    }
    const file = path.join(root, `wave-${wave}.ndjson`)
    await writeFile(file, `${lines.join('\n')}\n`)
    files.push(file)
  }
}

/** What is done, in order; each may be done again, and answers whether it is done. */
function steps(folder: string): (() => Promise<boolean>)[] {
  const succeeds = async (args: string[]): Promise<boolean> => (await aquifer(folder, args)).code === 0
  return [
    async () => {
      const made = await aquifer(folder, ['study', 'create', study, '--name', 'Kill', '--site', 'A', '--consents', 'share-data'])
      return made.code === 0 || made.stderr.includes('exists already')
    },
    ...files.map((file) => () => succeeds(['import', file, '--study', study, '--site', 'A', '--consent-on-file', 'paper', '--wait', '0'])),
    () => removeSome(folder),
    () => succeeds(['pipeline', 'wait', '--timeout', '240']),
  ]
}

async function removeSome(folder: string): Promise<boolean> {
  const { stdout, code } = await aquifer(folder, ['token', '--role', 'integrator', '--study', study])
  const { url } = JSON.parse(await readFile(path.join(folder, 'server.json'), 'utf8').catch(() => '{}')) as { url: string }
  if (code !== 0) return false
  for (const id of deleted) {
    const answer = await fetch(`${url}/fhir-server/api/v1/Observation/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${stdout.trim()}`, 'x-aquifer-study': study },
    }).catch(() => null)
    if (answer === null || (answer.status !== 204 && answer.status !== 410)) return false
  }
  return true
}

/** A small seeded generator: the moments can be repeated. */
function random(): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

test(`after ${kills} random kills all stores equal those of an unkilled run`, async () => {
  const folder = path.join(root, 'killed')
  // The same keys: pseudonyms are compared, too.
  await cp(path.join(root, 'unkilled', 'keys'), path.join(folder, 'keys'), { recursive: true })
  const next = random()
  const todo = steps(folder)
  const moments: string[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    const server = await startServer(folder)
    const momentMs = 300 + Math.floor(next() * 4_200)
    moments.push(`${todo.length} steps left, ${momentMs} ms`)
    await Promise.all([workUntilKilled(server, todo), sleep(momentMs).then(() => server.kill())])
  }
  console.log(`killed at: ${moments.join('; ')}`)
  const server = await startServer(folder)
  for (const step of todo.splice(0)) expect(await step()).toBe(true)
  expect((await aquifer(folder, ['pipeline', 'wait', '--timeout', '240'])).code).toBe(0)
  await server.stop()
  const found = await storesOf(folder, study)
  expect(found.repository).toEqual(reference.repository)
  expect(found.lake).toEqual(found.repository)
  expect(found.reservoir).toEqual(reference.reservoir)
  expect(reference.lake).toEqual(reference.repository)
  expect(reference.reservoir.length).toBeGreaterThan(1000)
  expect(reference.repository.some((line) => line.endsWith('/deleted'))).toBe(true)
})

async function workUntilKilled(server: Server, todo: (() => Promise<boolean>)[]): Promise<void> {
  let alive = true
  void server.exited.then(() => (alive = false))
  while (alive && todo.length > 0) {
    const done = await todo[0]().catch(() => false)
    if (done) todo.shift()
    else await sleep(100)
  }
}
