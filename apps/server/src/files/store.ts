import { reachesPlace, peopleOf, type Grant } from '@aquifer/core/access'
import type { ReservoirFileStored } from '@aquifer/core/contract'
import { tableFormatOf, type ScanFinding } from '@aquifer/core/files'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { noSuchResource } from '../access/index.js'
import { auditRecord, type RequestFacts } from '../audit/index.js'
import { lockConsents, noConsent } from '../consent/index.js'
import { scopeOf, type AskedScope } from '../fhir/index.js'
import type { FileStore, Repository, Study, Tx } from '../repository/index.js'
import { StoreFailed } from '../storage/index.js'
import type { Studies } from '../study/index.js'
import type { FilePlaces } from './places.js'
import type { FileKeys } from './sealed-file.js'

export interface FileParts {
  repository: Repository
  studies: Studies
  places: FilePlaces
  keys: FileKeys
  now: () => number
  newId: () => string
}
/** One request as it concerns files. */
export interface FilesAsked {
  grant: Grant
  facts: RequestFacts
  asked: AskedScope
}

/** What is to be stored, apart from its bytes. */
export interface Described {
  store: FileStore
  study: Study
  patient: string | null
  filename: string | null
  type: string | null
  attestation: string | null
}
export interface Arrived {
  id: string
  /** where the bytes lie until now, durably */
  incoming: string
  bytes: number
  sha256: string
  warnings: ScanFinding[]
  scanned: number
}

/** The study that a file is sent to, if it takes files. */
export async function studyTaking({ studies }: FileParts, { grant, asked }: FilesAsked, store: FileStore): Promise<Study | Refusal> {
  const scope = await scopeOf(studies, grant, { studies: asked.studies, sites: [] })
  if (isRefusal(scope)) return scope
  const { study } = scope
  const takes = store === 'lake' ? ['open', 'closed'] : ['open', 'closed', 'frozen']
  if (takes.includes(study.status)) return study
  return refuse('study-not-open', { detail: `The study is ${study.status} and takes no files.`, remedy: 'Ask the study manager.' })
}

/** Whose a file of the lake is: said by its sender, or the only person he stands for. */
export function personOf(grant: Grant, said: string | null): string | null | Refusal {
  const people = peopleOf(grant)
  if (said !== null || people === null) return said
  const [only, another] = people
  if (only !== undefined && another === undefined) return only
  return refuse('bad-header', { detail: 'Say whose file it is: X-Aquifer-Patient.', header: 'X-Aquifer-Patient' })
}

/** Names the bytes, then row and audit record in one transaction. Whatever breaks off before its commit is swept. */
export async function storeFile(
  parts: FileParts,
  { grant, facts }: FilesAsked,
  said: Described,
  arrived: Arrived,
): Promise<Refusal | null> {
  const { repository, places, now } = parts
  const { store, study, patient, filename, type, attestation } = said
  const { id, incoming, bytes, sha256, warnings, scanned } = arrived
  facts.sid = study.sid
  Object.assign(facts.detail, {
    store,
    file: id,
    bytes,
    sha256,
    ...(store === 'lake' ? {} : { attested: true, warnings: warnings.length }),
  })
  if (patient !== null) facts.people.push(patient)
  const silent = await places.keep(incoming, store, study.id, id).then(() => null, storeSilent)
  if (silent !== null) return silent
  const auditId = await repository.nextAuditId()
  const at = now()
  const refused = await repository.transact(async (tx) => {
    const closed = patient === null ? null : await consentTo(tx, { grant, study, patient, at })
    if (closed !== null) return closed
    const { user: actor } = grant
    await tx.addFile({
      id,
      store,
      sid: study.sid,
      patientId: patient,
      filename,
      type,
      bytes,
      sha256,
      actor,
      at,
      attestation,
      warnings,
      scanned,
    })
    await tx.audit([auditRecord(facts, auditId, 201)])
    return null
  })
  if (refused !== null) {
    await places.remove(store, study.id, id)
    return refused
  }
  facts.recorded = true
  return null
}

/** Where files are in a bucket it may not answer for a while. */
export function storeSilent(error: unknown): Refusal<'not-ready'> {
  if (error instanceof StoreFailed)
    return refuse('not-ready', { detail: 'The store of files does not answer: try again.', retryAfterS: 30 })
  throw error
}

/** A person's file enters as his data does: where he is enrolled, within reach, and while his consent is active. */
async function consentTo(tx: Tx, asked: { grant: Grant; study: Study; patient: string; at: number }): Promise<Refusal | null> {
  const { grant, study, patient: patientId, at } = asked
  const key = { sid: study.sid, patientId }
  const ledger = await lockConsents(tx, [key], 'share')
  const site = study.sites.find((each) => each.site === ledger.siteOf(key))?.id ?? null
  if (!reachesPlace(grant, { study: study.id, site, patients: [patientId] })) return noSuchResource()
  if (ledger.isErased(key)) return noConsent(study.required, 'withdrawn')
  const decision = ledger.decide({ study, patientId, at, named: 'by-data', patientStored: false })
  if (isRefusal(decision)) return decision
  if (decision === 'enrolled') return null
  return refuse('not-enrolled', { detail: 'The person is not enrolled in this study.', remedy: 'Send the Patient first.' })
}

export function reservoirStored({ id, bytes, sha256, warnings }: Arrived, filename: string): ReservoirFileStored {
  return { id, bytes, checksum: sha256, table: tableFormatOf(filename) === null ? null : filename, warnings }
}
