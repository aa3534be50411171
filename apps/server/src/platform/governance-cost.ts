import type { Grant } from '@aquifer/core/access'
import { writeConsentContract } from '@aquifer/core/consent'
import { generateBundles, type Resource } from '@aquifer/core/generate'
import { isRefusal } from '@aquifer/core/refusal'
import { openWriteQueue, update } from '../fhir/index.js'
import { runImport, type ImportSystems } from '../import/index.js'
import type { Platform } from '../platform.js'
import type { PersonState, Repository, Tx } from '../repository/index.js'
import { noJobs, requestOf } from './own-request.js'

const required = ['share-data', 'terms-of-use']
const user = 'bench'
const writesPerRound = 2_000
const clients = 64
const yearMs = 365 * 86_400_000

/** One way through the write path, and who goes it. */
interface Lane {
  study: string
  systems: ImportSystems
  grant: Grant
}
/** Milliseconds a resource, by the clock and of this process. */
export interface Took {
  wall: number
  cpu: number
}
export interface Round {
  governed: { import: Took; writes: Took }
  ungoverned: { import: Took; writes: Took }
}

/**
 * The same people through the same code twice: once as everybody goes, once past access, consent and audit. What is left out is left
 * out by composition here; no setting leads to it, and no request.
 */
export async function measureGovernance(platform: Platform, options: { patients: number; rounds: number }): Promise<Round[]> {
  const lanes = { governed: await governed(platform), ungoverned: await ungoverned(platform) }
  const rounds: Round[] = []
  // The first round warms up. The one that begins has the colder caches, so they take turns.
  for (let round = 0; round <= options.rounds; round += 1) {
    const seed = (lane: Lane): string => `${lane.study} ${round}`
    const measured = async (lane: Lane) => measure(lane, [...peopleOf(lane, { patients: options.patients, seed: seed(lane) })])
    const first = round % 2 === 0 ? await measured(lanes.governed) : null
    const without = await measured(lanes.ungoverned)
    const made = { governed: first ?? (await measured(lanes.governed)), ungoverned: without }
    if (round > 0) rounds.push(made)
  }
  return rounds
}

async function governed(platform: Platform): Promise<Lane> {
  const study = await newStudy(platform, 'GOVERNED', required)
  const display = 'Bench'
  await platform.identity.putUser({
    name: user,
    display,
    grant: { role: 'integrator', studies: [], sites: [], people: null },
    password: null,
  })
  const manager: Grant = { user: 'manager', role: 'study-manager', studies: 'all', sites: [], people: null }
  const { facts } = requestOf('bench', manager, Date.now(), { studies: [], sites: [] })
  const to = new Date(Date.now() + yearMs).toISOString()
  const tie = { kind: 'integrator-study' as const, holder: `User/${user}`, study, to, phi: true }
  const tied = await platform.access.relationships.add(manager, { ...facts, act: 'access' }, tie)
  const account = await platform.repository.users.byName(user)
  const grant = isRefusal(tied) || account === null ? null : await platform.access.grantFor(account)
  if (grant === null) throw new Error('the bench has no access to its own study')
  return { study, grant, systems: { ...platform.imports, jobs: noJobs } }
}

async function ungoverned(platform: Platform): Promise<Lane> {
  const study = await newStudy(platform, 'UNGOVERNED', [])
  const repository = withoutGovernance(platform.repository)
  const queue = openWriteQueue(repository, platform.imports)
  const grant: Grant = { user, role: 'integrator', studies: 'all', sites: [], people: null }
  return { study, grant, systems: { ...platform.imports, repository, queue, jobs: noJobs } }
}

async function newStudy(platform: Platform, id: string, types: string[]): Promise<string> {
  const made = await platform.studies.create({ id, name: id, sites: ['A'], required: types })
  if (isRefusal(made)) throw new Error(made.detail)
  return id
}

/** Nobody's row is locked, nobody is asked, nothing is recorded beside the resources; who comes is entered all the same. */
function withoutGovernance(repository: Repository): Repository {
  const entered = new Map<string, PersonState>()
  const past = (tx: Tx): Tx => ({
    ...tx,
    lockPeople: (keys) => Promise.resolve(keys.flatMap(({ patientId }) => entered.get(patientId) ?? [])),
    enrol(people) {
      for (const { sid, patientId, site, from } of people) {
        const enrolment = { site, subject: 0, from, to: null, stopped: null, withheld: false }
        entered.set(patientId, { sid, patientId, pid: null, enrolment, birthDate: null, consents: [] })
      }
      return tx.enrol(people)
    },
    erasedAmong: () => Promise.resolve(new Set()),
    recordConsents: () => Promise.resolve(),
    noteBirths: () => Promise.resolve(),
    audit: () => Promise.resolve(),
  })
  return { ...repository, transact: (work) => repository.transact((tx) => work(past(tx))) }
}

/** Whole records with consents that are active, so that both ways store the same. */
function* peopleOf({ study }: Lane, options: { patients: number; seed: string }): Generator<Resource[]> {
  for (const bundle of generateBundles(options, 'relative')) {
    const resources = bundle.entry.map(({ resource }) => resource)
    const patientId = resources.find(({ resourceType }) => resourceType === 'Patient')?.id
    if (patientId === undefined) continue
    for (const type of required) {
      const id = `${patientId.slice(0, 36)}-${type}`
      resources.push({
        ...writeConsentContract({ patientId, study, type, status: 'active', start: '2020-01-01' }),
        id,
      } as unknown as Resource)
    }
    yield resources
  }
}

async function measure(lane: Lane, people: readonly Resource[][]): Promise<Round['governed']> {
  const lines = people.map((entry) => {
    const bundle = { resourceType: 'Bundle', type: 'collection', entry: entry.map((resource) => ({ resource })) }
    return Buffer.from(`${JSON.stringify(bundle)}\n`)
  })
  const resources = people.flat()
  const loaded = await timed(resources.length, () => load(lane, lines))
  const readings = resources.filter(({ resourceType }) => resourceType === 'Observation').slice(0, writesPerRound)
  const bodies = readings.map((resource) => ({ type: 'Observation', id: resource.id, body: JSON.stringify(resource) }))
  return { import: loaded, writes: await timed(bodies.length, () => write(lane, bodies)) }
}

async function timed(resources: number, work: () => Promise<void>): Promise<Took> {
  const [started, cpu] = [performance.now(), process.cpuUsage()]
  await work()
  const { user: own, system } = process.cpuUsage(cpu)
  return { wall: (performance.now() - started) / resources, cpu: (own + system) / 1000 / resources }
}

const asked = ({ study }: Lane) => ({ studies: [study], sites: ['A'] })

async function load(lane: Lane, lines: readonly Buffer[]): Promise<void> {
  const body = (async function* () {
    yield* lines
  })()
  const report = await runImport(lane.systems, requestOf('bench', lane.grant, Date.now(), asked(lane)), body, {
    consentOnFile: null,
    dryRun: false,
    after: 0,
  })
  if (isRefusal(report)) throw new Error(report.detail)
  if (report.refused > 0) throw new Error(report.refusals[0]?.detail)
}

/** New versions, one resource a request, as many at once as a busy site sends. */
async function write(lane: Lane, bodies: { type: string; id: string; body: string }[]): Promise<void> {
  const left = bodies.values()
  const client = async (): Promise<void> => {
    for (const { body, ...key } of left) {
      const written = await update(lane.systems, requestOf('bench', lane.grant, Date.now(), asked(lane)), key, body)
      if (isRefusal(written)) throw new Error(written.detail)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
}
