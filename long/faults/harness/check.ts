// What every store holds in the end, beside the model.
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { typeName } from '@aquifer/core/fhir'
import { readManifest, readPage } from '../../../apps/server/src/lake/manifest.js'
import { segmentFile } from '../../../apps/server/src/lake/segment.js'
import { openFolderStore } from '../../../apps/server/src/storage/index.js'
import { lakeVersions } from '../../../apps/server/src/pipeline/test/world.js'
import { livingRowsSql, readReservoirManifest } from '../../../apps/server/src/reservoir/index.js'
import { filesOf } from '../../../apps/server/src/reservoir/manifest.js'
import { study, type Duck } from './bench.js'
import type { Governed } from './governance.js'
import { brokenGroups, historyFault, type Person, type StoredVersion } from './model.js'
import { filesIn, textOf } from './observer.js'
import type { Work } from './workload.js'

const orphanLooksMax = 20
const orphanLookMs = 100

interface VersionRow {
  type: string
  id: string
  version: number
  deleted: boolean
  content: string
  hash: string | null
  audited: boolean
}

const versionsSql = `select v.type, c.id, v.version, v.op = 'D' as deleted, coalesce(convert_from(v.content, 'utf8'), '') as content, encode(v.hash, 'hex') as hash,
    exists (select 1 from audit a where a.id = v.audit) as audited
  from version v join current c on c.rid = v.rid where v.sid in (0, (select sid from study where id = $1)) order by v.type, c.id, v.version`

async function storedVersions({ bench }: Work): Promise<VersionRow[]> {
  const { rows } = await bench.owner.query<Omit<VersionRow, 'type'> & { type: number }>(versionsSql, [study])
  return rows.map((row) => ({ ...row, type: typeName(row.type) }))
}

const markerIn = (content: string): string | null => /"urn:marker","value":"(m\d+)"/.exec(content)?.[1] ?? null
const onceIn = (content: string): string | null => /"urn:once","value":"([^"]+)"/.exec(content)?.[1] ?? null
const isOf = (person: Person, row: VersionRow): boolean =>
  row.id === person.id || row.id.startsWith(`canary-${person.id}-`) || row.content.includes(`"Patient/${person.id}"`)

/** No acknowledged write is lost or doubled, and each has its record; what came back by the lake has it no more. */
export async function checkRepository(work: Work, { restored = false } = {}): Promise<void> {
  const { model, fault } = work
  const rows = await storedVersions(work)
  const resources = new Map<string, VersionRow[]>()
  for (const row of rows) {
    if (!row.audited && !restored) fault(`${row.type}/${row.id}/${row.version} has no record in the trail`)
    const id = `${row.type}/${row.id}`
    resources.set(id, [...(resources.get(id) ?? []), row])
  }
  const found = new Map<string, VersionRow[]>()
  for (const [id, versions] of resources) {
    const once = versions.map(({ content }) => onceIn(content)).find((each) => each !== null)
    const key = once === undefined ? id : `once/${once}`
    if (found.has(key)) fault(`${key} is stored as two resources`)
    found.set(key, versions)
  }
  const erased = model.people.filter(({ withdrawn }) => withdrawn === 'erase')
  for (const person of erased)
    for (const row of rows) if (isOf(person, row)) fault(`${row.type}/${row.id}/${row.version} of ${person.id} is stored, who was erased`)
  const isErased = (key: string): boolean => model.owner.get(key)?.withdrawn === 'erase'
  for (const [key, attempts] of model.attempts) {
    if (isErased(key)) continue
    const problem = historyFault(attempts, asked(work, key, found.get(key) ?? []))
    if (problem !== null) fault(`${key}: ${problem}`)
  }
  unasked(work, found)
  const stored = new Set(rows.flatMap(({ content }) => markerIn(content) ?? []))
  for (const problem of brokenGroups(model, stored, (key) => !isErased(key))) fault(problem)
}

/** What the server itself adds is left out: a withdrawal ends the Contracts. */
function asked({ model }: Work, key: string, versions: readonly VersionRow[]): StoredVersion[] {
  const byServer = key.startsWith('Contract/') && model.owner.get(key)?.withdrawn != null
  const markers = new Set<string>()
  const made: StoredVersion[] = []
  for (const { version, content, deleted } of versions) {
    const marker = markerIn(content)
    if (byServer && marker !== null && markers.has(marker) && content.includes('"withdrawn"')) continue
    if (marker !== null) markers.add(marker)
    made.push({ version, marker, deleted })
  }
  return made
}

function unasked({ model, fault }: Work, found: ReadonlyMap<string, VersionRow[]>): void {
  const contracts = new Map<string, number>()
  for (const [key, versions] of found) {
    if (model.attempts.has(key)) continue
    const owner = model.people.find((person) => versions.some((row) => isOf(person, row)))
    if (owner?.registered && key.startsWith('Contract/')) contracts.set(owner.id, (contracts.get(owner.id) ?? 0) + 1)
    else fault(`${key} is stored, and nobody asked for it`)
  }
  for (const [id, count] of contracts) if (count > 1) fault(`${id} has ${count} Contracts of one registration`)
}

/** The lake has each version that flows into the study once, and the ends of who is not shown any more. */
export async function checkLake(work: Work): Promise<void> {
  const { bench, fault } = work
  const { rows } = await bench.owner.query<{ type: number; id: string; version: number; hash: string | null }>(
    `select v.type, c.id, v.version, encode(v.hash, 'hex') as hash from version v join current c on c.rid = v.rid join study s on s.sid = v.sid where s.id = $1
     union select v.type, c.id, v.version, encode(v.hash, 'hex') from reach r join version v on v.rid = r.rid and v.version = r.version
       join current c on c.rid = v.rid join study s on s.sid = r.sid where s.id = $1
     union select c.type, c.id, t.version, null from tombstone t join current c on c.rid = t.rid join study s on s.sid = t.sid where s.id = $1`,
    [study],
  )
  const expected = rows.map(({ type, id, version, hash }) => `${typeName(type)}/${id}/${version}/${hash ?? 'deleted'}`).sort()
  const lake = await bench.within(({ flow }) => Promise.resolve(flow!.lake))
  const found = lake === null ? [] : await lakeVersions(lake, study)
  differ('lake', expected, found, fault)
}

function differ(store: string, expected: readonly string[], found: readonly string[], fault: Work['fault']): void {
  const left = new Map<string, number>()
  for (const each of expected) left.set(each, (left.get(each) ?? 0) + 1)
  for (const each of found) left.set(each, (left.get(each) ?? 0) - 1)
  for (const [each, count] of left) {
    if (count > 0) fault(`${store}: ${each} is missing`)
    if (count < 0) fault(`${store}: ${each} is there ${count === -1 ? 'without cause or twice' : `${-count} times too often`}`)
  }
}

const shownTypes = ['Patient', 'Observation', 'Condition']

/** The reservoir has one masked row for each living resource of those who have not withdrawn, and nothing else. */
export async function checkReservoir(work: Work, governed: Governed, duck: Duck): Promise<void> {
  const { bench, model, fault } = work
  const dir = path.join(bench.dataDir, 'reservoir', study)
  const manifest = await readReservoirManifest(dir)
  if (manifest === null) return fault('there is no reservoir')
  const rows = await storedVersions(work)
  const newest = new Map<string, VersionRow>()
  for (const row of rows) newest.set(`${row.type}/${row.id}`, row)
  const expected: string[] = []
  for (const person of model.people.filter(({ withdrawn }) => withdrawn === null)) {
    const his = [...newest.values()].filter((row) => !row.deleted && shownTypes.includes(row.type) && isOf(person, row))
    const masked = await bench.within(({ flow }) => flow!.masked(study, person.id, his))
    his.forEach((row, n) => expected.push(line(row, masked!.ids[n], masked!.patientKey)))
  }
  const found: string[] = []
  for (const type of shownTypes) {
    const entry = manifest.types[type]
    if (!entry || entry.files.length === 0) continue
    const value = type === 'Observation' ? 'r.valueQuantity.value' : 'NULL'
    const sql = livingRowsSql(dir, entry, `r._id, r.patient_key, r._v, ${value} AS value, r.masking_policy`)
    const living = (await duck.runAndReadAll(`SELECT * FROM (${sql})`)).getRows()
    if (living.length !== entry.rows) fault(`the manifest counts ${entry.rows} of ${type}, and there are ${living.length}`)
    for (const [id, key, version, n, policy] of living) {
      found.push([type, String(id), String(key), Number(version), n === null ? '-' : Number(n)].join(' '))
      if (policy !== manifest.maskingPolicy) fault(`a row of ${type} is masked by ${String(policy)}, not ${manifest.maskingPolicy}`)
    }
  }
  differ('reservoir', expected.sort(), found.sort(), fault)
  await checkStamp(work, governed, manifest)
  await checkGone(work, duck)
}

function line(row: VersionRow, id: string, key: string): string {
  const value = row.type === 'Observation' ? Number(/"valueQuantity":\{"value":(\d+)/.exec(row.content)?.[1]) : '-'
  return [row.type, id, key, row.version, value].join(' ')
}

async function checkStamp({ bench, fault }: Work, governed: Governed, manifest: { maskingPolicy: string; maskingKey: string }) {
  const { policy, keys } = governed
  const { rows } = await bench.owner.query<{ masking: string }>('select masking from study where id = $1', [study])
  const name = manifest.maskingPolicy.replace(/ v\d+$/, '')
  if (!rows[0]?.masking.startsWith(name)) fault(`the study is masked by ${rows[0]?.masking}, and ${name} is shown`)
  if (policy?.known && policy.name !== name) fault(`${policy.name} was signed by two, and ${name} is shown`)
  const all = (await bench.within(({ flow }) => flow!.keyring.studyKeys(study, 'masking'))) ?? []
  const current = all.find(({ retiredAt }) => retiredAt === undefined)
  if (current?.id !== manifest.maskingKey) fault('what is shown has not the key in use')
  if (all.length - 1 < keys.acknowledged || all.length - 1 > keys.asked)
    fault(`of ${keys.asked} changes of the key ${keys.acknowledged} were acknowledged, and there are ${all.length} keys`)
}

/** No file holds the pseudonym of somebody who was erased, under whatever key. Who is only not used any more goes with old snapshots. */
async function checkGone({ bench, model, fault }: Work, duck: Duck): Promise<void> {
  const gone = model.people.filter(({ withdrawn }) => withdrawn === 'erase').map(({ id }) => id)
  if (gone.length === 0) return
  const keys = await bench.within(({ flow }) => flow!.patientKeys(study, gone))
  for (const { file } of await filesIn(path.join(bench.dataDir, 'reservoir'))) {
    const text = (await textOf(duck, file)) ?? ''
    for (const key of keys ?? []) if (text.includes(key)) fault(`${path.basename(file)} holds the pseudonym of somebody who was erased`)
  }
}

/** Nothing but what manifests name is left once a process has opened them. It is at work: what is gone at the next look was being written. */
export async function checkOrphans(work: Work): Promise<void> {
  let left = await orphans(work)
  for (let look = 0; look < orphanLooksMax && left.length > 0; look++) {
    await sleep(orphanLookMs)
    const now = new Set(await orphans(work))
    left = left.filter((each) => now.has(each))
  }
  for (const each of left) work.fault(each)
}

async function orphans({ bench }: Work): Promise<string[]> {
  const found: string[] = []
  const lake = path.join(bench.dataDir, 'lake', study)
  const at = openFolderStore(lake)
  const manifest = await readManifest(at)
  if (manifest === null) return []
  const named = new Set(['manifest.json', ...manifest.pages.map(({ file }) => file), ...manifest.segments.map(({ id }) => segmentFile(id))])
  for (const page of manifest.pages) for (const { id } of await readPage(at, study, page)) named.add(segmentFile(id))
  for (const name of await readdir(lake)) if (!named.has(name) && !name.endsWith('.journal')) found.push(`lake: no manifest names ${name}`)
  const reservoir = path.join(bench.dataDir, 'reservoir', study)
  const shown = await readReservoirManifest(reservoir)
  const head = await readReservoirManifest(reservoir, 'head.json')
  const files = new Set(['manifest.json', 'head.json', 'published', 'published.json', ...filesOf(shown), ...filesOf(head)])
  for (const name of await readdir(reservoir)) if (!files.has(name) && name !== 'cuts') found.push(`reservoir: no manifest names ${name}`)
  const cuts = path.join(reservoir, 'cuts')
  for (const name of await readdir(cuts).catch(() => []))
    if (!(await readdir(path.join(cuts, name))).includes('cut.json')) found.push(`reservoir: the data cut ${name} was never finished`)
  return found
}
