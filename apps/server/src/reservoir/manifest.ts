import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from '../storage/index.js'

// A study's snapshot: an immutable list of files. Replacing manifest.json is the commit point; a file it does not name is not there.

/** A place in the repository's feed, as the lake names it. */
export interface FeedPlace {
  xid: string
  seq: string
}
export interface ReservoirFile {
  /** Relative to the study's folder. */
  path: string
  rows: number
  bytes: number
  /** A list that is empty in every row of it. */
  without?: string
}
export interface ReservoirType {
  files: ReservoirFile[]
  /** Files of (_id, _v): every row with that _id and a lower _v is dead. */
  superseded: string[]
  /** Of each of those: its keys, and when the newest version it names was written (epoch ms). */
  keys: Record<string, { rows: number; at: number }>
  /** Living rows; distinct people among them are counted while the study has no Patient. */
  rows: number
  people: number
}
/** What every row of a reservoir was made by; a reservoir of another stamp is made anew from the lake. */
export interface ReservoirStamp {
  maskingPolicy: string
  maskingKey: string
  modelVersion: string
  /** Year to which ages are counted. */
  asOfYear: number
  /** Rises when all of a study is to be made anew by the same. */
  round?: number
}
export interface ReservoirManifest extends ReservoirStamp {
  format: 1
  study: string
  snapshot: string
  generation: number
  cursor: FeedPlace
  /** When the newest version that came in was written (epoch ms). */
  feedAt: number
  consentEpoch: number
  /** The replay by which all of it was made anew by the same. */
  replay?: string
  types: Record<string, ReservoirType>
  displays: string | null
}

/** A person as masked rows know him: his patient_key, and the masked ids of his resources. */
export interface MaskedPerson {
  patientKey: string
  ids: readonly string[]
}

/**
 * Lists that few rows of a type have and whose elements are rows of a flat table: when many rows are merged, those that have it come into
 * a file of their own. To find in Parquet that a list is empty costs as much as to read all that its elements could hold.
 */
export const listsApart: Readonly<Record<string, string>> = { Observation: 'component' }

/** The rows of a type that may have such a list. */
export const having = (type: ReservoirType, list: string): ReservoirType => ({
  ...type,
  files: type.files.filter(({ without }) => without !== list),
})

export const newFileName = (name: string): string => `${name}-${randomBytes(8).toString('hex')}.parquet`

export const manifestFile = 'manifest.json'
/** Work that waits for its time to be published. */
export const headFile = 'head.json'

export function emptyReservoir(study: string, stamp: ReservoirStamp, generation: number): ReservoirManifest {
  return {
    format: 1,
    study,
    snapshot: new Date(0).toISOString(),
    generation,
    cursor: { xid: '0', seq: '0' },
    feedAt: 0,
    consentEpoch: 0,
    ...stamp,
    types: {},
    displays: null,
  }
}

export const emptyType = (): ReservoirType => ({ files: [], superseded: [], keys: {}, rows: 0, people: 0 })

export async function readReservoirManifest(dir: string, file = manifestFile): Promise<ReservoirManifest | null> {
  const text = await readFile(join(dir, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : (JSON.parse(text) as ReservoirManifest)
}

export async function writeReservoirManifest(
  dir: string,
  file: string,
  { manifest, mayWrite }: { manifest: ReservoirManifest; mayWrite: () => void },
): Promise<void> {
  await writeAtomically(join(dir, file), JSON.stringify(manifest), { mode: 0o600, mayWrite })
}

export function filesOf(manifest: ReservoirManifest | null): Set<string> {
  const files = new Set<string>()
  if (!manifest) return files
  for (const type of Object.values(manifest.types)) {
    for (const file of type.files) files.add(file.path)
    for (const path of type.superseded) files.add(path)
  }
  if (manifest.displays) files.add(manifest.displays)
  return files
}
