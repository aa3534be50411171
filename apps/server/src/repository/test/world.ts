import { extractIndex } from '@aquifer/core/fhir'
import type { JsonObject } from '@aquifer/core/fhir'
import { openTestDatabase } from '../../storage/test/database.js'
import type { TestDatabase } from '../../storage/test/database.js'
import { contentHash, contentOf, openRepository } from '../index.js'
import type { NewStudy, PreparedWrite, Repository, Study } from '../index.js'

// A clock that moves only when told.
interface StandingClock {
  at: number
  now(): number
}

export interface World {
  database: TestDatabase
  repository: Repository
  clock: StandingClock
  study(id: string, change?: Partial<NewStudy>): Promise<Study>
  close(): Promise<void>
}

export async function openWorld(): Promise<World> {
  const database = await openTestDatabase()
  const clock: StandingClock = { at: Date.UTC(2026, 0, 15, 12), now: () => clock.at }
  const repository = openRepository({ postgres: database.postgres, clock, writers: 8 })
  return {
    database,
    repository,
    clock,
    async study(id, change = {}) {
      const made = await repository.studies.create({ ...plainStudy, id, ...change })
      if (made === 'exists') throw new Error(`study ${id} exists`)
      return made
    },
    async close() {
      await repository.close()
      await database.close()
    },
  }
}

const plainStudy: NewStudy = {
  id: '',
  name: 'A study',
  kind: 'program',
  status: 'open',
  enrolment: 'closed',
  required: [],
  masking: 'safe-harbor',
  publish: 'continuous',
  partition: 'year',
  zone: 'UTC',
  settings: {},
  createdAt: Date.UTC(2026, 0, 1),
  sites: [{ id: 'A', name: 'Site A' }],
}

// A write as the front prepares it.
export function put(
  sid: number,
  resource: JsonObject & { resourceType: string; id: string },
  change: Partial<PreparedWrite> = {},
): PreparedWrite {
  const content = contentOf(resource, resource.resourceType, resource.id)
  return {
    sid,
    type: resource.resourceType,
    id: resource.id,
    op: 'update',
    content,
    hash: contentHash(content),
    index: extractIndex(resource),
    patients: [],
    site: null,
    unchanged: 'version',
    audit: null,
    ...change,
  }
}

export function remove(sid: number, type: string, id: string): PreparedWrite {
  const nothing = { content: null, hash: null, index: null, patients: [], site: null, audit: null }
  return { sid, type, id, op: 'delete', unchanged: 'version', ...nothing }
}

export const patient = (id: string, more: JsonObject = {}) => ({ resourceType: 'Patient', id, ...more })

export const observation = (id: string, patientId: string, more: JsonObject = {}) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8302-2' }] },
  subject: { reference: `Patient/${patientId}` },
  ...more,
})
