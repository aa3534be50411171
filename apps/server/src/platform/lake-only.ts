import type { Resource } from '@aquifer/core/fhir'
import { isConsentExempt, isGlobal } from '@aquifer/core/fhir'
import { isRefusal } from '@aquifer/core/refusal'
import { deleteItem, itemOf, type Item } from '../fhir/index.js'
import { KeyMissing, rowsOf, type Lake, type StoredRow, type StudyLake } from '../lake/index.js'
import { contentHash, globalSid, type EnrolPerson, type Repository, type Study, type Tx } from '../repository/index.js'

/** What came of the versions that only the lake knew. */
export interface LakeOnly {
  returned: number
  /** Of people who had themselves erased: they stay away. */
  erased: number
  /** What cannot be put in its place, such as data that names nobody in a study that takes none of it. */
  left: number
  /** Studies that were not in the lake yet when the backup was taken: it has no key that opens what they wrote since. */
  locked: string[]
}

type Outcome = Omit<LakeOnly, 'locked'>

interface Returning {
  repository: Repository
  /** Sets the repository's clock: what is written has the time of then. */
  at: (time: number) => void
  /** Told how many rows of the lake were read. */
  tell: (rows: number) => void
}

type Row = Extract<StoredRow, { head: object }>
interface LakeVersion {
  sid: number
  study: Study
  row: Row
  /** The latest time met in the study's lake up to here: a profile that reached the study later was there since then. */
  seenAt: number
}
interface Ready {
  version: LakeVersion
  item: Item
  people: string[]
}
/** By resource, those whose version before them was not met yet. */
type Waiting = Map<string, Ready[]>

const versionsPerTransaction = 1_000
const bytesPerTransaction = 8 * 1024 * 1024

/** Puts versions back that the database does not know, as the lake holds them: number, time, operation, person, site. Done again, it goes on. */
export async function returnLakeOnly(parts: Returning, lake: Lake): Promise<LakeOnly> {
  const done: LakeOnly = { returned: 0, erased: 0, left: 0, locked: [] }
  const add = (more: Outcome): void => {
    for (const name of ['returned', 'erased', 'left'] as const) done[name] += more[name]
  }
  const waiting: Waiting = new Map()
  let rows = 0
  for (const study of await parts.repository.studies.list()) {
    const of = lake.studies().find((each) => each.study === study.id)
    if (of === undefined) continue
    try {
      for await (const batch of batchesOf(parts.repository, of, study)) {
        add(await putBack(parts, batch, waiting))
        parts.tell((rows += batch.length))
      }
    } catch (error) {
      if (!(error instanceof KeyMissing)) throw error
      done.locked.push(study.id)
    }
  }
  while (waiting.size > 0) add(await putLate(parts, waiting))
  return done
}

const keyOf = ({ sid, row: { head } }: LakeVersion): string => `${sid}/${head.type}/${head.id}`

async function* batchesOf(repository: Repository, lake: StudyLake, study: Study): AsyncGenerator<LakeVersion[]> {
  let batch: LakeVersion[] = []
  let [bytes, seenAt] = [0, 0]
  for await (const segment of lake.through(lake.manifest().cursor)) {
    for (const row of rowsOf(await lake.read(segment))) {
      if (row.head === null || row.head.gone === true) continue
      const { type, site, at, global } = row.head
      seenAt = Math.max(seenAt, at)
      if (site !== null) await knowSite(repository, study, site)
      batch.push({ sid: global === true || isGlobal(type) ? globalSid : study.sid, study, row, seenAt })
      bytes += row.resource.length
      if (batch.length < versionsPerTransaction && bytes < bytesPerTransaction) continue
      yield batch
      batch = []
      bytes = 0
    }
  }
  if (batch.length > 0) yield batch
}

// A study of which the lake tells nothing but its rows gets to know its sites by them.
async function knowSite(repository: Repository, study: Study, id: string): Promise<void> {
  if (study.sites.some((known) => known.id === id)) return
  const made = await repository.studies.addSite(study.sid, { id, name: id })
  if (made !== 'exists') study.sites.push(made)
}

async function putBack(parts: Returning, batch: readonly LakeVersion[], waiting: Waiting): Promise<Outcome> {
  const { next, early, outcome } = await parts.repository.transact(async (tx) => {
    const { fresh, known, newest } = await sorted(tx, batch)
    const { ready, ...without } = await readyOf(tx, fresh)
    const placed = inOrder(ready, newest, waiting)
    await enrolThose(tx, placed.next, known)
    await store(tx, parts, placed.next)
    return { ...placed, outcome: { ...without, returned: placed.next.length } }
  })
  for (const { version } of next) waiting.delete(keyOf(version))
  for (const each of early) {
    const key = keyOf(each.version)
    waiting.set(key, [...(waiting.get(key) ?? []), ownBytes(each)].sort(byVersion))
  }
  return outcome
}

const byVersion = (a: Ready, b: Ready): number => a.version.row.head.v - b.version.row.head.v

// A segment must not stay in memory for one row of it.
function ownBytes({ version, item, people }: Ready): Ready {
  const content = item.content === null ? null : Buffer.from(item.content)
  return {
    version: { ...version, row: { ...version.row, resource: Buffer.alloc(0), line: Buffer.alloc(0) } },
    item: { ...item, content },
    people,
  }
}

/** A version before these is in no lake: what a profile was before it reached a study. They keep their numbers. */
async function putLate(parts: Returning, waiting: Waiting): Promise<Outcome> {
  const runs = [...waiting].slice(0, versionsPerTransaction).map(([key, all]) => ({ key, run: runFrom(all, all[0]!.version.row.head.v) }))
  await parts.repository.transact(async (tx) => {
    const firsts = runs.map(({ run }) => run[0]!)
    await tx.skipTo(
      firsts.map(({ item: { sid, type, id }, version: { row } }) => ({ sid, type, id, version: row.head.v, deleted: row.head.op === 'C' })),
    )
    const next = runs.flatMap(({ run }) => run)
    await enrolThose(tx, next, [])
    await store(tx, parts, next)
  })
  for (const { key, run } of runs) {
    const rest = waiting.get(key)!.slice(run.length)
    if (rest.length === 0) waiting.delete(key)
    else waiting.set(key, rest)
  }
  return { returned: runs.reduce((sum, { run }) => sum + run.length, 0), erased: 0, left: 0 }
}

/** Those that follow each other from a version on. */
function runFrom(all: readonly Ready[], first: number): Ready[] {
  const run: Ready[] = []
  for (const each of all) if (each.version.row.head.v === first + run.length) run.push(each)
  return run
}

async function sorted(tx: Tx, batch: readonly LakeVersion[]) {
  const keys = new Map(batch.map((each) => [keyOf(each), each]))
  const versions = await tx.versions([...keys.values()].map(({ sid, row: { head } }) => ({ sid, type: head.type, id: head.id })))
  const newest = new Map([...keys.keys()].map((key, place) => [key, versions[place] ?? 0]))
  const isFresh = (each: LakeVersion): boolean => each.row.head.v > newest.get(keyOf(each))!
  // Versions of one resource may stand inverted in the lake.
  const fresh = batch.filter(isFresh).sort((a, b) => a.row.head.at - b.row.head.at || a.row.head.v - b.row.head.v)
  return { newest, fresh, known: batch.filter((each) => !isFresh(each)) }
}

async function readyOf(tx: Tx, fresh: readonly LakeVersion[]): Promise<{ ready: Ready[]; erased: number; left: number }> {
  const made = fresh.map((version) => ({ version, item: itemIn(version) }))
  const people = made.map(({ version: { row }, item }) => [
    ...new Set([...(item?.patients ?? []), ...(row.head.patient === null ? [] : [row.head.patient])]),
  ])
  const asked = people.flatMap((ids, place) => ids.map((patientId) => ({ sid: made[place]!.version.study.sid, patientId, place })))
  const erased = new Set([...(await tx.erasedAmong(asked))].map((each) => asked[each]!.place))
  const ready: Ready[] = []
  let left = 0
  for (const [place, { version, item }] of made.entries()) {
    if (erased.has(place)) continue
    if (item === null) left += 1
    else ready.push({ version, item, people: people[place]! })
  }
  return { ready, erased: erased.size, left }
}

function inOrder(ready: readonly Ready[], newest: Map<string, number>, waiting: Waiting): { next: Ready[]; early: Ready[] } {
  const next: Ready[] = []
  const early: Ready[] = []
  const here = new Map<string, Ready[]>()
  for (const each of ready) {
    const key = keyOf(each.version)
    here.set(key, [...(here.get(key) ?? waiting.get(key) ?? []), each])
  }
  const taken = new Set<Ready>()
  for (const [key, all] of here) for (const each of runFrom(all.sort(byVersion), newest.get(key)! + 1)) taken.add(each)
  for (const each of ready) (taken.has(each) ? next : early).push(each)
  for (const key of here.keys()) next.push(...(waiting.get(key) ?? []).filter((each) => taken.has(each)))
  return { next: next.sort((a, b) => a.version.row.head.at - b.version.row.head.at || byVersion(a, b)), early }
}

function itemIn({ row: { head, resource }, sid, study }: LakeVersion): Item | null {
  if (head.op === 'D') return deleteItem(head.type, head.id, sid)
  const parsed = JSON.parse(resource.toString()) as Resource
  const made = itemOf(parsed, { study, id: head.id, op: 'update', unchanged: 'version', onlyPatient: head.patient })
  // The bytes are those that were stored, whatever reading and writing them again would make.
  return isRefusal(made) ? null : { ...made, sid, content: resource, hash: contentHash(resource) }
}

/** Whoever data was taken of was in the study; a profile that another study's lake brought back is of this one, too. */
async function enrolThose(tx: Tx, next: readonly Ready[], known: readonly LakeVersion[]): Promise<void> {
  const people = new Map<string, EnrolPerson & { again: boolean }>()
  const note = ({ study, row, seenAt }: LakeVersion, patientId: string, again: boolean): void => {
    const key = `${study.sid}/${patientId}`
    const site = study.sites.find(({ id }) => id === row.head.site)?.site ?? null
    if (!people.has(key)) people.set(key, { sid: study.sid, patientId, site, from: seenAt, again })
  }
  for (const { version, item, people: of } of next) {
    if (item.op === 'delete') continue
    if (item.type === 'Patient') note(version, item.id, true)
    else if (!isConsentExempt(item.type)) for (const patientId of of) note(version, patientId, true)
  }
  for (const version of known)
    if (version.row.head.type === 'Patient' && version.row.head.op !== 'D') note(version, version.row.head.id, false)
  const asked = [...people.values()]
  const states = await tx.people(asked)
  const erased = await tx.erasedAmong(asked)
  await tx.enrol(asked.filter(({ again }, place) => !erased.has(place) && (again || states[place]!.enrolment === null)))
}

async function store(tx: Tx, { at }: Returning, versions: readonly Ready[]): Promise<void> {
  for (const group of byTime(versions)) {
    at(group[0]!.version.row.head.at)
    const stored = await tx.write(
      group.map(({ version: { study, row, sid }, item, people }) => {
        const site = sid === globalSid ? null : (study.sites.find(({ id }) => id === row.head.site)?.site ?? null)
        // What flowed into the study flows there again.
        const from = sid === globalSid && item.patients.length === 0 ? { from: study.sid } : {}
        return { ...item, ...from, refers: sid === globalSid ? [] : item.refers, patients: people, site, audit: null }
      }),
    )
    await tx.noteBirths(group.flatMap(({ item }) => (item.birthDate === null ? [] : [{ patientId: item.id, date: item.birthDate }])))
    await tx.recordConsents(group.flatMap((each, place) => consentsOf(each, stored[place]!.rid)))
  }
}

function* byTime(versions: readonly Ready[]): Generator<Ready[]> {
  let group: Ready[] = []
  for (const each of versions) {
    if (group.length > 0 && group[0]!.version.row.head.at !== each.version.row.head.at) {
      yield group
      group = []
    }
    group.push(each)
  }
  if (group.length > 0) yield group
}

function consentsOf(
  { version: { study, row }, item, people }: Ready,
  contract: bigint | null,
): Parameters<Tx['recordConsents']>[0][number][] {
  const { consent } = item
  const patientId = consent?.patientId ?? people[0]
  if (consent === undefined || contract === null || patientId === undefined) return []
  const entries = (consent?.types ?? []).map((type) => {
    const { status, lo, hi, form } = consent!
    return { type, status, lo, hi, ...(form === undefined ? {} : { form }) }
  })
  return [{ sid: study.sid, patientId, contract, version: row.head.v, entries }]
}
