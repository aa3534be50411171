import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tableFromIPC, type Table } from 'apache-arrow'
import type { QueryBasis, StatementRows } from '@aquifer/core/contract'
import { safeHarbor, type Policy } from '@aquifer/core/masking'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import type { Study } from '../../repository/index.js'
import { openWorld, type World as RepositoryWorld } from '../../repository/test/world.js'
import { listFile, modelVersion, openReservoir, type Reservoir } from '../../reservoir/index.js'
import type { FlatTable } from '../../view/index.js'
import { openSigner, systemClock } from '../../storage/index.js'
import { openCodeLists, openCohorts, Query, type Asked, type CodeLists, type QueryFile } from '../index.js'

export interface World {
  folder: string
  reservoir: Reservoir
  query: Query
  study: Study
  other: Study
  /** What the catalogue takes for the policy of what is shown. */
  masked: { policy: Policy }
  /** patient_keys to leave out from now on. */
  withheld: string[]
  /** How far its clock is ahead of the machine's. */
  ahead: { ms: number }
  /** Files of study SYN, which its engine sees below `folder`/files/SYN. */
  files: QueryFile[]
  /** Views of study SYN. */
  own: FlatTable[]
  repository: RepositoryWorld['repository']
  codeLists: CodeLists
  cohorts: ReturnType<typeof openCohorts>
  rows(sql: string, more?: Partial<Asked>): Promise<{ rows: unknown[][]; columns: StatementRows['columns']; basis: QueryBasis } | Refusal>
  arrow(sql: string, more?: Partial<Asked>): Promise<Table>
  refused(sql: string): Promise<Refusal>
  close(): Promise<void>
}

export interface MaskedResource {
  resourceType: string
  id: string
  patient_key: string | null
  year?: number
  [element: string]: unknown
}

const observation = (id: string, patient: string, more: Record<string, unknown>): MaskedResource => ({
  resourceType: 'Observation',
  id,
  patient_key: patient,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8302-2' }] },
  subject: { reference: `Patient/${patient}` },
  effectiveDateTime: '2015',
  ...more,
})

export const someResources: MaskedResource[] = [
  {
    resourceType: 'Patient',
    id: 'pk1',
    patient_key: 'pk1',
    gender: 'female',
    birthDate: '1970',
    address: [{ state: 'MA', postalCode: '021' }],
  },
  { resourceType: 'Patient', id: 'pk2', patient_key: 'pk2', gender: 'male', birthDate: '1980' },
  observation('o1', 'pk1', { valueQuantity: { value: 170.5, unit: 'cm' } }),
  observation('o2', 'pk2', { valueQuantity: { value: 180, unit: 'cm' } }),
  observation('o3', 'pk2', {
    code: { coding: [{ system: 'http://loinc.org', code: '55284-4' }] },
    component: [{ code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] }, valueQuantity: { value: 120, unit: 'mmHg' } }],
  }),
]

/** Two studies in a real reservoir; every statement goes through a real engine process. */
export async function openQueryWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'aquifer-query-test-'))
  const repositoryWorld = await openWorld()
  const { repository } = repositoryWorld
  const study = await repositoryWorld.study('SYN')
  const other = await repositoryWorld.study('OTHER')
  const reservoir = await openReservoir({
    dir: join(folder, 'reservoir'),
    clock: systemClock,
    signer: await openSigner(join(folder, 'keys')),
  })
  await publish(reservoir, 'SYN', someResources)
  await publish(reservoir, 'OTHER', someResources.slice(0, 1))
  let made = 0
  const withheld: string[] = []
  const ahead: World['ahead'] = { ms: 0 }
  const masked: World['masked'] = { policy: safeHarbor }
  const files: QueryFile[] = []
  const own: FlatTable[] = []
  const codeLists = openCodeLists({
    repository,
    fileOf: (id, sha256, rows) => listFile(join(folder, 'reservoir', id), sha256, rows),
    now: () => Date.now(),
  })
  const cohorts = openCohorts(repository, () => Date.now())
  const query = new Query({
    repository,
    policyOf: async () => masked.policy,
    snapshot(id) {
      const opened = reservoir.opened(id)
      const pin = opened?.pin()
      return opened && pin ? { manifest: pin.manifest, folder: opened.dir, release: () => pin.release() } : null
    },
    folderOf: (id) => join(folder, 'reservoir', id),
    workFolder: join(folder, 'work'),
    resultsFolder: join(folder, 'results'),
    keptMs: 60_000,
    studyNamed: async (id) => (id === 'SYN' ? study : other),
    filesOf: async (id) => ({ files: id === 'SYN' ? files : [], folder: join(folder, 'files', id) }),
    withheld: async () => withheld,
    ownTables: async ({ id }) => (id === 'SYN' ? own : []),
    codeLists: (of) => codeLists.files(of),
    cohorts: (of) => cohorts.tables(of),
    studyOf: async (sid) => (sid === study.sid ? study : other),
    seal: (text) => createHmac('sha256', 'k').update(text).digest(),
    now: () => Date.now() + ahead.ms,
    newId: () => `statement-${made++}`,
  })
  const ask = (sql: string, more: Partial<Asked>): Promise<Awaited<ReturnType<Query['run']>>> =>
    query.run({ study, actor: 'ana', sql, purpose: 'test', limit: 10_000, format: 'json', ...more })
  return {
    folder,
    reservoir,
    query,
    study,
    other,
    withheld,
    ahead,
    masked,
    files,
    own,
    repository,
    codeLists,
    cohorts,
    async rows(sql, more = {}) {
      const answer = await ask(sql, more)
      if (isRefusal(answer)) return answer
      const { rows, columns, basis } = JSON.parse(Buffer.concat(answer.pieces).toString()) as StatementRows
      return { rows, columns, basis }
    },
    async arrow(sql, more = {}) {
      const answer = await ask(sql, { format: 'arrow', ...more })
      if (isRefusal(answer)) throw new Error(answer.detail)
      return tableFromIPC(Buffer.concat(answer.pieces))
    },
    async refused(sql) {
      const answer = await ask(sql, {})
      if (!isRefusal(answer)) throw new Error(`not refused: ${sql}`)
      return answer
    },
    async close() {
      await query.close()
      await reservoir.close()
      await repositoryWorld.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

let place = 0
export async function publish(reservoir: Reservoir, id: string, resources: MaskedResource[], version = 1): Promise<void> {
  const study = await reservoir.study(id)
  await study.begin({ maskingPolicy: 'safe-harbor v1', maskingKey: 'k', modelVersion: modelVersion(), asOfYear: 2026 })
  const byType = new Map<string, Buffer[]>()
  for (const { patient_key, year = 2015, ...resource } of resources) {
    const row = { _id: resource.id, _v: version, patient_key, _date: String(year), _year: year, _site: null, resource }
    byType.set(resource.resourceType, [...(byType.get(resource.resourceType) ?? []), Buffer.from(`${JSON.stringify(row)}\n`)])
  }
  await reservoir.commit(study, {
    cursor: { xid: String(++place), seq: '1' },
    feedAt: Date.now(),
    consentEpoch: 0,
    byType,
    dead: [],
    displays: [
      { system: 'http://loinc.org', code: '8302-2', text: 'Body height' },
      { system: 'http://loinc.org', code: '8480-6', text: 'Systolic' },
    ],
    visible: 'now',
  } as Parameters<Reservoir['commit']>[1])
}
