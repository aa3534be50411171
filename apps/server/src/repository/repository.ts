import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { Clock, Postgres } from '../storage/index.js'
import { studiesNaming } from './flow.js'
import { auditIds, openAudits, type MarkRecord } from './audits.js'
import { resultTypes } from './binary.js'
import { readChanges, readFeedState } from './changes.js'
import { openConsents } from './consents.js'
import { openErasure } from './erasure.js'
import { openFeeds } from './feeds.js'
import { openFeedVersions } from './feed-versions.js'
import { openFiles } from './files.js'
import { openQuality } from './quality.js'
import { openRiskReports } from './risk-reports.js'
import { openCodeListStore } from './code-lists.js'
import { openCohorts } from './cohorts.js'
import { openStudyRecords } from './study-records.js'
import { openStudyViews } from './study-views.js'
import { readHistoryOf } from './history.js'
import { openIdentities } from './identities.js'
import { openJobs, openLeases } from './jobs.js'
import { openKeyEscrows } from './key-escrows.js'
import { openMaskingPolicies } from './masking-policies.js'
import { openNotebooks } from './notebooks.js'
import { openParticipants } from './participants.js'
import { enrolmentsOfPerson, patientIds, personId, readPeople } from './people.js'
import { countsByType, locate, readHistory, readNewest, readVersion } from './read.js'
import { openInvitations } from './registrations.js'
import { readRecord } from './record.js'
import { openRefusals } from './refusals.js'
import { reindex } from './reindex.js'
import { openSeals } from './seals.js'
import { search } from './search.js'
import { openReidentifications } from './reidentifications.js'
import { openRelationships } from './relationships.js'
import { openRolePolicies } from './role-policies.js'
import { openSignatures } from './signatures.js'
import { openSavedQueries } from './saved-queries.js'
import { openStatements } from './statements.js'
import { openStudies } from './studies.js'
import { openWithdrawalNews, transact } from './transact.js'
import type { Repository } from './types.js'
import { openUsers } from './users.js'
import { openWakeUp } from './wake-up.js'
import { openWithdrawals } from './withdrawals.js'

interface RepositoryOptions {
  postgres: Postgres
  clock: Clock
  random?: () => number // 0 ≤ n < 1, for the waits between attempts
  writers?: number // connections
  readers?: number
  mark?: MarkRecord // the server's mark under each audit record
  ledgerKey?: Uint8Array // of the HMAC by which erased people are known; without one, for the life of this object only
}

// The writing statement is planned once, on tables that may be empty. Its joins are all look-ups by key; any other plan would be
// good for the size the tables had then and wrong for what they become.
const writerSettings = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  work_mem: '64MB',
  lock_timeout: '20s',
  statement_timeout: '60s',
  idle_in_transaction_session_timeout: '30s',
}
// A search is planned for the values it is asked with: which index is best depends on them.
const readerSettings = {
  plan_cache_mode: 'force_custom_plan',
  work_mem: '32MB',
  statement_timeout: '60s',
  default_transaction_read_only: 'on',
}

export function openRepository(options: RepositoryOptions): Repository {
  const { postgres, clock, random = Math.random, writers = 4, readers = 4, mark = null, ledgerKey = randomBytes(32) } = options
  const types = resultTypes(pg.types)
  const transactions = postgres.pool('app', { max: writers, settings: writerSettings, types, pipeline: true })
  const writer = postgres.pool('app', { max: 4, settings: { statement_timeout: '60s' }, types })
  const reader = postgres.pool('reader', { max: readers, settings: readerSettings, types })
  const streams = postgres.pool('reader', { max: 4, settings: { statement_timeout: '0', default_transaction_read_only: 'on' } })
  const eraser = postgres.pool('eraser', { max: 1, settings: { statement_timeout: '60s' }, types })
  const owner = postgres.pool('owner', { max: 1, settings: { statement_timeout: '0' } })
  const wakeUp = openWakeUp(writer, () => postgres.client('app'))
  const news = openWithdrawalNews()
  const told = { committed: () => wakeUp.committed(), withdrew: news.tell }
  const parts = { pool: transactions, mark, now: () => clock.now(), random, ...told, ledgerKey }
  return {
    transact: (work) => transact(parts, work),
    nextAuditId: auditIds(writer),
    read: (key) => readNewest(reader, key),
    vread: (key, version) => readVersion(reader, key, version),
    history: (key, page) => readHistory(reader, key, page),
    historyOf: (query) => readHistoryOf(reader, query),
    recordOf: (query) => readRecord(reader, query),
    locate: (type, id) => locate(reader, type, id),
    search: (query) => search(reader, query),
    reindex: (extract, tell) => reindex(writer, extract, tell),
    counts: (sid) => countsByType(reader, sid),
    personId: (patientId) => personId(reader, patientId),
    patientIds: (pids) => patientIds(reader, pids),
    people: (keys) => readPeople(reader, keys),
    enrolments: (patientId) => enrolmentsOfPerson(reader, patientId),
    studiesNaming: (type, id) => studiesNaming(reader, type, id),
    changes: (after, limit, bounds) => readChanges(reader, after, limit, bounds),
    feedState: () => readFeedState(reader),
    async epoch() {
      const { rows } = await reader.query<{ epoch: string }>(`select cluster_epoch() as epoch`)
      return rows[0]?.epoch ?? ''
    },
    onWithdrawal: news.on,
    onWrite: (listener) => wakeUp.onWrite(listener),
    studies: openStudies(writer),
    consents: openConsents(reader),
    refusals: openRefusals(writer, reader, ledgerKey),
    audits: openAudits(writer, reader, mark),
    signatures: openSignatures(writer),
    seals: openSeals(writer, reader, streams),
    jobs: openJobs(writer),
    leases: openLeases(writer),
    users: openUsers(writer, () => clock.now()),
    identities: openIdentities(writer),
    relationships: openRelationships(writer),
    rolePolicies: openRolePolicies(writer),
    maskingPolicies: openMaskingPolicies(writer, mark),
    keyEscrows: openKeyEscrows(writer),
    reidentifications: openReidentifications(writer, mark),
    notebooks: openNotebooks(writer, () => clock.now()),
    statements: openStatements(writer),
    savedQueries: openSavedQueries(writer),
    withdrawals: openWithdrawals(writer),
    participants: openParticipants(writer, reader),
    invitations: openInvitations(writer),
    feeds: openFeeds(writer, reader),
    feedVersions: openFeedVersions(streams),
    files: openFiles(writer),
    riskReports: openRiskReports(writer, reader),
    quality: openQuality(writer, streams),
    studyRecords: openStudyRecords(reader, owner),
    studyViews: openStudyViews(writer),
    codeLists: openCodeListStore(writer),
    cohorts: openCohorts(writer),
    erasure: openErasure({ writer, reader, eraser, owner }, parts.now, ledgerKey),
    async close() {
      await wakeUp.close()
      await Promise.all([transactions.end(), writer.end(), reader.end(), streams.end(), eraser.end(), owner.end()])
    },
  }
}
