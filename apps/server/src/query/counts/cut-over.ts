import { countsOnly } from '@aquifer/core/small-cells'
import type { ChangedPeople } from '@aquifer/core/contract'
import type { ReservoirManifest } from '../../reservoir/index.js'
import type { HeldSnapshot } from '../query-options.js'

/** How long a caller's figures rest on one snapshot, unless many have left it. */
export const cutOverMs = 3_600_000
const cellsMax = 500_000

/** What one caller's figures rest on from one cut-over to the next. */
export class Standing {
  readonly at: number
  readonly manifest: ReservoirManifest
  readonly folder: string
  /** Who was left out when it began, and is until it ends. */
  readonly left: ReadonlySet<string>
  /** Who left since, even where nothing names them any more. */
  readonly #gone = new Set<string>()
  /** null: its files may be gone, since somebody was erased from them. */
  #held: HeldSnapshot | null
  /** What was told, by what was asked; null: it is too large to be told again. */
  readonly #told = new Map<string, object | null>()
  #cells = 0

  constructor(at: number, held: HeldSnapshot, left: readonly string[]) {
    this.at = at
    this.manifest = held.manifest
    this.folder = held.folder
    this.left = new Set(left)
    this.#held = held
  }

  get changed(): ChangedPeople {
    return this.#gone.size === 0 ? '0' : this.#gone.size < countsOnly.threshold ? '1–10' : Math.round(this.#gone.size / 5) * 5
  }

  /** A new figure would tell, beside those that were told, of the few who left: until the cut-over there is none. */
  get rests(): boolean {
    return this.#gone.size > 0
  }

  /** A caller who was told nothing sees nothing of a change. */
  isOver(now: number): boolean {
    const many = this.#gone.size >= countsOnly.threshold
    return now - this.at >= cutOverMs || many || (this.#gone.size === 0 ? this.#held === null : this.#told.size === 0)
  }

  hears(people: Iterable<string>): void {
    for (const person of people) if (!this.left.has(person)) this.#gone.add(person)
  }

  told(asked: string): object | null {
    return this.#told.get(asked) ?? null
  }

  tell(asked: string, answer: object, cells: number): void {
    const fits = this.#cells + cells <= cellsMax
    if (fits) this.#cells += cells
    this.#told.set(asked, fits ? answer : null)
  }

  release(): void {
    this.#held?.release()
    this.#held = null
  }
}

/** People who are withheld by now, as a masking key names them. */
type Withheld = (maskingKey?: string) => Promise<readonly string[]>

/**
 * The snapshot that a caller's counts rest on: one for an hour or until enough people left, so that nobody sees from one statement to the next
 * what one person changes. Who withdraws is in no figure that is made from then on.
 */
export class CutOver {
  /** By study and caller. */
  readonly #standings = new Map<string, Map<string, Standing>>()
  readonly #opening = new Map<string, Promise<unknown>>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** One look at a time for each caller: two at once would begin two. */
  async standing(
    { study, actor }: { study: string; actor: string },
    withheld: Withheld,
    newest: () => Promise<HeldSnapshot | null> | HeldSnapshot | null,
  ): Promise<Standing | null> {
    const key = `${study} ${actor}`
    const look = (): Promise<Standing | null> => this.#look(study, actor, withheld, newest)
    const looking = (this.#opening.get(key) ?? Promise.resolve()).then(look, look)
    const settled = looking.catch(() => undefined)
    this.#opening.set(key, settled)
    try {
      return await looking
    } finally {
      if (this.#opening.get(key) === settled) this.#opening.delete(key)
    }
  }

  async #look(
    study: string,
    actor: string,
    withheld: Withheld,
    newest: () => Promise<HeldSnapshot | null> | HeldSnapshot | null,
  ): Promise<Standing | null> {
    const ofStudy = this.#standings.get(study) ?? new Map<string, Standing>()
    this.#standings.set(study, ofStudy)
    const known = ofStudy.get(actor)
    known?.hears(await withheld(known.manifest.maskingKey))
    if (known !== undefined && !known.isOver(this.#now())) return known
    const held = await newest()
    if (held === null) return null
    const standing = new Standing(this.#now(), held, await withheld(held.manifest.maskingKey))
    known?.release()
    ofStudy.set(actor, standing)
    this.#sweep(ofStudy)
    return standing
  }

  /** Whose hour is over has nothing to be held for. */
  #sweep(standings: Map<string, Standing>): void {
    for (const [actor, standing] of standings) {
      if (this.#now() - standing.at < cutOverMs) continue
      standing.release()
      standings.delete(actor)
    }
  }

  /** Somebody left, and files of the study's snapshots go. */
  drop(study: string, patientKey?: string): void {
    for (const standing of this.#standings.get(study)?.values() ?? []) {
      if (patientKey !== undefined) standing.hears([patientKey])
      standing.release()
    }
  }

  close(): void {
    for (const study of this.#standings.keys()) this.drop(study)
  }
}
