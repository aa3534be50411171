import { mayUse } from '@aquifer/core/access'
import type { ImportReport } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { dayAt } from '@aquifer/core/time'
import { auditRecord, type AuditEntry } from '../audit/index.js'
import {
  noteRefused,
  scopeOf,
  storeUnits,
  type FhirRequest,
  type FhirSystems,
  type Scope,
  type Unit,
  type UnitOutcome,
} from '../fhir/index.js'
import type { Jobs, RunningJob } from '../jobs/index.js'
import type { Tx } from '../repository/index.js'
import { faultPoint, heard } from '../storage/index.js'
import { preparedLines } from './ahead.js'
import { openAcknowledged, type Acknowledged } from './acknowledged.js'
import { openGathering, peopleOf, type Batch } from './batches.js'
import { DryRun, openRehearsal, type Rehearsal } from './rehearsal.js'
import { linesOf, type Line } from './lines.js'
import { recordOnFile } from './on-file.js'
import type { Prepared } from './prepare.js'
import { openTally, type Tally } from './report.js'

const writers = 3

export interface ImportSystems extends FhirSystems {
  jobs: Jobs
  /** Resolves when the stages behind are near enough for the next batch. */
  pace: (study: string) => Promise<void>
  /** how long a sender may say nothing before the import is ended */
  silenceMaxMs: number
}
export interface ImportOptions {
  /** evidence of consents collected elsewhere, which are recorded for each person before the data enters */
  consentOnFile: string | null
  /** passes all gates and stores nothing */
  dryRun: boolean
  /** lines up to this one were acknowledged in an earlier attempt */
  after: number
}

interface Import {
  systems: ImportSystems
  request: FhirRequest
  scope: Scope
  tally: Tally
  job: RunningJob
  consentOnFile: string | null
  /** single resources that came before their person or consent; null once they get their last try */
  early: Early[] | null
  /** people who entered, or whose consent came, in this import */
  entered: Set<string>
  acknowledged: Acknowledged
  /** in a dry run: who would have entered, for the batches after */
  rehearsal: Rehearsal | null
}
interface Early {
  unit: Prepared
  refusal: Refusal
}
// Held in memory until the end of the stream; what comes early beyond that is refused at once.
const earlyMax = 20_000

/**
 * A bulk load as a stream: each line is a unit that is stored whole or not at all, through the same validation, consent and
 * transactions as single writes. Running it again stores nothing twice.
 */
export async function runImport(
  systems: ImportSystems,
  request: FhirRequest,
  body: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<ImportReport | Refusal> {
  const scope = await scopeOf(systems.studies, request.grant, request.asked)
  if (isRefusal(scope)) return scope
  const forbidden = mayImport(request, options)
  if (forbidden !== null) return forbidden
  const { facts } = request
  facts.sid = scope.study.sid
  facts.detail['studyVersion'] = scope.study.version
  if (options.consentOnFile !== null) facts.detail['consentOnFile'] = options.consentOnFile
  const { dryRun, after } = options
  if (dryRun) facts.detail['dryRun'] = true
  const job = await systems.jobs.start({ kind: 'import', sid: scope.study.sid, actor: facts.actor, request: { dryRun, after } })
  const tally = openTally(scope.study.id)
  const started = systems.now()
  try {
    const { consentOnFile } = options
    const rehearsal = dryRun ? openRehearsal() : null
    const acknowledged = openAcknowledged(after)
    const run: Import = { systems, request, scope, tally, job, consentOnFile, early: [], entered: new Set(), acknowledged, rehearsal }
    const ended = await load(run, body, after)
    const report = { ...tally.whole(), elapsedMs: systems.now() - started, cancelled: job.cancelled, dryRun }
    facts.detail = { ...facts.detail, stored: report.stored, unchanged: report.unchanged, refused: report.refused }
    const repaired = Object.entries(report.repaired).map(([rule, count]) => `${rule} ${count}`)
    if (repaired.length > 0) facts.detail['repaired'] = repaired.toSorted().join(', ')
    await job.finish({
      state: job.cancelled ? 'cancelled' : ended === null ? 'done' : 'failed',
      result: report,
      ...(ended ? { problem: 'remedy' in ended ? `${ended.detail} ${ended.remedy}` : ended.detail } : {}),
    })
    return ended ?? report
  } catch (error) {
    await job.finish({ state: 'failed', result: tally.whole(), problem: 'The import broke off. Run it again: nothing is stored twice.' })
    throw error
  }
}

function mayImport({ grant }: FhirRequest, { consentOnFile }: ImportOptions): Refusal | null {
  if (mayUse(grant, 'import.run') && (consentOnFile === null || mayUse(grant, 'consent.decide'))) return null
  const what = consentOnFile === null ? 'import' : 'import with consent on file'
  return refuse('not-permitted', { detail: `The role ${grant.role} may not ${what}.` })
}

/** Stores batches side by side, but never two about the same person. */
function openSending(run: Import): { send(batch: Batch | null): Promise<void>; end(): Promise<void> } {
  const running = new Map<Promise<void>, Batch>()
  let failed: unknown = null
  return {
    async send(batch) {
      if (batch === null) return
      await run.systems.pace(run.scope.study.id)
      // What a running batch enters or consents to must be seen by the next one about the same people.
      while (running.size >= writers || [...running.values()].some((other) => overlaps(other, batch))) await Promise.race(running.keys())
      if (failed !== null) throw failed
      const storing: Promise<void> = storeBatch(run, batch)
        .catch((error: unknown) => {
          failed = error
        })
        .finally(() => running.delete(storing))
      running.set(storing, batch)
    },
    async end() {
      await Promise.all(running.keys())
      if (failed !== null) throw failed
    },
  }
}

/** Reads, prepares and stores; null at the end of the stream, a refusal where it cannot be read on. */
async function load(run: Import, body: AsyncIterable<Uint8Array>, after: number): Promise<Refusal | null> {
  const gathering = openGathering()
  const sending = openSending(run)
  let ended: Refusal | null = null
  const { scope, request } = run
  const { asked, grant, strict } = request
  const how = { scope, request: { asked, grant, strict }, mayWriteAll: run.consentOnFile !== null }
  const lines = linesAfter(after, linesOf(heard(body, run.systems.silenceMaxMs)))
  for await (const unit of preparedLines(run.systems.threads, lines, how)) {
    if ('ended' in unit) {
      ended = unit.ended
      break
    }
    if (run.job.cancelled) break
    run.acknowledged.begin(unit.line)
    if ('refusal' in unit) {
      run.tally.refused(unit.line, unit.refusal, unit.resources)
      await noteUnfit(run, unit)
      run.acknowledged.settle(unit.line)
      continue
    }
    run.tally.repaired(unit)
    await sending.send(gathering.add(unit))
  }
  if (!run.job.cancelled) await sending.send(gathering.rest())
  await sending.end()
  // What waits for its person is refused only once all was read.
  if (ended?.refusal === 'too-slow') return { ...ended, remedy: goingOn(run.acknowledged.line) }
  await storeEarly(run)
  return ended
}

async function* linesAfter(after: number, lines: AsyncIterable<Line | Refusal>): AsyncGenerator<Line | Refusal> {
  for await (const line of lines) if (isRefusal(line) || line.number > after) yield line
}

const goingOn = (line: number): string =>
  line === 0
    ? 'Send it again: nothing is stored twice.'
    : `All up to line ${line} is settled: send the same lines again with after=${line}. Nothing is stored twice.`

/** Resources that came before their person or consent, once more: now that all has been read, their refusal is final. */
async function storeEarly(run: Import): Promise<void> {
  const early = run.early ?? []
  run.early = null
  const gathering = openGathering()
  const sending = openSending(run)
  for (const { unit, refusal } of early) {
    if (run.job.cancelled || !peopleOf(unit).every((id) => run.entered.has(id))) await refuseUnit(run, unit, refusal)
    else await sending.send(gathering.add(unit))
  }
  await sending.send(gathering.rest())
  await sending.end()
}

async function refuseUnit(run: Import, unit: Prepared, refusal: Refusal): Promise<void> {
  run.tally.refused(unit.line, refusal, unit.items.length)
  run.acknowledged.settle(unit.line)
  if (run.rehearsal !== null) return
  await noteRefused(run.systems, { study: run.scope.study, site: unit.site, items: unit.items }, refusal, run.request.facts)
}

const mayCome = (unit: Prepared, refusal: Refusal): boolean =>
  unit.items.length === 1 && (refusal.refusal === 'not-enrolled' || refusal.refusal === 'no-consent')

const overlaps = (a: Batch, b: Batch): boolean => [...b.people].some((id) => a.people.has(id))

async function storeBatch(run: Import, batch: Batch): Promise<void> {
  const { systems, tally, job } = run
  const { outcomes, recorded } = await decideBatch(run, batch)
  await faultPoint('import.batch-stored')
  tally.report.consentsRecorded += recorded
  for (const [place, outcome] of outcomes.entries()) {
    const prepared = batch.units[place]
    if (prepared === undefined) continue
    if (!isRefusal(outcome)) {
      tally.stored(prepared, outcome.stored)
      noteEntered(run, prepared)
      run.acknowledged.settle(prepared.line)
      if (run.rehearsal !== null) run.rehearsal.entered(prepared)
      else for (const each of outcome.stored) systems.metrics.importedResources.inc({ outcome: each.outcome })
    } else if (run.early !== null && run.early.length < earlyMax && mayCome(prepared, outcome)) {
      run.early.push({ unit: prepared, refusal: outcome })
    } else {
      await refuseUnit(run, prepared, outcome)
    }
  }
  const { read, stored, unchanged, refused } = tally.report
  job.progress({ read, stored, unchanged, refused, acknowledged: run.acknowledged.line, run: run.request.facts.correlationId })
}

interface Decided {
  outcomes: UnitOutcome[]
  recorded: number
}

/** Stores what may be stored of a batch; in a dry run the same, taken back before it is committed. */
async function decideBatch(run: Import, batch: Batch): Promise<Decided> {
  const auditId = await run.systems.repository.nextAuditId()
  const { scope, request, rehearsal } = run
  const unitOf = ({ items, site }: Pick<Prepared, 'items' | 'site'>): Unit => ({
    study: scope.study,
    site,
    grant: request.grant,
    items,
    auditId,
  })
  const before = rehearsal === null ? [] : rehearsal.before(batch).map(unitOf)
  const units = batch.units.map(unitOf)
  try {
    const stored = await run.systems.repository.transact(async (tx) => {
      const decided = await storeInto(tx, run, batch, { before, units, auditId })
      if (rehearsal !== null) throw new DryRun(decided)
      return decided
    })
    run.systems.feeds.arrived(units, stored.outcomes)
    return stored
  } catch (error) {
    if (error instanceof DryRun) return error.decided as Decided
    throw error
  }
}

async function storeInto(
  tx: Tx,
  run: Import,
  batch: Batch,
  { before, units, auditId }: { before: readonly Unit[]; units: readonly Unit[]; auditId: bigint },
): Promise<Decided> {
  const { systems, request, scope } = run
  const now = systems.now()
  const onFile =
    run.consentOnFile === null
      ? null
      : await recordOnFile(tx, {
          scope,
          grant: request.grant,
          patients: peopleToConsent(batch, scope),
          from: dayAt(now, scope.study.zone),
          now,
          newId: systems.newId,
          auditId,
        })
  if (isRefusal(onFile)) return { outcomes: units.map((): UnitOutcome => onFile), recorded: 0 }
  const stored = (await storeUnits(tx, [...before, ...units], { now, newId: systems.newId })).slice(before.length)
  const entries = stored.flatMap((outcome, place) => (isRefusal(outcome) ? [] : [entryOf(units[place], outcome)]))
  const consents = onFile?.recorded ?? 0
  if (entries.length > 0)
    await tx.audit([auditRecord({ ...request.facts, entries, detail: { ...request.facts.detail, consents } }, auditId, 200)])
  return { outcomes: stored, recorded: consents }
}

function noteEntered(run: Import, { items }: Prepared): void {
  for (const item of items) {
    if (item.type === 'Patient') run.entered.add(item.id)
    if (item.consent) run.entered.add(item.consent.patientId)
  }
}

/** Who gets consent on file: nobody whose own Contract in the same lines takes a required consent back. */
function peopleToConsent(batch: Batch, { study }: Scope): string[] {
  const statements = batch.units.flatMap(({ items }) => items.flatMap(({ consent }) => consent ?? []))
  const isStop = ({ status, types }: (typeof statements)[number]): boolean =>
    (status === 'withdrawn' || status === 'suspended') && types.some((type) => study.required.includes(type))
  const stopped = new Set(statements.filter(isStop).map(({ patientId }) => patientId))
  return [...batch.people].filter((id) => !stopped.has(id))
}

// One entry per person and unit: the versions themselves point to the record.
function entryOf(unit: Unit | undefined, { stored, withdrawals = [] }: Exclude<UnitOutcome, Refusal>): AuditEntry {
  const person = unit?.items.findIndex((item) => item.type === 'Patient') ?? -1
  const rid = (stored[person] ?? stored[0])?.rid ?? null
  return {
    op: 'import',
    rid,
    version: null,
    resources: stored.length,
    changed: stored.filter((each) => each.outcome !== 'unchanged').length,
    ...(withdrawals.length === 0 ? {} : { withdrawals: withdrawals.map(({ withdrawal }) => withdrawal) }),
  }
}

async function noteUnfit(run: Import, unfit: { refusal: Refusal; types: string[] }): Promise<void> {
  if (run.rehearsal !== null) return
  const items = unfit.types.map((type) => ({ type, patients: [] }))
  await noteRefused(run.systems, { study: run.scope.study, site: run.scope.site, items }, unfit.refusal, run.request.facts)
}
