import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Grant } from '@aquifer/core/access'
import { demoLoads, demoPersonalUsers, demoStudies, demoUsers, type DemoLoad, type DemoUser } from '@aquifer/core/generate'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { update } from '../fhir/index.js'
import { runImport, type ImportSystems } from '../import/index.js'
import type { Platform } from '../platform.js'
import { writeAtomically } from '../storage/index.js'
import { noJobs, requestOf } from './own-request.js'

const seed = 'demo'
const markerFile = 'demo.json'
const publishTimeoutS = 120

/** How far the filling is; told to whoever shows it. */
export interface DemoProgress {
  begins(dataDir: string): void
  person(count: number): void
  publishes(): void
}
export interface DemoOptions {
  patients: number
  /** of every demo user */
  password: string
  progress: DemoProgress
}

export class DemoFailed extends Error {}

/** A user that anybody may sign in as. */
export type DemoSignIn = Pick<DemoUser, 'user' | 'name' | 'studies'> & { role: Grant['role'] }

/** Loads what is not there yet. A load that was broken off is gone through again: nothing is stored twice. */
export async function fillDemo(platform: Platform, options: DemoOptions): Promise<DemoSignIn[]> {
  const { patients, password, progress } = options
  const marker = path.join(platform.config.dataDir, markerFile)
  const before = await readFile(marker, 'utf8').catch(() => null)
  if (before !== null) return [...demoUsers, ...((JSON.parse(before) as { persons?: DemoSignIn[] }).persons ?? [])]
  progress.begins(platform.config.dataDir)
  for (const { request, settings } of demoStudies) {
    const made = await platform.studies.create(request, settings)
    if (isRefusal(made) && made.refusal !== 'already-exists') throw new DemoFailed(made.detail)
  }
  for (const { user, name, role, studies, sites } of demoUsers) {
    await platform.identity.putUser({ name: user, display: name, grant: { role, studies, sites, people: null }, password })
  }
  await loadPeople(platform, patients, progress)
  const persons = await putPersons(platform, options)
  progress.publishes()
  await platform.flow?.pipeline.wait({ timeoutS: publishTimeoutS })
  await writeAtomically(marker, `${JSON.stringify({ patients, persons })}\n`, { mode: 0o600 })
  return [...demoUsers, ...persons]
}

/** Those who sign in as themselves or for others; what a guardian reaches is a relationship, as it is outside the demo. */
async function putPersons(platform: Platform, { patients, password }: DemoOptions): Promise<DemoSignIn[]> {
  const persons = demoPersonalUsers({ patients, seed, asOf: new Date().toISOString().slice(0, 10) })
  const administrator: Grant = { user: 'demo', role: 'administrator', studies: 'all', sites: [], people: null }
  for (const { user, name, role, studies, actor, wards } of persons) {
    const people = role === 'patient' ? [actor.slice('Patient/'.length)] : null
    await platform.identity.putUser({ name: user, display: name, grant: { role, studies, sites: [], people }, actor, password })
    for (const { patientId, basis, finding } of wards) {
      // Who is appointed by a court is not named in the ward's record.
      const holder = basis === 'minority' ? actor : `User/${user}`
      const { facts } = requestOf('demo', administrator, Date.now(), { studies: [], sites: [] })
      const asked = { kind: 'guardian' as const, holder, patient: patientId, basis, ...(finding === undefined ? {} : { finding }) }
      const added = await platform.access.relationships.add(administrator, { ...facts, act: 'access' }, asked)
      if (isRefusal(added)) throw new DemoFailed(wordsOf(added))
    }
  }
  return persons.map(({ user, name, role, studies }) => ({ user, name, role, studies }))
}

async function loadPeople(platform: Platform, patients: number, progress: DemoProgress): Promise<void> {
  const asOf = new Date().toISOString().slice(0, 10)
  let people = 0
  for (const load of demoLoads({ patients, seed, asOf })) {
    // Each person arrives on a day of his own, so that enrolment grows over months as it does in a real study.
    const at = Date.parse(`${load.on}T12:00:00Z`)
    // The demo's clock runs in the past, where every lag would look like days.
    const systems: ImportSystems = { ...platform.imports, jobs: noJobs, pace: () => Promise.resolve(), now: () => at }
    await (load.study === null ? storeShared(systems, load, at) : importLoad(systems, load, load.study, at))
    if (load.stage === 'people' && load.expect === 'stored') progress.person(Math.min(patients, (people += 1)))
  }
}

async function importLoad(systems: ImportSystems, load: DemoLoad, study: string, at: number): Promise<void> {
  const request = requestOf('demo', { user: 'demo', role: 'integrator', studies: [study], sites: [], people: null }, at, {
    studies: [study],
    sites: load.site === null ? [] : [load.site],
  })
  const body = (async function* () {
    yield Buffer.from(`${JSON.stringify(load.bundle)}\n`)
  })()
  const report = await runImport(systems, request, body, { consentOnFile: null, dryRun: false, after: 0 })
  if (isRefusal(report)) throw new DemoFailed(wordsOf(report))
  const unexpected = load.expect === 'stored' ? report.refusals[0] : undefined
  if (unexpected !== undefined) throw new DemoFailed(`The demo could not be loaded: ${unexpected.detail}`)
}

async function storeShared(systems: ImportSystems, load: DemoLoad, at: number): Promise<void> {
  const request = requestOf('demo', { user: 'demo', role: 'integrator', studies: 'all', sites: [], people: null }, at, {
    studies: [],
    sites: [],
  })
  for (const { resource } of load.bundle.entry) {
    const written = await update(systems, request, { type: resource.resourceType, id: resource.id }, JSON.stringify(resource))
    if (isRefusal(written)) throw new DemoFailed(`The demo could not be loaded: ${wordsOf(written)}`)
  }
}

const wordsOf = (refusal: Refusal): string =>
  [refusal.detail, ...('issues' in refusal ? (refusal.issues ?? []).map((issue) => `${issue.path}: ${issue.message}`) : [])].join(' ')
