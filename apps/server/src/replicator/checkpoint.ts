import type { Cursor, Lake } from '../lake/index.js'
import { feedStart } from '../lake/index.js'

interface Checkpoint {
  epoch: string
  cursor: Cursor
}

/** A cursor means nothing in another cluster: after a restore the stores are reconciled first, never followed on silently. */
export class EpochError extends Error {
  override readonly name = 'EpochError'
  constructor(readonly found: string) {
    super('the lake was written from another database cluster: reconcile the stores before following its feed')
  }
}

const file = 'checkpoint.json'

/** Where to read on from; throws EpochError when anything in the lake comes from another cluster. */
export async function readCheckpoint(lake: Lake, epoch: string): Promise<Cursor> {
  for (const study of lake.studies()) {
    const manifest = study.manifest()
    if (manifest.epoch !== '' && manifest.epoch !== epoch) throw new EpochError(manifest.epoch)
  }
  const bytes = await lake.at.get(file, { toReplace: true })
  if (bytes === null) return feedStart
  const stored = JSON.parse(bytes.toString()) as Checkpoint
  if (stored.epoch !== epoch) throw new EpochError(stored.epoch)
  return stored.cursor
}

export async function writeCheckpoint(lake: Lake, epoch: string, cursor: Cursor): Promise<void> {
  await lake.at.replace(file, JSON.stringify({ epoch, cursor } satisfies Checkpoint))
}
