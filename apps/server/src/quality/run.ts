import { clinicalDate, dateRange, isResource, type DateRange, type Resource } from '@aquifer/core/fhir'
import {
  deviceOf,
  judge,
  mainCode,
  openSilence,
  QualityTally,
  readingKey,
  type Place,
  type Silence,
  type Tallied,
} from '@aquifer/core/quality'
import { feedApp } from '@aquifer/core/study'
import type { RunningJob } from '../jobs/index.js'
import type { QualityPerson, QualityRow, Repository, Study } from '../repository/index.js'
import { faultPoint } from '../storage/index.js'

/** What is kept of a look through a study: counts. */
export interface Found extends Tallied {
  people: { site: string | null; people: number; withoutData: number }[]
}

const peopleAtOnce = 100
// Whoever writes about himself is no feed, and his account stands in no report.
const people: ReadonlySet<string | null> = new Set(['patient', 'guardian'])

/** Person after person, so that what is held does not grow with the study; null when it was cancelled. */
export async function lookThrough(
  repository: Repository,
  job: Pick<RunningJob, 'cancelled' | 'progress'>,
  { study, now }: { study: Study; now: number },
): Promise<Found | null> {
  const tally = new QualityTally(now)
  const counts = new Map<string | null, { people: number; withoutData: number }>()
  let resources = 0
  for (let after = '0'; ;) {
    const page = await repository.quality.people(study.sid, { after, limit: peopleAtOnce })
    const some = openPeople({ study, tally, now, page })
    const pids = page.map(({ pid }) => pid)
    if (pids.length > 0)
      for await (const rows of repository.quality.rows(study.sid, pids)) {
        if (job.cancelled) return null
        for (const row of rows) some.look(row)
        resources += rows.length
        job.progress({ resources })
      }
    some.end(counts)
    await faultPoint('quality.people-read')
    const last = page.at(-1)
    if (last === undefined || page.length < peopleAtOnce) break
    after = last.pid
  }
  return { ...tally.tallied(), people: [...counts].map(([site, each]) => ({ site, ...each })) }
}

interface Person {
  site: string | null
  since: number
  born: DateRange | null
  died: DateRange | null
  ended: boolean
  hasData: boolean
}

function openPeople({ study, tally, now, page }: { study: Study; tally: QualityTally; now: number; page: readonly QualityPerson[] }) {
  const siteIds = new Map(study.sites.map(({ site, id }) => [site, id]))
  const siteOf = (site: number | null): string | null => (site === null ? null : (siteIds.get(site) ?? null))
  const persons = new Map<string, Person>()
  const readings = new Set<string>()
  const silence = openSilence()
  const devices = new Map<string, Place>()

  function judged(row: QualityRow, resource: Resource, person: Person): void {
    const place = { site: siteOf(row.site) ?? person.site, ...feedOf(row, resource) }
    const { since, born, died } = person
    const found = judge(resource, { storedAt: row.storedAt, since, born, died })
    if (row.alike > 1 && isRepeated(readings, row, resource)) found.findings.push({ check: 'repeated-reading', code: mainCode(resource) })
    tally.add(place, row.type, row.storedAt, found)
    if (!person.ended && died === null) noteDevice(silence, devices, { row, resource, place })
  }
  for (const { pid, site, enrolledAt, ended, profile } of page) {
    const resource = profile === null ? null : resourceOf(profile.content)
    const person: Person = {
      site: siteOf(site),
      since: Math.max(enrolledAt, study.createdAt),
      born: rangeAt(resource, 'birthDate'),
      died: rangeAt(resource, 'deceasedDateTime'),
      ended,
      hasData: false,
    }
    persons.set(pid, person)
    if (profile !== null && resource !== null) judged(profile, resource, person)
  }
  return {
    look(row: QualityRow): void {
      const person = persons.get(row.pid)
      const resource = resourceOf(row.content)
      if (person === undefined || resource === null) return
      if (row.type !== 'Contract') person.hasData = true
      judged(row, resource, person)
    },
    end(counts: Map<string | null, { people: number; withoutData: number }>): void {
      if (study.status === 'open')
        for (const device of silence.silent(now)) {
          const place = devices.get(device)
          if (place !== undefined) tally.note(place, { check: 'silent-device', type: 'Device', code: '' })
        }
      for (const { site, hasData } of persons.values()) {
        const sum = counts.get(site) ?? { people: 0, withoutData: 0 }
        counts.set(site, { people: sum.people + 1, withoutData: sum.withoutData + (hasData ? 0 : 1) })
      }
    },
  }
}

function isRepeated(readings: Set<string>, row: QualityRow, resource: Resource): boolean {
  const said = readingKey(resource)
  if (said === null) return false
  const key = `${row.pid}\n${deviceOf(resource) === null ? (row.sender ?? '') : ''}\n${said}`
  if (readings.has(key)) return true
  readings.add(key)
  return false
}

function noteDevice(
  silence: Silence,
  devices: Map<string, Place>,
  { row, resource, place }: { row: QualityRow; resource: Resource; place: Place },
): void {
  const device = row.type === 'Observation' ? deviceOf(resource) : null
  const text = device === null ? null : clinicalDate(resource)
  const at = text === null ? null : dateRange(text)
  if (device === null || at === null) return
  const key = `${row.pid}\n${device}`
  silence.read(key, at.lo)
  devices.set(key, place)
}

function feedOf({ sender, role }: QualityRow, resource: Resource): { sender: string; app: string | null } {
  if (people.has(role)) return { sender: 'people', app: null }
  const extensions: unknown = resource['extension']
  const said = (Array.isArray(extensions) ? (extensions as { url?: unknown; valueString?: unknown }[]) : []).find(
    (each) => each.url === 'urn:aquifer:app',
  )
  return { sender: sender ?? 'unknown', app: typeof said?.valueString === 'string' ? feedApp(said.valueString) : null }
}

// Digits beyond what a number holds are of no account here.
function resourceOf(content: string): Resource | null {
  const parsed: unknown = JSON.parse(content)
  return isResource(parsed) ? parsed : null
}

function rangeAt(resource: Resource | null, element: string): DateRange | null {
  const text = resource?.[element]
  return typeof text === 'string' ? dateRange(text) : null
}
