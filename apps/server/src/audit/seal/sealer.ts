import type { Cursor, Repository, UnsealedRecord } from '../../repository/index.js'
import { faultPoint, Sleeper, type Clock, type Signer } from '../../storage/index.js'
import {
  chainHash,
  packLinks,
  readBlockHead,
  readOutsideHead,
  sha256,
  signBlock,
  writeOutsideHead,
  type BlockHead,
  type BlockNote,
} from './chain.js'

export interface SealerStatus {
  /** behind: records wait longer than they should · failed: the last pass met an error · elsewhere: another process seals */
  state: 'ok' | 'behind' | 'failed' | 'elsewhere'
  block: number
  sealed: number
  /** what the chain lost or gained without the server, since this process watches */
  alarms: number
}
export interface Sealer {
  /** Resolves when all that was committed before the call is in the chain. */
  catchUp(): Promise<void>
  status(): SealerStatus
  stop(): Promise<void>
}
interface SealerParts {
  repository: Repository
  signer: Signer
  /** the head outside the database */
  headFile: string
  clock: Clock
  owner: string
  onAlarm: (alarm: { kind: 'foreign' | 'cut' | 'rewritten'; block: number }) => void
  onFailure: (reason: string) => void
}

const blockRecordsMax = 1_000
const restMs = 1_000
const leaseName = 'audit-sealer'
const leaseMs = 15_000
const behindMs = 30_000

interface Tip {
  head: BlockHead | null
  /** what the next block names as the one before */
  hash: string
  /** to be said in the next block */
  lost: BlockNote['lost']
}

/**
 * Chains records in feed order and signs the blocks. All it knows stands in the database and in the head outside, so a process
 * that was stopped anywhere goes on where the chain ends.
 */
export function openSealer(parts: SealerParts): Sealer {
  const { repository, clock } = parts
  const sleeper = new Sleeper()
  let tip: Tip | null = null
  let stopping = false
  let state: SealerStatus['state'] = 'ok'
  let alarms = 0
  let caughtUpAt = clock.now()
  const waiting: { mark: Cursor; done: () => void }[] = []
  const alarm: SealerParts['onAlarm'] = (what) => {
    alarms += 1
    parts.onAlarm(what)
  }

  async function pass(): Promise<boolean> {
    if ((await repository.leases.acquire(leaseName, parts.owner, leaseMs)) === null) {
      state = 'elsewhere'
      tip = null
      return true
    }
    tip ??= await readTip(parts, alarm)
    const after = tip.head === null ? { xid: '0', seq: '0' } : { xid: tip.head.xid, seq: tip.head.seq }
    const horizon = await repository.seals.horizon()
    const records = await repository.seals.unsealed(after, blockRecordsMax)
    if (records.length > 0 || tip.lost !== undefined) tip = await append(parts, tip, records, alarm)
    const caughtUp = records.length < blockRecordsMax
    if (caughtUp) {
      caughtUpAt = clock.now()
      const reached = BigInt(horizon)
      for (const waiter of waiting.filter(({ mark }) => BigInt(mark.xid) <= reached)) {
        waiting.splice(waiting.indexOf(waiter), 1)
        waiter.done()
      }
    }
    state = 'ok'
    return caughtUp
  }
  async function follow(): Promise<void> {
    while (!stopping) {
      let rest = true
      try {
        rest = await pass()
      } catch (error) {
        tip = null
        if (state !== 'failed') parts.onFailure(reasonOf(error))
        state = 'failed'
      }
      if (rest && !stopping) await (waiting.length > 0 ? sleeper.pause(10) : sleeper.sleep(restMs))
    }
  }
  const running = follow()
  return {
    async catchUp() {
      const { mark } = await repository.feedState()
      await new Promise<void>((done) => {
        waiting.push({ mark, done })
        sleeper.wake()
      })
    },
    status() {
      const behind = state === 'ok' && clock.now() - caughtUpAt > behindMs
      const { block = 0, first = 1, count = 0 } = tip?.head ?? {}
      return { state: behind ? 'behind' : state, block, sealed: first + count - 1, alarms }
    },
    async stop() {
      stopping = true
      sleeper.end()
      await running
      await repository.leases.release(leaseName, parts.owner).catch(() => undefined)
    },
  }
}

/** Where the chain ends, and whether that is where it ended when this machine last looked. */
async function readTip({ repository, headFile }: SealerParts, alarm: SealerParts['onAlarm']): Promise<Tip> {
  const [last, outside] = [await repository.seals.last(), await readOutsideHead(headFile)]
  const known = outside === null ? null : readBlockHead(outside.head)
  const head = last === null ? null : (readBlockHead(last.head) ?? (known && { ...known, block: last.block }))
  if (last !== null && head === null) throw new Error('the last block cannot be read')
  const tip: Tip = { head, hash: last === null ? '' : chainHash(last), lost: undefined }
  if (outside === null || known === null) return tip
  const [there] = await repository.seals.blocks(known.block - 1, 1)
  if (there?.block === known.block && there.head === outside.head) return tip
  const of = { block: known.block, position: known.first + known.count - 1 }
  if (outside.restored === true) return { ...tip, lost: { kind: 'restored', ...of } }
  const kind = (last?.block ?? 0) < known.block ? 'cut' : 'rewritten'
  alarm({ kind, block: known.block })
  return { ...tip, lost: { kind, ...of } }
}

async function append(
  { repository, signer, headFile, clock }: SealerParts,
  tip: Tip,
  records: readonly UnsealedRecord[],
  alarm: SealerParts['onAlarm'],
): Promise<Tip> {
  const last = records.at(-1)
  const links = packLinks(records.map(({ id, xid, seq, line }) => ({ id, xid: BigInt(xid), seq: BigInt(seq), hash: sha256(line) })))
  const block = (tip.head?.block ?? 0) + 1
  const note = noteOn(signer, records, tip)
  const head: BlockHead = {
    block,
    first: tip.head === null ? 1 : tip.head.first + tip.head.count,
    count: records.length,
    xid: last?.xid ?? tip.head?.xid ?? '0',
    seq: last?.seq ?? tip.head?.seq ?? '0',
    at: clock.now(),
    kid: signer.kid,
    prev: tip.hash,
    links: sha256(links).toString('hex'),
    note,
  }
  const signed = signBlock(signer, head, links)
  await faultPoint('audit.block-signed')
  if (!(await repository.seals.append(signed))) throw new Error('another sealer made this block')
  await faultPoint('audit.block-stored')
  await writeOutsideHead(headFile, signed)
  if (note.foreign !== undefined) alarm({ kind: 'foreign', block })
  return { head, hash: chainHash(signed), lost: undefined }
}

/**
 * Whoever may write into the database can add a record that nothing contradicts. Its mark tells: only the server can make one. Rows
 * that were there before any was marked come first in a chain that has no head anywhere yet.
 */
function noteOn(signer: Signer, records: readonly UnsealedRecord[], tip: Tip): BlockNote {
  const nothingMarkedYet = tip.head === null || (tip.head.count > 0 && tip.head.note.takenOver === tip.head.count)
  const foreign: string[] = []
  let takenOver = 0
  for (const [place, { id, mark, marked }] of records.entries()) {
    if (mark !== null && signer.seal(marked).equals(mark)) continue
    if (mark === null && nothingMarkedYet && takenOver === place) takenOver += 1
    else foreign.push(String(id))
  }
  return {
    ...(foreign.length === 0 ? {} : { foreign }),
    ...(takenOver === 0 ? {} : { takenOver }),
    ...(tip.lost === undefined ? {} : { lost: tip.lost }),
  }
}

// Codes and our own words only: a database's message can hold a value.
function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? `failed with ${code}` : error instanceof Error ? error.name : 'failed'
}
