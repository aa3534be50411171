import type { PartitionLevel } from './jobs.js'
import type { MaskedPerson } from './manifest.js'
import type { StudyReservoir } from './study-reservoir.js'
import { together } from './together.js'
import type { WriterProcess } from './writer-process.js'

// When one person leaves, hundreds of thousands of rows of others stay as they are. Their files are then copied past his rows: nothing has to
// be put in order again. That nothing else changed is not taken on trust: the fingerprint of a partition, less that of his rows, has to be
// what it is now.

/** Somebody who is taken out, and what there was of him while the files still held it. */
export interface Leaving {
  person: MaskedPerson
  types: Readonly<Record<string, RowsOfPerson>>
}
interface RowsOfPerson {
  /** Fingerprints of his rows by partition. */
  partitions: Readonly<Record<string, string>>
  /** Some of them are his by their ids only. */
  byId: boolean
}

export async function leavingOf(
  reservoir: StudyReservoir,
  writer: WriterProcess,
  levels: PartitionLevel[],
  person: MaskedPerson,
): Promise<Leaving> {
  const types = Object.entries(reservoir.head()?.types ?? {}).filter(([, { files }]) => files.length > 0)
  const found = await together(
    types.map(async ([type, entry]) => {
      const { partitions, byId } = await writer.run({ kind: 'person-partitions', dir: reservoir.dir, type: entry, levels, person })
      return [type, { partitions: Object.fromEntries(partitions.map(({ path, fingerprint }) => [path, fingerprint])), byId }] as const
    }),
  )
  return { person, types: Object.fromEntries(found) }
}

const noRows = '0-0-0'

/** The fingerprint of rows of which some have gone. */
export function fingerprintWithout(all: string, gone = noRows): string {
  const [rows = 0n, xor = 0n, sum = 0n] = all.split('-').map(BigInt)
  const [rowsGone = 0n, xorGone = 0n, sumGone = 0n] = gone.split('-').map(BigInt)
  return [rows - rowsGone, xor ^ xorGone, sum - sumGone].join('-')
}

/** Whether the rows of a type are those of before, less his. */
export function isOnlyLess(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  { partitions }: RowsOfPerson,
): boolean {
  const isLess = ([path, all]: [string, string]): boolean => fingerprintWithout(all, partitions[path]) === (after[path] ?? noRows)
  return Object.entries(before).every(isLess) && Object.keys(after).every((path) => path in before)
}
