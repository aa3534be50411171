import type { Resource } from '@aquifer/core/fhir'
import { isGlobal } from '@aquifer/core/fhir'
import { isRefusal } from '@aquifer/core/refusal'
import { deleteItem, itemOf, type Item } from '../fhir/index.js'
import { KeyMissing, rowsOf, type Lake, type StoredRow, type StudyLake } from '../lake/index.js'
import { contentHash, globalSid, type Repository, type Study, type Tx } from '../repository/index.js'

/** What came of the versions that only the lake knew. */
export interface LakeOnly {
  returned: number
  /** Of people who had themselves erased: they stay away. */
  erased: number
  /** Not to be put in their place, such as where a version before them is missing. */
  left: number
  /** Studies that were not in the lake yet when the backup was taken: it has no key that opens what they wrote since. */
  locked: string[]
}

type Row = Extract<StoredRow, { head: object }>
interface Missing {
  sid: number
  row: Row
}

/**
 * Puts versions back that a copy of the database does not know, as the lake holds them: number, time, operation, person, site. `at` sets the
 * repository's clock, since what is written has the time of then.
 */
export async function returnLakeOnly(repository: Repository, lake: Lake, at: (time: number) => void): Promise<LakeOnly> {
  const found: LakeOnly = { returned: 0, erased: 0, left: 0, locked: [] }
  for (const study of await repository.studies.list()) {
    const of = lake.studies().find((each) => each.study === study.id)
    if (of === undefined) continue
    const missing = await missingIn(repository, of, study).catch((error: unknown) => {
      if (error instanceof KeyMissing) return null
      throw error
    })
    if (missing === null) {
      found.locked.push(study.id)
      continue
    }
    // Versions of one resource may stand inverted in the lake.
    missing.sort((a, b) => a.row.head.at - b.row.head.at || a.row.head.v - b.row.head.v)
    for (const group of groupsOf(missing)) {
      at(group[0]!.row.head.at)
      const outcome = await repository.transact((tx) => putBack(tx, study, group))
      for (const name of ['returned', 'erased', 'left'] as const) found[name] += outcome[name]
    }
  }
  return found
}

async function missingIn(repository: Repository, lake: StudyLake, study: Study): Promise<Missing[]> {
  const newest = new Map<string, number>()
  const missing: Missing[] = []
  for await (const segment of lake.through(lake.manifest().cursor)) {
    for (const row of rowsOf(await lake.read(segment))) {
      if (row.head === null || row.head.gone === true) continue
      const { type, id, v } = row.head
      const sid = row.head.global === true || isGlobal(type) ? globalSid : study.sid
      const key = `${sid}/${type}/${id}`
      const known = newest.get(key) ?? (await repository.read({ sid, type, id }))?.version ?? 0
      newest.set(key, known)
      if (v > known) missing.push({ sid, row: { ...row, resource: Buffer.from(row.resource), line: Buffer.alloc(0) } })
    }
  }
  return missing
}

// What was written at one time goes back together, but one version of a resource after the other.
function* groupsOf(missing: readonly Missing[]): Generator<Missing[]> {
  let group: Missing[] = []
  for (const each of missing) {
    if (group.length > 0 && (group[0]!.row.head.at !== each.row.head.at || group.length >= 500)) {
      yield group
      group = []
    }
    group.push(each)
  }
  if (group.length > 0) yield group
}

async function putBack(tx: Tx, study: Study, group: readonly Missing[]): Promise<Omit<LakeOnly, 'locked'>> {
  const outcome = { returned: 0, erased: 0, left: 0 }
  for (const { sid, row } of group) {
    const item = itemIn(row, sid, study)
    const people = [...new Set([...(item?.patients ?? []), ...(row.head.patient === null ? [] : [row.head.patient])])]
    const erased = await tx.erasedAmong(people.map((patientId) => ({ sid: study.sid, patientId })))
    if (erased.size > 0) outcome.erased += 1
    else if (item === null || !(await isNext(tx, sid, row))) outcome.left += 1
    else {
      await store(tx, study, item, row, people)
      outcome.returned += 1
    }
  }
  return outcome
}

async function isNext(tx: Tx, sid: number, { head }: Row): Promise<boolean> {
  return ((await tx.read({ sid, type: head.type, id: head.id }))?.version ?? 0) + 1 === head.v
}

function itemIn({ head, resource }: Row, sid: number, study: Study): Item | null {
  if (head.op === 'D') return deleteItem(head.type, head.id, sid)
  const parsed = JSON.parse(resource.toString()) as Resource
  const made = itemOf(parsed, { study, id: head.id, op: 'update', unchanged: 'version', onlyPatient: head.patient })
  // The bytes are those that were stored, whatever reading and writing them again would make.
  return isRefusal(made) ? null : { ...made, sid, content: resource, hash: contentHash(resource) }
}

async function store(tx: Tx, study: Study, item: Item, { head }: Row, people: readonly string[]): Promise<void> {
  const site = study.sites.find(({ id }) => id === head.site)?.site ?? null
  // A profile is in the lake of the studies that its person is enrolled in.
  if (item.type === 'Patient' && item.op !== 'delete') await tx.enrol([{ sid: study.sid, patientId: item.id, site, from: head.at }])
  const [stored] = await tx.write([{ ...item, patients: [...people], site: item.sid === globalSid ? null : site, audit: null }])
  if (item.birthDate !== null) await tx.noteBirths([{ patientId: item.id, date: item.birthDate }])
  if (item.consent === undefined || stored === undefined || stored.rid === null) return
  const { consent } = item
  const entries = (consent?.types ?? []).map((type) => {
    const { status, lo, hi, form } = consent!
    return { type, status, lo, hi, ...(form === undefined ? {} : { form }) }
  })
  const patientId = consent?.patientId ?? people[0]
  if (patientId !== undefined)
    await tx.recordConsents([{ sid: study.sid, patientId, contract: stored.rid, version: stored.version, entries }])
}
