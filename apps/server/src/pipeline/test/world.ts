import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { feedStart, openKeyring, openLake, type Lake } from '../../lake/index.js'
import {
  contentHash,
  contentOf,
  globalSid,
  openRepository,
  type PreparedWrite,
  type Repository,
  type Study,
} from '../../repository/index.js'
import { migrate, openFolderStore, openPostgres, systemClock, type Postgres } from '../../storage/index.js'

/** A real database with its repository in a temp folder, and the folders of the other stores beside it. */
export interface World {
  folder: string
  postgres: Postgres
  repository: Repository
  study(id: string, more?: Partial<Study>): Promise<Study>
  write(writes: readonly Written[]): Promise<void>
  enrol(sid: number, patientIds: readonly string[]): Promise<void>
  openLake(): Promise<Lake>
  close(): Promise<void>
}
interface Written {
  sid: number
  type: string
  id: string
  /** null deletes. */
  resource: Record<string, unknown> | null
  patients?: readonly string[]
}

export async function aWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'aquifer-pipeline-'))
  const postgres = await openPostgres({ dataDir: folder, durableInit: false })
  await migrate(postgres)
  const repository = openRepository({ postgres, clock: systemClock })
  return {
    folder,
    postgres,
    repository,
    async study(id, more = {}) {
      const made = await repository.studies.create({ ...aStudy(id), ...more })
      if (made === 'exists') throw new Error(`${id} exists`)
      return made
    },
    async write(writes) {
      await repository.transact((tx) => tx.write(writes.map(prepared)))
    },
    async enrol(sid, patientIds) {
      await repository.transact((tx) => tx.enrol(patientIds.map((patientId) => ({ sid, patientId, site: null, from: 0 }))))
    },
    openLake: async () =>
      openLake({ at: openFolderStore(join(folder, 'lake')), keyring: await openKeyring({ dir: join(folder, 'keys') }) }),
    async close() {
      await repository.close()
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const aStudy = (id: string) => ({
  id,
  name: id,
  kind: 'program',
  status: 'open',
  enrolment: 'open',
  required: [],
  masking: 'safe-harbor',
  publish: 'continuous',
  partition: 'year',
  zone: 'UTC',
  settings: {},
  createdAt: 0,
  sites: [{ id: 'A', name: 'A' }],
})

function prepared({ sid, type, id, resource, patients = [] }: Written): PreparedWrite {
  const content = resource ? contentOf({ resourceType: type, id, ...resource }, type, id) : null
  return {
    sid: type === 'Patient' ? globalSid : sid,
    type,
    id,
    op: resource ? 'update' : 'delete',
    content,
    hash: content ? contentHash(content) : null,
    index: resource ? { tokens: [], code: null, present: 0n, dateLo: null, dateHi: null, strings: [], quantities: [], dates: [] } : null,
    patients: [...patients],
    site: null,
    unchanged: 'version',
    audit: null,
  }
}

const hashOf = (content: string): string => createHash('sha256').update(content).digest('hex').slice(0, 32)

/** Every version that belongs into a study's lake, as the database has it: `type/id/version/hash`. */
export async function versionsOf(world: World, study: Study): Promise<string[]> {
  const { rows } = await world.postgres
    .pool('reader', { max: 1 })
    .query<{ type: number; id: string; version: number; hash: Buffer | null }>(
      `select v.type, c.id, v.version, v.hash from version v join current c on c.rid = v.rid where v.sid = $1
     union select v.type, c.id, v.version, v.hash from reach r join version v on v.rid = r.rid and v.version = r.version join current c on c.rid = v.rid
     where r.sid = $1`,
      [study.sid],
    )
  const { typeName } = await import('@aquifer/core/fhir')
  return rows.map((row) => `${typeName(row.type)}/${row.id}/${row.version}/${row.hash?.toString('hex') ?? 'deleted'}`).sort()
}

/** The same of a lake; a row that is there twice is there twice. */
export async function lakeVersions(lake: Lake, study: string): Promise<string[]> {
  const opened = await lake.study(study)
  const found: string[] = []
  for (const segment of await opened.after(feedStart, Number.MAX_SAFE_INTEGER)) {
    for (const line of (await opened.read(segment)).toString().split('\n')) {
      if (line === '') continue
      const row = JSON.parse(line) as { type: string; id: string; v: number; op: string }
      const content = line.slice(line.indexOf('"resource":') + '"resource":'.length, -1)
      found.push(`${row.type}/${row.id}/${row.v}/${row.op === 'D' ? 'deleted' : hashOf(content)}`)
    }
  }
  return found.sort()
}
