import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import type { Grant } from '@aquifer/core/access'
import { demoLoads, demoStudies, demoUsers, type DemoLoad } from '@aquifer/core/generate'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { update, type FhirRequest } from '../fhir/index.js'
import { runImport, type ImportSystems } from '../import/index.js'
import { isLoopback } from '../http/index.js'
import type { Platform } from '../platform.js'
import { writeAtomically } from '../storage/index.js'
import { CommandFailed } from './failure.js'
import { openProgress } from './progress.js'
import { configFrom, runUntilStopped, startPlatform, withServeOptions, type ServeFlags } from './serve.js'

// Known to everybody, which is why these users exist only where nobody but this machine can reach the server.
const demoPassword = 'aquifer-demo'
const seed = 'demo'
const patientsDefault = 300
const markerFile = 'demo.json'
const publishTimeoutS = 120

export function demoCommand(): Command {
  return withServeOptions(new Command('demo'))
    .description('serve a data folder filled with two generated studies and their users; a second start reuses it')
    .option('--patients <n>', 'how many people', wholePatients, patientsDefault)
    .action(async (flags: ServeFlags & { patients: number }) => {
      const config = configFrom(flags)
      if (!isLoopback(config.host))
        throw new CommandFailed('The demo has users with a known password, so it listens on loopback only: leave --host out.')
      const platform = await startPlatform(config)
      try {
        await fill(platform, flags.patients)
      } catch (error) {
        await platform.close()
        throw error
      }
      process.stderr.write(usersText())
      await runUntilStopped(platform)
    })
}

/** Loads what is not there yet. A load that was broken off is gone through again: nothing is stored twice. */
async function fill(platform: Platform, patients: number): Promise<void> {
  const marker = path.join(platform.config.dataDir, markerFile)
  const before = await readFile(marker, 'utf8').catch(() => null)
  if (before !== null) return
  process.stderr.write(`filling ${platform.config.dataDir} with a demo of ${patients} people\n`)
  for (const { request } of demoStudies) {
    const made = await platform.studies.create(request)
    if (isRefusal(made) && made.refusal !== 'already-exists') throw new CommandFailed(made.detail)
  }
  for (const { user, name, role, studies, sites } of demoUsers) {
    await platform.identity.putUser({ name: user, display: name, grant: { role, studies, sites, patient: null }, password: demoPassword })
  }
  await loadPeople(platform, patients)
  process.stderr.write('publishing the masked data\n')
  await platform.flow?.pipeline.wait({ timeoutS: publishTimeoutS })
  await writeAtomically(marker, `${JSON.stringify({ patients })}\n`, { mode: 0o600 })
}

async function loadPeople(platform: Platform, patients: number): Promise<void> {
  const asOf = new Date().toISOString().slice(0, 10)
  const progress = openProgress('people', patients)
  let people = 0
  for (const load of demoLoads({ patients, seed, asOf })) {
    // Each person arrives on a day of his own, so that enrolment grows over months as it does in a real study.
    const at = Date.parse(`${load.on}T12:00:00Z`)
    const systems: ImportSystems = { ...platform.imports, jobs: noJobs, now: () => at }
    await (load.study === null ? storeShared(systems, load, at) : importLoad(systems, load, load.study, at))
    if (load.stage === 'people' && load.expect === 'stored') progress.update(Math.min(patients, (people += 1)))
  }
  progress.end()
}

async function importLoad(systems: ImportSystems, load: DemoLoad, study: string, at: number): Promise<void> {
  const request = requestOf({ user: 'demo', role: 'integrator', studies: [study], sites: [], patient: null }, at, {
    studies: [study],
    sites: load.site === null ? [] : [load.site],
  })
  const body = (async function* () {
    yield Buffer.from(`${JSON.stringify(load.bundle)}\n`)
  })()
  const report = await runImport(systems, request, body, { consentOnFile: null })
  if (isRefusal(report)) throw new CommandFailed(wordsOf(report))
  const unexpected = load.expect === 'stored' ? report.refusals[0] : undefined
  if (unexpected !== undefined) throw new CommandFailed(`The demo could not be loaded: ${unexpected.detail}`)
}

async function storeShared(systems: ImportSystems, load: DemoLoad, at: number): Promise<void> {
  const request = requestOf({ user: 'demo', role: 'integrator', studies: 'all', sites: [], patient: null }, at, { studies: [], sites: [] })
  for (const { resource } of load.bundle.entry) {
    const written = await update(systems, request, { type: resource.resourceType, id: String(resource.id) }, JSON.stringify(resource))
    if (isRefusal(written)) throw new CommandFailed(`The demo could not be loaded: ${wordsOf(written)}`)
  }
}

const wordsOf = (refusal: Refusal): string =>
  [refusal.detail, ...('issues' in refusal ? (refusal.issues ?? []).map((issue) => `${issue.path}: ${issue.message}`) : [])].join(' ')

function requestOf(grant: Grant, at: number, asked: FhirRequest['asked']): FhirRequest {
  return {
    grant,
    asked,
    base: '',
    strict: false,
    facts: {
      at,
      correlationId: 'demo',
      route: 'demo',
      reason: null,
      actor: grant.user,
      role: grant.role,
      act: 'import',
      sid: null,
      refusal: null,
      detail: {},
      entries: [],
      recorded: false,
    },
  }
}

// The demo's people arrive one by one: as jobs they would bury those of its users.
const noJobs: ImportSystems['jobs'] = {
  start: () => Promise.resolve({ id: 'demo', cancelled: false, progress: () => undefined, finish: () => Promise.resolve() }),
  endOrphans: () => Promise.resolve(0),
}

function usersText(): string {
  const rows = demoUsers.map(
    ({ user, name, role, studies }) => `  ${user.padEnd(8)}${role.padEnd(18)}${studies.join(', ').padEnd(16)}${name}\n`,
  )
  return `demo users, password ${demoPassword}:\n${rows.join('')}`
}

function wholePatients(text: string): number {
  const patients = Number(text)
  if (!/^\d+$/.test(text) || patients < 10 || patients > 100_000) throw new InvalidArgumentError('a whole number from 10 to 100000')
  return patients
}
