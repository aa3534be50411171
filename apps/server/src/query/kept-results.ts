import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { QueryBasis, QueryLevel, ResultColumn, SuppressedCell } from '@aquifer/core/contract'
import { writeAtomically } from '../storage/index.js'
import { keptBytesMax } from './limits.js'

/** What is told of a result that is kept; its rows lie beside. */
export interface KeptResult {
  id: string
  study: string
  owner: string
  /** Who gets counts only now does not get rows that were kept before. */
  level: QueryLevel
  basis: QueryBasis
  columns: ResultColumn[]
  /** Of counts: cells that are hidden. */
  suppressed?: SuppressedCell[]
  /** Of counts: columns whose cells can be hidden; their states are kept as further columns. */
  figures?: number[]
  /** The form that was asked for, for who does not say another. */
  format: 'arrow' | 'json'
  bytes: number
  at: number
  until: number
  /** Under which the people of its rows are called. */
  maskingKey: string
  /** Who was left out when the rows were read, as marks that name nobody. */
  without: string[]
}

// An id is made here, but comes back in an address.
const isId = (id: string): boolean => /^[\w-]{1,64}$/.test(id)

/**
 * Results that are kept in the data folder until their time is over: rows in a database file, what they rest on beside it. Masked rows
 * lie as those of the reservoir do, readable for the server alone. Nothing here is remembered, so that any process finds all of it.
 */
export class KeptResults {
  readonly #folder: string
  readonly #now: () => number

  constructor(folder: string, now: () => number) {
    this.#folder = folder
    this.#now = now
  }

  folderOf(study: string): string {
    return join(this.#folder, study)
  }

  rowsOf({ study, id }: Pick<KeptResult, 'study' | 'id'>): string {
    return join(this.#folder, study, `${id}.rows`)
  }

  #noteOf({ study, id }: Pick<KeptResult, 'study' | 'id'>): string {
    return join(this.#folder, study, `${id}.json`)
  }

  /** Takes rows that the engine has written. */
  async keep(result: Omit<KeptResult, 'bytes' | 'at' | 'without'> & { without: readonly string[] }, written: string): Promise<KeptResult> {
    const { id, without } = result
    mkdirSync(this.folderOf(result.study), { recursive: true, mode: 0o700 })
    const kept = { ...result, bytes: statSync(written).size, at: this.#now(), without: without.map((key) => markOf(id, key)) }
    this.#makeRoom(kept.bytes)
    chmodSync(written, 0o600)
    renameSync(written, this.rowsOf(kept))
    await writeAtomically(this.#noteOf(kept), JSON.stringify(kept), { mode: 0o600 })
    return kept
  }

  get(study: string, id: string): KeptResult | null {
    const kept = isId(id) ? this.#read({ study, id }) : null
    if (kept === null || !existsSync(this.rowsOf(kept))) return null
    if (this.#now() < kept.until) return kept
    this.drop(kept)
    return null
  }

  #read(of: Pick<KeptResult, 'study' | 'id'>): KeptResult | null {
    try {
      // Those that were kept before there were levels are of rows.
      return {
        level: 'rows',
        ...(JSON.parse(readFileSync(this.#noteOf(of), 'utf8')) as Omit<KeptResult, 'level'> & { level?: QueryLevel }),
      }
    } catch {
      return null
    }
  }

  drop(of: Pick<KeptResult, 'study' | 'id'>): void {
    rmSync(this.#noteOf(of), { force: true })
    rmSync(this.rowsOf(of), { force: true })
  }

  /** Whether a result was read with nobody of these in it. */
  isWithout({ id, without }: Pick<KeptResult, 'id' | 'without'>, keys: readonly string[]): boolean {
    const marks = new Set(without)
    return keys.every((key) => marks.has(markOf(id, key)))
  }

  all(study?: string): KeptResult[] {
    const studies = study === undefined ? namesIn(this.#folder) : [study]
    return studies.flatMap((each) =>
      namesIn(this.folderOf(each)).flatMap((name) => {
        const kept = name.endsWith('.json') ? this.#read({ study: each, id: name.slice(0, -'.json'.length) }) : null
        return kept === null ? [] : [kept]
      }),
    )
  }

  /** Nobody sees a study's old results again, but for those that were read without that person. */
  forget(study: string, patientKey?: string): void {
    for (const kept of this.all(study)) if (patientKey === undefined || !this.isWithout(kept, [patientKey])) this.drop(kept)
  }

  /** Takes away what is over, and rows that nothing is told of. */
  sweep(): void {
    for (const kept of this.all()) if (this.#now() >= kept.until) this.drop(kept)
    for (const study of namesIn(this.#folder))
      for (const name of namesIn(this.folderOf(study))) {
        const id = name.replace(/\.\w+$/, '')
        const isOld = this.#now() - (statSync(join(this.folderOf(study), name), { throwIfNoEntry: false })?.mtimeMs ?? 0) > strayMs
        if (isOld && this.#read({ study, id }) === null) rmSync(join(this.folderOf(study), name), { force: true })
      }
  }

  #makeRoom(bytes: number): void {
    const all = this.all().sort((a, b) => a.at - b.at)
    let held = all.reduce((sum, kept) => sum + kept.bytes, bytes)
    for (const kept of all) {
      if (held <= keptBytesMax) return
      this.drop(kept)
      held -= kept.bytes
    }
  }
}

const strayMs = 3_600_000
const markOf = (id: string, key: string): string => createHash('sha256').update(`${id} ${key}`).digest('base64url').slice(0, 22)

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
