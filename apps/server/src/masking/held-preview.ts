import type { HeldPreview } from '@aquifer/core/contract'
import type { Pseudonyms } from '@aquifer/core/masking'
import { feedStart, rowsOf, type StudyLake } from '../lake/index.js'
import type { HeldCause } from './held-causes.js'
import type { HeldResource } from './held-list.js'
import type { StudyMasking } from './pool.js'
import type { MaskedBatch } from './worker-messages.js'

const pieceBytesMax = 1024 * 1024

interface Parts {
  lake: StudyLake
  /** The policy to be tried, under the study's key. */
  masking: StudyMasking
  pseudonyms: Pseudonyms
  causes: readonly HeldCause[]
  /** As far as it may be told what holds them. */
  tellable: (rows: MaskedBatch['held']) => MaskedBatch['held']
}
type PreviewGroup = HeldPreview['groups'][number]

/** Finds what is held in the lake again, by masked id, and masks it under another policy; what comes out is counted and forgotten. */
export async function previewHeld({ lake, masking, pseudonyms, causes, tellable }: Parts): Promise<PreviewGroup[]> {
  const groups = causes.map(({ cause, reason, detail, type, resources }): PreviewGroup => {
    return { cause, reason, detail, type, passes: 0, withheld: 0, stays: 0, because: [], missing: resources.length }
  })
  const wanted = new Map<string, PreviewGroup>()
  for (const [place, { resources }] of causes.entries())
    for (const row of resources) if (row.id !== null) wanted.set(keyOf(row), groups[place]!)
  try {
    for await (const { bytes, keys } of piecesOf(lake, pseudonyms, wanted)) {
      const { held } = await masking.mask(bytes)
      const still = new Map(tellable(held).map((row) => [keyOf(row), row]))
      for (const key of keys) count(wanted.get(key)!, still.get(key) ?? null)
    }
  } finally {
    masking.close()
  }
  return groups
}

function count(group: PreviewGroup, held: Omit<HeldResource, 'since'> | null): void {
  group.missing--
  if (held === null) group.passes++
  else if (held.reason === 'type-withheld') group.withheld++
  else {
    group.stays++
    const same = group.because.find(({ reason, detail }) => reason === held.reason && detail === held.detail)
    if (same) same.count++
    else group.because.push({ reason: held.reason, detail: held.detail, count: 1 })
  }
}

interface Piece {
  bytes: Buffer
  keys: string[]
}

/** The held versions among a lake's rows, so many at a time. */
async function* piecesOf(lake: StudyLake, pseudonyms: Pseudonyms, wanted: ReadonlyMap<string, unknown>): AsyncGenerator<Piece> {
  const types = new Set([...wanted.keys()].map((key) => key.slice(0, key.indexOf('/'))))
  const found = new Set<string>()
  let lines: Buffer[] = []
  let keys: string[] = []
  let size = 0
  if (wanted.size === 0) return
  for (const segment of await lake.after(feedStart, Number.MAX_SAFE_INTEGER)) {
    for (const { head, line } of rowsOf(await lake.read(segment))) {
      if (head === null || !types.has(head.type)) continue
      const key = keyOf({ type: head.type, id: pseudonyms.id(head.type, head.id), version: head.v })
      // A profile row comes again at each enrolment.
      if (!wanted.has(key) || found.has(key)) continue
      found.add(key)
      keys.push(key)
      lines.push(line)
      size += line.length
      if (size < pieceBytesMax) continue
      yield { bytes: Buffer.concat(lines), keys }
      ;[lines, keys, size] = [[], [], 0]
    }
  }
  if (keys.length > 0) yield { bytes: Buffer.concat(lines), keys }
}

const keyOf = ({ type, id, version }: Pick<HeldResource, 'type' | 'id' | 'version'>): string => `${type}/${id ?? ''}/${version}`
