import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { withholds } from '@aquifer/core/consent'
import type { Pool, PoolClient } from 'pg'
import { insertAudits, type MarkRecord } from './audits.js'
import { recordConsents } from './consents.js'
import { alarmFeed } from './feeds.js'
import { addFile, removeFile } from './files.js'
import { emitFlows, studiesNaming } from './flow.js'
import { endEnrolment, enrol, lockPeople, noteBirths, readPeople } from './people.js'
import { readNewest, readStanding, readVersionNumbers } from './read.js'
import { endRelationships, holdRelationships, noteOnRelationship, relate } from './relationships.js'
import { registrationTx } from './registrations.js'
import { search } from './search.js'
import type { Repository, Tx } from './types.js'
import { erasedAmong, recordWithdrawal } from './withdrawals.js'
import { skipTo, writeAll } from './write.js'

const attemptsMax = 8
const backoffMs = 5
// Two transactions that made the same row, or waited for each other: the one that lost runs again and sees what the other stored.
const retried = new Set(['40001', '40P01'])
const racedKeys = new Set(['current_key', 'person_id_key'])

// By study, whether people's data may not be seen from now on.
type Withdrew = Map<number, boolean>
type OnWithdrawal = Parameters<Repository['onWithdrawal']>[0]

export function openWithdrawalNews(): { on: Repository['onWithdrawal']; tell(studies: Withdrew): Promise<void> } {
  const listeners = new Set<OnWithdrawal>()
  return {
    on(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async tell(studies) {
      for (const [sid, withheld] of studies) for (const listener of listeners) await listener(sid, withheld)
    },
  }
}

export interface TransactParts {
  pool: Pool
  now(): number
  random(): number
  committed(): void
  // People withdrew; heard before whoever said it gets his answer.
  withdrew(studies: Withdrew): Promise<void>
  mark: MarkRecord
  ledgerKey: Uint8Array
}

export async function transact<T>(parts: TransactParts, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const done = await attemptOnce(parts, work).catch((error: unknown) => {
      if (attempt >= attemptsMax || !isRace(error)) throw error
      return null
    })
    if (done !== null) {
      if (done.withdrew.size > 0) await parts.withdrew(done.withdrew)
      return done.result
    }
    await sleep(Math.ceil(parts.random() * backoffMs * 2 ** Math.min(attempt, 6)))
  }
}

function isRace(error: unknown): boolean {
  const { code, constraint } = error as { code?: string; constraint?: string }
  return retried.has(code ?? '') || (code === '23505' && racedKeys.has(constraint ?? ''))
}

async function attemptOnce<T>(parts: TransactParts, work: (tx: Tx) => Promise<T>): Promise<{ result: T; withdrew: Withdrew }> {
  const client = await parts.pool.connect()
  let broken: Error | undefined
  // Unheard, the end of a connection that is checked out would end the process.
  const onError = (error: Error): void => void (broken = error)
  client.on('error', onError)
  try {
    const sent: Sent = []
    const withdrew: Withdrew = new Map()
    inOneWrite(client)
    send(sent, client.query('begin'))
    const result = await work(txOn(client, parts, { sent, withdrew }))
    const [end] = await Promise.all([client.query('commit'), ...sent])
    // A transaction that failed inside answers a commit with a rollback, and without an error.
    if (end.command !== 'COMMIT') throw new Error('the transaction had failed before its commit')
    parts.committed()
    return { result, withdrew }
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => (broken = failure))
    throw error
  } finally {
    client.removeListener('error', onError)
    client.release(broken)
  }
}

// What is sent and not waited for: the connection is pipelined, so it is done in its place, and a failure of it fails the commit.
type Sent = Promise<unknown>[]

function send(sent: Sent, query: Promise<unknown>): void {
  query.catch(() => undefined)
  sent.push(query)
}

/** What is asked in this turn leaves in one system call; each statement on its own would cost one. */
function inOneWrite(client: PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection
  stream.cork()
  process.nextTick(() => stream.uncork())
}

function txOn(client: PoolClient, { now, mark, ledgerKey }: TransactParts, { sent, withdrew }: { sent: Sent; withdrew: Withdrew }): Tx {
  return {
    async write(writes) {
      if (writes.length === 0) return []
      const outcomes = await writeAll(client, writes, now())
      await emitFlows(client, writes, outcomes)
      return outcomes
    },
    lockPeople: (keys, mode) => lockPeople(client, keys, mode),
    enrol: (people) => enrol(client, people),
    erasedAmong: (people) => erasedAmong(client, ledgerKey, people),
    async recordWithdrawal(withdrawal) {
      await recordWithdrawal(client, ledgerKey, withdrawal)
      withdrew.set(withdrawal.sid, withholds(withdrawal.act) || withdrew.get(withdrawal.sid) === true)
    },
    endEnrolment: (people) => endEnrolment(client, people),
    noteBirths: (births) => noteBirths(client, births),
    recordConsents: (contracts) => recordConsents(client, contracts),
    async audit(records) {
      inOneWrite(client)
      send(sent, insertAudits(client, records, mark))
    },
    async lockName(name) {
      await client.query({ name: 'lock-name', text: `select pg_advisory_xact_lock(hashtextextended($1, 11))`, values: [name] })
    },
    read: (key) => readNewest(client, key),
    standing: (keys) => readStanding(client, keys),
    versions: (keys) => readVersionNumbers(client, keys),
    skipTo: (keys) => skipTo(client, keys),
    search: (query) => search(client, query),
    people: (keys) => readPeople(client, keys),
    studiesNaming: (type, id) => studiesNaming(client, type, id),
    holdRelationships: (holders) => holdRelationships(client, holders),
    relate: (rows) => relate(client, rows),
    endRelationships: (ids, at, note = {}) => endRelationships(client, ids, at, note),
    noteOnRelationship: (id, key, note) => noteOnRelationship(client, id, key, note),
    registration: registrationTx(client),
    addFile: (file) => addFile(client, file),
    removeFile: (id, removed) => removeFile(client, id, removed),
    alarmFeed: (seen, alarmAt) => alarmFeed(client, seen, alarmAt),
  }
}
