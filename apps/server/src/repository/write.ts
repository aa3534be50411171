import { typeNumber } from '@aquifer/core/fhir'
import type { PoolClient } from 'pg'
import { boolArray, byteaArray, float8Array, int2Array, int4Array, int8Array, textArray } from './binary.js'
import { furtherCode, mixed, parameterNumber } from './mix.js'
import { globalSid } from './types.js'
import type { PreparedWrite, ResourceKey, WriteOutcome } from './types.js'
import { outcomeCodes, writeSql } from './write-sql.js'

// One statement's share: beyond this more rows per statement gain nothing and hold memory on both sides.
const writesMax = 2_000
const bytesMax = 16 * 1024 * 1024
const racesMax = 20

interface Placed {
  write: PreparedWrite
  place: number // in the caller's list
}

// In order of the key, so that two transactions lock what they share in the same order; a key named again waits for a later round.
export async function writeAll(client: PoolClient, writes: readonly PreparedWrite[], now: number): Promise<WriteOutcome[]> {
  const outcomes: WriteOutcome[] = []
  let waiting = writes.map((write, place) => ({ write, place })).sort(byKey)
  for (let races = 0; waiting.length > 0;) {
    const { round, later } = nextRound(waiting)
    const raced: Placed[] = []
    const results = await writeOnce(client, round, now)
    for (const [i, placed] of round.entries()) {
      const result = results[i]
      if (result === undefined || result === 'raced') raced.push(placed)
      else outcomes[placed.place] = result
    }
    races += raced.length > 0 ? 1 : 0
    if (races > racesMax) throw new Error('a resource changed more often than it could be locked')
    waiting = raced.length === 0 ? later : [...raced, ...later].sort(byKey)
  }
  return outcomes
}

/** A place in the row of versions that a resource goes on from, where those before are lost. */
export async function skipTo(client: PoolClient, keys: readonly (ResourceKey & { version: number; deleted: boolean })[]): Promise<void> {
  if (keys.length === 0) return
  await client.query({
    name: 'skip-to',
    text: `insert into current (rid, sid, type, id, version, deleted, updated, present, toks)
      select nextval('rid_seq'), k.sid, k.type, k.id, k.version - 1, k.deleted, 0, 0, '{}'
      from unnest($1::int2[], $2::int2[], $3::text[], $4::int4[], $5::bool[]) k(sid, type, id, version, deleted)
      on conflict (sid, type, id) do update set version = excluded.version, deleted = excluded.deleted`,
    values: [
      int2Array(keys.map(({ sid }) => sid)),
      int2Array(keys.map(({ type }) => typeNumber(type))),
      textArray(keys.map(({ id }) => id)),
      int4Array(keys.map(({ version }) => version)),
      boolArray(keys.map(({ deleted }) => deleted)),
    ],
  })
}

function byKey(a: Placed, b: Placed): number {
  if (a.write.sid !== b.write.sid) return a.write.sid - b.write.sid
  if (a.write.type !== b.write.type) return a.write.type < b.write.type ? -1 : 1
  if (a.write.id !== b.write.id) return a.write.id < b.write.id ? -1 : 1
  return a.place - b.place
}

function nextRound(waiting: readonly Placed[]): { round: Placed[]; later: Placed[] } {
  const round: Placed[] = []
  const later: Placed[] = []
  let bytes = 0
  let last: PreparedWrite | null = null
  for (const placed of waiting) {
    const { sid, type, id, content } = placed.write
    const again = last !== null && last.sid === sid && last.type === type && last.id === id
    if (again || round.length >= writesMax || bytes > bytesMax) later.push(placed)
    else {
      round.push(placed)
      bytes += content?.length ?? 0
      last = placed.write
    }
  }
  return { round, later }
}

interface OutcomeRow {
  rid: bigint | null
  version: number
  at: bigint
  outcome: number
}

async function writeOnce(client: PoolClient, round: readonly Placed[], now: number): Promise<(WriteOutcome | 'raced')[]> {
  const writes = round.map((placed) => placed.write)
  const { rows } = await client.query<OutcomeRow>({ name: 'write', text: writeSql, values: parameters(writes, now) })
  return rows.map((row, i) => {
    const outcome = outcomeCodes[row.outcome] ?? 'raced'
    const id = writes[i]?.id ?? ''
    return outcome === 'raced' ? 'raced' : { rid: row.rid, id, version: row.version, updatedAt: Number(row.at), outcome }
  })
}

const opCodes = { create: 0, update: 1, delete: 2 } as const

function expectation(write: PreparedWrite): number {
  if (write.expect === undefined) return -1
  return 'absent' in write.expect ? 0 : write.expect.version
}

function parameters(writes: readonly PreparedWrite[], now: number): unknown[] {
  const people = peopleOf(writes)
  const index = indexOf(writes)
  const of = <T>(pick: (write: PreparedWrite) => T): T[] => writes.map(pick)
  return [
    textArray(people.ids),
    boolArray(people.hold),
    int2Array(of((write) => write.sid)),
    int2Array(of((write) => typeNumber(write.type))),
    textArray(of((write) => write.id)),
    int2Array(of((write) => opCodes[write.op])),
    int4Array(of(expectation)),
    boolArray(of((write) => write.unchanged === 'skip')),
    byteaArray(of((write) => write.content)),
    byteaArray(of((write) => write.hash)),
    int4Array(of((write) => write.site)),
    int8Array(of((write) => write.audit)),
    int8Array(of((write) => write.index?.present ?? 0n)),
    int8Array(of((write) => write.index?.dateLo ?? null)),
    int8Array(of((write) => write.index?.dateHi ?? null)),
    int8Array(of((write) => write.index?.code ?? null)),
    String(now),
    int4Array(people.places),
    int4Array(people.offsets),
    int8Array(index.tokens),
    int4Array(index.offsets),
    int4Array(index.str.rows),
    int4Array(index.str.parameters),
    textArray(index.str.texts),
    int4Array(index.qty.rows),
    int8Array(index.qty.hashes),
    float8Array(index.qty.values),
    int4Array(index.dat.rows),
    int4Array(index.dat.parameters),
    int8Array(index.dat.los),
    int8Array(index.dat.his),
  ]
}

// Each person once, in order of the id (the order in which new ones are inserted and profiles' people are locked), and per write
// the places of its people in that list.
function peopleOf(writes: readonly PreparedWrite[]): { ids: string[]; hold: boolean[]; places: number[]; offsets: number[] } {
  const holds = new Map<string, boolean>()
  for (const write of writes) for (const id of named(write)) holds.set(id, (holds.get(id) ?? false) || write.sid === globalSid)
  const ids = [...holds.keys()].sort()
  const placeOf = new Map(ids.map((id, i) => [id, i + 1]))
  const places: number[] = []
  const offsets = [0]
  for (const write of writes) {
    if (write.op !== 'delete') for (const id of new Set(named(write))) places.push(placeOf.get(id) ?? 0)
    offsets.push(places.length)
  }
  return { ids, hold: ids.map((id) => holds.get(id) ?? false), places, offsets }
}

const named = (write: PreparedWrite): readonly string[] => (write.type === 'Patient' ? [write.id] : write.patients)

type Indexed = Pick<PreparedWrite, 'sid' | 'type' | 'index'>

interface FlatIndex {
  tokens: bigint[]
  offsets: number[]
  str: { rows: number[]; parameters: number[]; texts: string[] }
  qty: { rows: number[]; hashes: bigint[]; values: number[] }
  dat: { rows: number[]; parameters: number[]; los: number[]; his: number[] }
}

/** The index entries of several resources, flat; each row says by its place from 1 whose it is. */
export function indexOf(writes: readonly Indexed[]): FlatIndex {
  const flat: FlatIndex = {
    tokens: [],
    offsets: [0],
    str: { rows: [], parameters: [], texts: [] },
    qty: { rows: [], hashes: [], values: [] },
    dat: { rows: [], parameters: [], los: [], his: [] },
  }
  for (const [i, write] of writes.entries()) {
    if (write.index !== null) addIndex(flat, write, i + 1)
    flat.offsets.push(flat.tokens.length)
  }
  return flat
}

function addIndex(flat: FlatIndex, write: Indexed, row: number): void {
  const { index, sid } = write
  if (index === null) return
  const type = typeNumber(write.type)
  for (const token of index.tokens) flat.tokens.push(mixed(token, sid, type))
  for (const code of index.otherCodes ?? []) flat.tokens.push(mixed(furtherCode(code), sid, type))
  for (const { param, text } of index.strings) {
    flat.str.rows.push(row)
    flat.str.parameters.push(parameterNumber(type, param))
    flat.str.texts.push(text)
  }
  for (const { hash, value } of index.quantities) {
    flat.qty.rows.push(row)
    flat.qty.hashes.push(mixed(hash, sid, type))
    flat.qty.values.push(value)
  }
  for (const { param, lo, hi } of index.dates) {
    flat.dat.rows.push(row)
    flat.dat.parameters.push(parameterNumber(type, param))
    flat.dat.los.push(lo)
    flat.dat.his.push(hi)
  }
}
