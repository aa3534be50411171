import { reachesPlace, type Grant } from '@aquifer/core/access'
import { afterEvent, decideWithdrawal, withdrawalRules, withholds, type WithdrawalAct } from '@aquifer/core/consent'
import type { PreviewRequest, WithdrawalList, WithdrawalPreview, WithdrawalRequestBody, WithdrawalView } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { StudyKind } from '@aquifer/core/study'
import { auditRecord } from '../audit/index.js'
import { storeUnits, type FhirRequest } from '../fhir/index.js'
import type { Repository, StudyPerson, Tx, Withdrawal } from '../repository/index.js'
import { reachesSiteOf, sitesWithin, subjectNumber, subjectText } from '../consent/index.js'
import type { Study } from '../study/index.js'
import { keptAfter } from './certificate.js'
import { withdrawnContracts } from './contracts.js'
import type { Erasure } from './erasure.js'
import { stepAhead, toView } from './view.js'

/** Withdrawals as those who answer for consent see and start them. */
export interface WithdrawalDesk {
  preview(study: Study, grant: Grant, asked: PreviewRequest): Promise<WithdrawalPreview | Refusal>
  /** In force when it answers: nothing of the person enters any more, and where the act says so nobody sees the person. */
  start(study: Study, request: FhirRequest, asked: WithdrawalRequestBody): Promise<WithdrawalView | Refusal>
  /** The same within the caller's own transaction, for registration, which audits it itself. */
  startWithin(
    tx: Tx,
    study: Study,
    request: FhirRequest,
    asked: WithdrawalRequestBody,
    auditId: bigint,
  ): Promise<StartedWithdrawal | Refusal>
  list(study: Study, grant: Grant, page: { limit: number; before: string | null }): Promise<WithdrawalList>
  see(study: Study, grant: Grant, id: string): Promise<WithdrawalView | Refusal>
  resume(study: Study, grant: Grant, id: string): Promise<WithdrawalView | Refusal>
  certificate(study: Study, grant: Grant, id: string): Promise<object | Refusal>
}

export interface StartedWithdrawal {
  id: string
  act: WithdrawalAct
  patient: string
  subject: string
  /** what it did, for the audit record */
  detail: Record<string, string | number>
}

export interface DeskParts {
  repository: Repository
  erasure: Erasure
  now: () => number
  newId: () => string
}

const seenNoMoreWithinMs = 1_000
const noSuchPerson = (): Refusal => refuse('unknown', { detail: 'There is no such person in this study.' })
const noSuchWithdrawal = (): Refusal => refuse('unknown', { detail: 'There is no such withdrawal here.' })

/** Leaves a transaction without storing anything. */
class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super('refused')
  }
}

export function openWithdrawalDesk(parts: DeskParts): WithdrawalDesk {
  const { repository, erasure } = parts
  const { withdrawals } = repository
  const view = async (study: Study, withdrawal: Withdrawal): Promise<WithdrawalView> => toView(study, withdrawal, await planned(withdrawal))
  const planned = async ({ id, act }: Withdrawal) => {
    const steps = await withdrawals.steps(id)
    return steps.length > 0 ? steps : erasure.steps().map((step) => stepAhead(step, act))
  }
  const found = async (study: Study, grant: Grant, id: string): Promise<Withdrawal | null> => {
    const withdrawal = await withdrawals.byId(id)
    return withdrawal?.sid === study.sid && reachesSiteOf(grant, study, withdrawal.site) ? withdrawal : null
  }
  const started = async (study: Study, id: string): Promise<WithdrawalView> => {
    const withdrawal = await withdrawals.byId(id)
    if (withdrawal === null) throw new Error('a withdrawal was recorded and is not there')
    return view(study, withdrawal)
  }
  return {
    async preview(study, grant, asked) {
      const person = await personAsked(repository, study, grant, asked)
      return isRefusal(person) ? person : previewOf(erasure, study, person, { asked: asked.act, at: parts.now() })
    },
    async start(study, request, asked) {
      const person = await personAsked(repository, study, request.grant, asked)
      if (isRefusal(person)) return person
      const recorded = await record(parts, study, request, person, asked)
      return isRefusal(recorded) ? recorded : started(study, recorded)
    },
    async startWithin(tx, study, request, asked, auditId) {
      const person = await personAsked(repository, study, request.grant, asked)
      if (isRefusal(person)) return person
      const [id, job] = [parts.newId(), parts.newId()]
      return recordIn(tx, { ...parts, study, request, person, asked, id, job, auditId })
    },
    async list(study, grant, { limit, before }) {
      const sites = sitesWithin(grant, study)
      const page = { limit, ...(before === null ? {} : { before }), ...(sites === null ? {} : { sites }) }
      const rows = await withdrawals.list(study.sid, page)
      const shown = await Promise.all(rows.map((row) => view(study, row)))
      return { withdrawals: shown, next: rows.length < limit ? null : (rows.at(-1)?.id ?? null) }
    },
    async see(study, grant, id) {
      const withdrawal = await found(study, grant, id)
      return withdrawal === null ? noSuchWithdrawal() : view(study, withdrawal)
    },
    async resume(study, grant, id) {
      const withdrawal = await found(study, grant, id)
      if (withdrawal === null) return noSuchWithdrawal()
      const next = withdrawal.state === 'failed' ? afterEvent('failed', 'begin', withdrawal) : null
      if (next === null) return refuse('business-rule', { detail: 'Only a withdrawal whose job failed is resumed.' })
      const job = await repository.jobs.create({
        id: parts.newId(),
        kind: 'withdrawal',
        sid: study.sid,
        actor: grant.user,
        request: { withdrawal: id },
      })
      await withdrawals.move(id, 'failed', next, { job: job.id })
      erasure.wake()
      return view(study, { ...withdrawal, state: next, job: job.id })
    },
    async certificate(study, grant, id) {
      const withdrawal = await found(study, grant, id)
      if (withdrawal === null) return noSuchWithdrawal()
      if (typeof withdrawal.certificate !== 'object' || withdrawal.certificate === null)
        return refuse('not-ready', { detail: 'The withdrawal has not finished yet.', retryAfterS: 5 })
      return withdrawal.certificate
    },
  }
}

/** The person, named by id or subject number; out of the caller's reach is as unknown as not there. */
async function personAsked(
  repository: Repository,
  study: Study,
  grant: Grant,
  asked: { patient?: string | undefined; subject?: string | undefined },
): Promise<StudyPerson | Refusal> {
  if ((asked.patient === undefined) === (asked.subject === undefined))
    return refuse('invalid', { detail: 'Name the person by patient or by subject, one of them.' })
  const subject = asked.subject === undefined ? null : subjectNumber(asked.subject)
  if (asked.subject !== undefined && subject === null) return noSuchPerson()
  const by = subject === null ? { patientId: asked.patient ?? '' } : { subject }
  const person = await repository.erasure.personOf(study.sid, by)
  const site = study.sites.find((each) => each.site === person?.site)?.id ?? null
  const isReached = person !== null && reachesPlace(grant, { study: study.id, site, patients: [person.patientId] })
  return isReached ? person : noSuchPerson()
}

const legalHoldOf = (study: Study): boolean => study.settings['legalHold'] === true
const decideFor = (study: Study, asked: WithdrawalAct | undefined, inForce: WithdrawalAct | null) =>
  decideWithdrawal({ kind: study.kind as StudyKind, legalHold: legalHoldOf(study), asked, inForce })

async function previewOf(
  erasure: Erasure,
  study: Study,
  person: StudyPerson,
  { asked, at }: { asked: WithdrawalAct | undefined; at: number },
): Promise<WithdrawalPreview | Refusal> {
  const act = decideFor(study, asked, person.stopped)
  if (isRefusal(act)) return act
  const { allowed, retentionYears } = withdrawalRules(study.kind as StudyKind, legalHoldOf(study))
  const stores = []
  for (const step of erasure.steps())
    stores.push({ store: step.store, effect: step.effect(act), ...(await step.preview({ study, person, act, at })) })
  return {
    study: study.id,
    kind: study.kind,
    subject: subjectText(study, person.subject),
    act,
    allowed: [...allowed],
    stores,
    seenNoMoreWithinMs: withholds(act) ? seenNoMoreWithinMs : 0,
    expectedMs: stores.reduce((sum, { expectedMs }) => sum + expectedMs, 0),
    kept: keptAfter(study, { act }),
    retentionYears,
  }
}

/** Consent, ledger, job and audit in one transaction that holds the person's lock: what waits for the lock sees the withdrawal. */
async function record(
  parts: DeskParts,
  study: Study,
  request: FhirRequest,
  person: StudyPerson,
  asked: WithdrawalRequestBody,
): Promise<string | Refusal> {
  const { repository, newId } = parts
  const { facts } = request
  const [id, job, auditId] = [newId(), newId(), await repository.nextAuditId()]
  try {
    await repository.transact(async (tx) => {
      const started = await recordIn(tx, { ...parts, study, request, person, asked, id, job, auditId })
      if (isRefusal(started)) throw new Refused(started)
      await tx.audit([auditRecord({ ...facts, detail: { ...facts.detail, ...started.detail } }, auditId, 201)])
    })
  } catch (error) {
    if (error instanceof Refused) return error.refusal
    throw error
  }
  facts.recorded = true
  return id
}

interface Recording extends DeskParts {
  study: Study
  request: FhirRequest
  person: StudyPerson
  asked: WithdrawalRequestBody
  id: string
  job: string
  auditId: bigint
}

async function recordIn(tx: Tx, work: Recording): Promise<StartedWithdrawal | Refusal> {
  const { study, request, person, asked, id, job, auditId } = work
  const [state] = await tx.lockPeople([{ sid: study.sid, patientId: person.patientId }], 'exclusive')
  if (state === undefined || state.enrolment === null || state.pid === null) return noSuchPerson()
  const act = decideFor(study, asked.act, state.enrolment.stopped)
  if (isRefusal(act)) return act
  const now = work.now()
  const units = await withdrawnContracts(tx, { study, state, grant: request.grant, now, auditId, newId: work.newId })
  if (isRefusal(units)) return units
  const refused = (await storeUnits(tx, units, { now, newId: work.newId })).find(isRefusal)
  if (refused !== undefined) return refused
  const { facts } = request
  await tx.recordWithdrawal({
    id,
    job,
    sid: study.sid,
    patient: state.pid,
    subject: state.enrolment.subject,
    site: state.enrolment.site,
    studyVersion: study.version,
    patientId: person.patientId,
    act,
    reason: asked.reason,
    evidence: asked.evidence,
    actor: facts.actor,
    role: facts.role,
    origin: 'request',
    audit: auditId,
    at: now,
  })
  const detail = { withdrawal: id, withdrawalAct: act, person: String(state.pid), contracts: units.length }
  return { id, act, patient: person.patientId, subject: subjectText(study, state.enrolment.subject), detail }
}
