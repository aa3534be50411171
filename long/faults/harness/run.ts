// One run: a workload and faults by seed, recovery, and what every store holds then.
import { setTimeout as sleep } from 'node:timers/promises'
import { isRefusal } from '@aquifer/core/refusal'
import type { Json } from '../../../apps/server/src/platform/test/world.js'
import { Bench, password, study, type Duck } from './bench.js'
import { checkLake, checkOrphans, checkRepository, checkReservoir } from './check.js'
import { Faults, told, type Fault } from './faults.js'
import { Governance, type Governed, type Officers } from './governance.js'
import { Model } from './model.js'
import { Observer } from './observer.js'
import { planOf, type Plan, type Size } from './plan.js'
import { Random } from './random.js'
import { Writer, type Tokens, type Work } from './workload.js'

export interface RunResult {
  seed: number
  planned: string[]
  struck: Fault[]
  passed: ReadonlySet<string>
  opened: number
  looks: number
  faults: string[]
  /** how long each part took */
  phases: readonly string[]
  ms: number
}

const faultsMax = 20
// Longer than a lease: what a killed process said last may still reach the database after it.
const settleMsMax = 180_000
const runMsMax = 480_000
const startAt = Date.parse('2026-03-01T00:00:00Z')

/** Which part of a run is on, and how long each took. */
function openPhases(begun: number) {
  let [at, since] = ['in the workload', begun]
  const told: string[] = []
  const next = (phase: string): void => {
    told.push(`${at} ${Math.round(performance.now() - since)} ms`)
    since = performance.now()
    at = phase
  }
  return {
    next,
    told: told as readonly string[],
    get at() {
      return at
    },
  }
}

export async function runSeed(seed: number, points: readonly string[], duck: Duck, size: Size = 'whole'): Promise<RunResult> {
  const begun = performance.now()
  const plan = planOf(seed, points, size)
  const faults = new Faults(plan.faults)
  const offset = startAt + new Random(seed, 'clock').below(86_400_000) - performance.now()
  const bench = await Bench.open(faults, { now: () => Math.round(offset + performance.now()) })
  const found: string[] = []
  const model = new Model()
  const fault = (what: string): void => {
    if (found.length < faultsMax && !found.includes(what)) found.push(what)
  }
  let observer: Observer | null = null
  const phases = openPhases(begun)
  const { next } = phases
  const all = async (): Promise<void> => {
    const { tokens, officers } = await prepared(bench, plan)
    const work: Work = { bench, model, tokens, fault }
    observer = new Observer(work, duck)
    observer.start()
    bench.arm()
    const governance = await worked(work, officers, plan)
    next('at the restart')
    if (plan.restart !== null) await bench.restart(plan.restart)
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
    if (plan.restore !== null && bench.backup !== null) {
      next('at the restore')
      await restored(work, plan.restore, { faults, duck, governed: governance.governed })
    }
    next('')
  }
  try {
    await Promise.race([
      all(),
      sleep(runMsMax, null, { ref: false }).then(async () => fault(`the run hangs ${phases.at}: ${await bench.standing()}`)),
    ])
  } catch (error) {
    fault(error instanceof Error ? (error.stack ?? error.message) : String(error))
  } finally {
    // One that hangs is ended with what it asks.
    await Promise.race([observer?.stop(), sleep(10_000, null, { ref: false })])
    await bench.end()
  }
  const { struck, passed } = faults
  const ms = performance.now() - begun
  return {
    seed,
    planned: [...plan.faults, ...(plan.restore?.faults ?? [])].map(told),
    struck,
    passed,
    opened: bench.opened,
    looks: observer?.looks ?? 0,
    faults: found,
    phases: phases.told,
    ms,
  }
}

async function prepared(bench: Bench, plan: Plan): Promise<{ tokens: Tokens; officers: Officers }> {
  const kind = 'program'
  const publish = plan.publish === null ? {} : { publish: plan.publish }
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

async function worked(work: Work, officers: Officers, plan: Plan): Promise<Governance> {
  const writers = plan.writers.map(({ id, random, ...asked }) => ({
    writer: new Writer(work, random, { id, enrolled: false, registered: false, withdrawn: null }),
    asked,
  }))
  const governance = new Governance(work, officers, plan.governing)
  await Promise.all([...writers.map(({ writer, asked }) => writer.run(asked)), governance.run(plan.deeds)])
  if (plan.last !== null) await writers[0].writer.withdraw({ act: plan.last, by: 'order' })
  return governance
}

/** All but a backup, the ledger and perhaps the lake is lost, and comes back: without anybody who had himself erased since. */
async function restored(
  work: Work,
  { lake, faults: those }: NonNullable<Plan['restore']>,
  { faults, duck, governed }: { faults: Faults; duck: Duck; governed: Governed },
): Promise<void> {
  const { bench, fault } = work
  faults.begin(those)
  const report = await bench.restore({ lake })
  if (!report.stores.equal) fault(`the stores differ after a restore: ${JSON.stringify(report.stores.studies)}`)
  await settled(work, faults)
  // Without the lake all since the backup is lost, as whoever restores knows.
  if (lake) await checkRepository(work, { restored: true })
  await checkLake(work)
  // Policies and keys are those of the backup.
  await checkReservoir(work, { policy: null, keys: { acknowledged: 0, asked: governed.keys.asked } }, duck)
  await new Observer(work, duck).look()
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
