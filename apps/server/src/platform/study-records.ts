import type { Lake } from '../lake/index.js'
import type { StudyRecord } from '../repository/index.js'
import { follow } from './follow.js'

// The lake as a second home: what a study is stands beside its rows, so that a lake alone can make the repository again.

const journalName = 'study'
const lookAgainMs = 5_000

async function writeStudyRecord(lake: Lake, { id, rows }: StudyRecord): Promise<void> {
  const journal = await lake.journal(id, journalName)
  // What stands there already is not written again with each start.
  if (journal.take().at(-1)?.toString() !== rows) await journal.replace([Buffer.from(rows)])
}

/** Null where the lake is of before such records. */
export async function readStudyRecord(lake: Lake, study: string): Promise<string | null> {
  return (await lake.journal(study, journalName)).take().at(-1)?.toString() ?? null
}

/** Follows what studies are into the lake. */
export function keepStudyRecords(parts: {
  records: () => Promise<StudyRecord[]>
  lake: Lake
  onFailure: (study: string | null, error: unknown) => void
}): { stop(): Promise<void> } {
  const { records, lake, onFailure } = parts
  const known = new Map<string, string>()
  const pass = async (): Promise<void> => {
    for (const record of await records()) {
      if (known.get(record.id) === record.rows) continue
      try {
        await writeStudyRecord(lake, record)
        known.set(record.id, record.rows)
      } catch (error) {
        onFailure(record.id, error)
      }
    }
  }
  return follow(pass, lookAgainMs, (error) => onFailure(null, error))
}
