import { filesOf, type ReservoirManifest } from './manifest.js'

// A reader that opened a snapshot may still come back for one of its files: they stay for a while after the snapshot went, and for as
// long as somebody in this process holds it.
const deletionDelayMs = 60_000

export interface Pin {
  manifest: ReservoirManifest
  release(): void
}

export class Garbage {
  readonly #remove: (path: string) => Promise<void>
  readonly #since = new Map<string, number>()
  readonly #pins = new Set<Set<string>>()

  constructor(remove: (path: string) => Promise<void>) {
    this.#remove = remove
  }

  pin(manifest: ReservoirManifest): Pin {
    const files = filesOf(manifest)
    this.#pins.add(files)
    return { manifest, release: () => void this.#pins.delete(files) }
  }

  /** What only `before` names can go, later. */
  left(before: (ReservoirManifest | null)[], now: (ReservoirManifest | null)[], at: number): void {
    const kept = new Set(now.flatMap((manifest) => [...filesOf(manifest)]))
    for (const manifest of before) for (const file of filesOf(manifest)) if (!kept.has(file)) this.#since.set(file, at)
  }

  /** What nobody may read any more goes at once, whoever still holds it. */
  async collectAll(): Promise<void> {
    for (const file of this.#since.keys()) {
      await this.#remove(file)
      this.#since.delete(file)
    }
  }

  async collect(at: number): Promise<void> {
    for (const [file, since] of this.#since) {
      if (at - since < deletionDelayMs || [...this.#pins].some((files) => files.has(file))) continue
      await this.#remove(file)
      this.#since.delete(file)
    }
  }
}
