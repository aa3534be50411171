import { maskerVersion, policyLabel } from '@aquifer/core/masking'
import { compareCursors, type LakeSegment, type StudyLake } from '../lake/index.js'
import { modelVersion, type ReservoirManifest, type StudyReservoir } from '../reservoir/index.js'
import { joined, piecesOf, rowsIn } from './pieces.js'
import type { StudyMasking } from './pool.js'
import type { RunParts } from './run-parts.js'

const batchBytesMax = 16 * 1024 * 1024

/** Told after each batch, with the versions masked so far; false ends it. */
export type Watch = (rows: number) => boolean
export type Remade = 'made' | 'stopped' | { not: string }

/** Masks anew, from the lake, what a snapshot was made of, by what it was made by, into a reservoir that nobody sees. */
export async function remake(
  parts: RunParts,
  lake: StudyLake,
  into: { shown: ReservoirManifest; made: StudyReservoir },
  watch: Watch,
): Promise<Remade> {
  const { shown, made } = into
  const masking = await maskingOf(parts, shown)
  if ('not' in masking) return masking
  try {
    const { maskingPolicy, maskingKey, asOfYear, consentEpoch } = shown
    await made.begin({ maskingPolicy, maskingKey, modelVersion: shown.modelVersion, asOfYear })
    let rows = 0
    for await (const batch of batchesOf(lake, shown)) {
      const masked = await maskAll(lake, masking, batch)
      const feedAt = Math.max(...batch.map((segment) => segment.atMax))
      await made.commit({ cursor: batch.at(-1)!.to, feedAt, consentEpoch, byType: joined(masked), displays: null, visible: 'later' })
      rows += rowsIn(batch)
      if (!watch(rows)) return 'stopped'
    }
    const [next] = await lake.after(shown.cursor, 0)
    const whole = next === undefined || compareCursors(next.from, shown.cursor) > 0
    return whole ? 'made' : { not: 'the snapshot ends within a segment of the lake: compare again when the next one is shown' }
  } finally {
    masking.close()
  }
}

async function maskingOf(parts: RunParts, shown: ReservoirManifest): Promise<StudyMasking | { not: string }> {
  const settings = await parts.settings(shown.study)
  const policy = settings === null ? null : await parts.policyOf(shown.study, settings.masking)
  const key = (await parts.keyring.studyKeys(shown.study, 'masking')).find(({ id }) => id === shown.maskingKey)
  if (policy === null || policyLabel(policy) !== shown.maskingPolicy) return { not: 'what is shown was masked by another policy' }
  if (key === undefined) return { not: 'the key of what is shown is not here any more' }
  if (shown.modelVersion !== `${modelVersion()}-${maskerVersion}`)
    return { not: 'what is shown was masked by another version of the program' }
  return parts.pool.forStudy({ policy, key: key.key, asOfYear: shown.asOfYear })
}

async function* batchesOf(lake: StudyLake, shown: ReservoirManifest): AsyncGenerator<LakeSegment[]> {
  let batch: LakeSegment[] = []
  let bytes = 0
  for await (const segment of lake.through(shown.cursor)) {
    batch.push(segment)
    bytes += segment.plainBytes
    if (bytes < batchBytesMax) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

async function maskAll(lake: StudyLake, masking: StudyMasking, segments: readonly LakeSegment[]) {
  const pieces = []
  for (const segment of segments) {
    for (const piece of piecesOf(await lake.read(segment))) pieces.push(masking.mask(piece))
    // Seen by Promise.all below; until then a failure must not count as nobody's.
    for (const piece of pieces) piece.catch(() => null)
  }
  return Promise.all(pieces)
}
