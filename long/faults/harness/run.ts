// One run: a workload and faults by seed, recovery, and what every store holds then.
import { setTimeout as sleep } from 'node:timers/promises'
import { isRefusal } from '@aquifer/core/refusal'
import type { Json } from '../../../apps/server/src/platform/test/world.js'
import { Bench, password, study, type Duck } from './bench.js'
import { checkLake, checkOrphans, checkRepository, checkReservoir } from './check.js'
import { Faults, faultsOf, told, type Fault } from './faults.js'
import { deeds, Governance, type Deed, type Officers } from './governance.js'
import { Model, type Act } from './model.js'
import { Observer } from './observer.js'
import { Random } from './random.js'
import { Writer, type Enrolment, type Tokens, type Work } from './workload.js'

export interface RunResult {
  seed: number
  planned: string[]
  struck: Fault[]
  passed: ReadonlySet<string>
  opened: number
  looks: number
  faults: string[]
  /** how long each part took */
  phases: string[]
  ms: number
}

const faultsMax = 20
const deedShare = 0.15
// Longer than a lease: what a killed process said last may still reach the database after it.
const settleMsMax = 90_000
const runMsMax = 240_000
const startAt = Date.parse('2026-03-01T00:00:00Z')

export async function runSeed(seed: number, points: readonly string[], duck: Duck): Promise<RunResult> {
  const begun = performance.now()
  const random = new Random(seed, 'plan')
  const planned = faultsOf(seed, points, random)
  const faults = new Faults(planned)
  const offset = startAt + random.below(86_400_000) - performance.now()
  const bench = await Bench.open(faults, { now: () => Math.round(offset + performance.now()) })
  const found: string[] = []
  const model = new Model()
  const fault = (what: string): void => {
    if (found.length < faultsMax && !found.includes(what)) found.push(what)
  }
  let observer: Observer | null = null
  let at = 'in the workload'
  let since = begun
  const phases: string[] = []
  const next = (phase: string): void => {
    phases.push(`${at} ${Math.round(performance.now() - since)} ms`)
    since = performance.now()
    at = phase
  }
  const all = async (): Promise<void> => {
    const { tokens, officers } = await prepared(bench, random)
    const work: Work = { bench, model, tokens, fault }
    observer = new Observer(work, duck)
    observer.start()
    bench.arm()
    const governance = await worked(work, officers, planned[0].point, random)
    next('at the restart')
    await bench.restart(random.chance(0.75) ? 'kill' : 'close')
    next('while it settles')
    await settled(work, faults)
    next('at the checks')
    await observer.stop()
    await observer.look()
    await checkRepository(work)
    await checkLake(work)
    await checkReservoir(work, governance.governed, duck)
    await governance.check()
    next('at the last restart')
    await bench.restart('kill')
    await bench.up()
    await checkOrphans(work)
    next('')
  }
  try {
    await Promise.race([all(), sleep(runMsMax, null, { ref: false }).then(() => fault(`the run hangs ${at}`))])
  } catch (error) {
    fault(error instanceof Error ? (error.stack ?? error.message) : String(error))
  } finally {
    await observer?.stop()
    await bench.end()
  }
  const { struck, passed } = faults
  const ms = performance.now() - begun
  return { seed, planned: planned.map(told), struck, passed, opened: bench.opened, looks: observer?.looks ?? 0, faults: found, phases, ms }
}

async function prepared(bench: Bench, random: Random): Promise<{ tokens: Tokens; officers: Officers }> {
  const kind = 'program'
  const publish = random.chance(0.8) ? {} : { publish: '1h' }
  await bench.within(async ({ studies, identity }) => {
    const made = await studies.create({ id: study, name: study, kind, sites: ['A'], required: ['share-data'], ...publish } as never)
    if (isRefusal(made)) throw new Error(made.detail)
    for (const [name, role] of [
      ['priya', 'privacy-officer'],
      ['paul', 'privacy-officer'],
      ['mara', 'study-manager'],
    ] as const)
      await identity.putUser({ name, display: name, grant: { role, studies: [study], sites: [], people: null }, password })
  })
  const tokens = {
    integrator: await bench.token('integrator'),
    manager: await bench.token('study-manager'),
    reader: await bench.token('investigator'),
    analyst: await bench.token('analyst'),
    operator: await bench.token('operator'),
    steward: await bench.token('study-manager', 'mara'),
  }
  return { tokens, officers: { priya: await bench.token('privacy-officer', 'priya'), paul: await bench.token('privacy-officer', 'paul') } }
}

/** What of the workload passes a point: it is part of the run whose first fault waits there. */
function needed(point: string): { deed?: Deed; enrolment?: Enrolment; act?: Act } {
  if (point === 'reservoir.cut-replaced') return { deed: 'cut', act: 'erase' }
  if (point.startsWith('reservoir.cut-')) return { deed: 'cut' }
  if (point.startsWith('files.')) return { deed: 'files' }
  if (point.startsWith('quality.')) return { deed: 'quality' }
  if (/^lake\.anew-|^replicator\.(rebuilt|taken-over)/.test(point)) return { deed: 'rebuild' }
  if (point === 'masking.replay-changed') return { deed: 'replay' }
  if (point.startsWith('registration.')) return { enrolment: 'registration' }
  if (point.startsWith('import.')) return { enrolment: 'import' }
  if (/^erasure\.|round-removed|segments-rewritten|purged|compacted/.test(point)) return { act: 'erase' }
  if (/policy-signed|policy-activated/.test(point)) return { deed: 'policy' }
  if (point.startsWith('privacy.')) return { deed: 'key' }
  if (point.includes('reidentification')) return { deed: 'reidentify' }
  if (point.startsWith('bulk-export.')) return { deed: 'export' }
  return point.startsWith('reservoir.generation') ? { deed: 'publish' } : {}
}

async function worked(work: Work, officers: Officers, point: string, random: Random): Promise<Governance> {
  const need = needed(point)
  // Only what is in a cut by then leaves it again.
  const late = need.act !== undefined && need.deed === 'cut'
  const people = Array.from({ length: 2 + random.below(2) }, (_, n) => `p${n}`)
  const enrolments: Enrolment[] = ['transaction', 'transaction', 'import', 'registration']
  const writers = people.map((id, n) => {
    const writer = new Writer(work, new Random(random.below(2 ** 31), id), { id, enrolled: false, registered: false, withdrawn: null })
    const steps = 5 + random.below(8)
    const anyhow = n < 2 && random.chance(0.35) ? random.pick(['stop-use', 'erase'] as const) : null
    const act: Act | null = n > 0 || need.act === undefined ? anyhow : late ? null : need.act
    const by = act === 'stop-use' && random.chance(0.5) ? ('contract' as const) : ('order' as const)
    const withdrawal = act === null ? null : { act, by, after: 1 + random.below(steps - 1) }
    const enrolment = n === 0 ? (need.enrolment ?? random.pick(enrolments)) : random.pick(enrolments)
    return { writer, run: () => writer.run({ enrolment, steps, withdrawal }) }
  })
  const waits: Deed[] = Array.from({ length: point.includes('segments-joined') ? 8 : 2 }, () => 'wait')
  const asked: Deed[] = [...waits, ...(need.deed ? [need.deed] : [])]
  for (const deed of deeds) if (random.chance(deedShare)) asked.push(deed)
  const governance = new Governance(work, officers, new Random(random.below(2 ** 31), 'governance'))
  await Promise.all([...writers.map(({ run }) => run()), governance.run(random.shuffled(asked))])
  if (late) await writers[0].writer.withdraw({ act: 'erase', by: 'order' })
  return governance
}

/** Everything has arrived, whatever faults are left; none strikes for ever. */
async function settled(work: Work, faults: Faults): Promise<void> {
  const { bench, fault } = work
  const until = performance.now() + settleMsMax
  const late = async (what: string): Promise<void> => {
    const status = await bench.within(async ({ flow }) => [
      await flow!.pipeline.status(study),
      flow!.pipeline.held(study),
      flow!.pipeline.leaks(study),
    ])
    fault(`${what} after ${settleMsMax / 1000} s: ${JSON.stringify([status, await unfinished(work)])}`)
  }
  for (;;) {
    const waited = await bench.within(({ flow }) => flow!.pipeline.wait({ study, timeoutS: 20 }))
    const open = await openWithdrawals(work)
    if (waited?.done && open === 0 && (await openJobs(work)) === 0) break
    const what = !waited?.done ? 'the pipeline has not caught up' : open > 0 ? 'a withdrawal is not done' : 'a job is not done'
    if (performance.now() > until) return late(what)
    await sleep(25)
  }
  faults.end()
  const waited = await bench.within(({ flow }) => flow!.pipeline.wait({ study, timeoutS: 20 }))
  if (!waited?.done) return late('the pipeline has not caught up')
  const held = await bench.within(({ flow }) => Promise.resolve([flow!.pipeline.held(study), flow!.pipeline.leaks(study)]))
  if (held?.some((each) => each.length > 0)) fault(`held back: ${JSON.stringify(held)}`)
}

/** What a failure tells besides: work that is not done, and who holds it for how long still. */
async function unfinished({ bench }: Work): Promise<unknown[]> {
  const left = `extract(epoch from clock_timestamp()) * 1000`
  const of = async (text: string): Promise<unknown[]> => (await bench.owner.query<object>(text)).rows
  return [
    await of(
      `select kind, state, owner, attempts, (lease_until - ${left})::int8::text as lease_ms from job where state in ('queued', 'running')`,
    ),
    await of(`select name, owner, (until - ${left})::int8::text as lease_ms from lease`),
    await of(
      `select w.state, w.problem, s.store, s.state as step from withdrawal w left join withdrawal_step s on s.withdrawal = w.id and s.state <> 'done'`,
    ),
  ]
}

/** An import that broke off ends with the next start. */
async function openJobs({ bench }: Work): Promise<number> {
  const open = `select count(*)::int as count from job where state in ('queued', 'running') and kind <> 'import'`
  return (await bench.owner.query<{ count: number }>(open)).rows[0]?.count ?? 0
}

async function openWithdrawals({ bench, tokens, model }: Work): Promise<number> {
  if (model.people.every(({ withdrawn }) => withdrawn === null)) return 0
  const at = `/consent/api/v1/studies/${study}/withdrawals`
  const answer = await bench.send({ path: at, token: tokens.manager })
  const all = (answer?.json['withdrawals'] ?? []) as Json[]
  for (const { id, state } of all)
    if (state === 'failed') await bench.send({ method: 'POST', path: `${at}/${String(id)}/resume`, token: tokens.manager, body: {} })
  return answer?.status === 200 ? all.filter(({ state }) => state !== 'done').length : 1
}
