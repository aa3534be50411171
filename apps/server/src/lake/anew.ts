import { randomBytes } from 'node:crypto'
import { faultPoint, type ObjectStore } from '../storage/index.js'
import type { Keyring } from './keyring.js'
import { compareCursors, emptyManifest, readPage, segmentsRecentMax, withPage, type Cursor, type LakeManifest } from './manifest.js'
import { segmentFile, writeSegment, type RowBatch } from './segment.js'

// A study's lake as it is written again, beside the one that counts: its own list of files, until it takes the other's place.

export const anewFile = 'anew.json'

interface Stored {
  id: string
  /** Marks the names of its segments: under the same id it may be written once more, after it took the other's place. */
  mark: string
  manifest: LakeManifest
}

/** What was written again is gone: somebody was taken out of the lake meanwhile, and it would have brought him back. */
export class AnewGone extends Error {
  override readonly name = 'AnewGone'
}

export async function readAnew(at: ObjectStore): Promise<Stored | null> {
  const bytes = await at.get(anewFile, { toReplace: true })
  return bytes === null ? null : (JSON.parse(bytes.toString()) as Stored)
}

export async function filesOfAnew(at: ObjectStore, { manifest }: Stored): Promise<string[]> {
  return [anewFile, ...(await filesOf(at, manifest))]
}

export async function filesOf(at: ObjectStore, { study, pages, segments }: LakeManifest): Promise<string[]> {
  const files = [...pages.map((page) => page.file), ...segments.map(({ id }) => segmentFile(id))]
  for (const page of pages) for (const { id } of await readPage(at, study, page)) files.push(segmentFile(id))
  return files
}

/** What counts stays: a kill may have left a list that took the other's place already. */
export async function discardAnew(at: ObjectStore, counts: LakeManifest): Promise<void> {
  const stored = await readAnew(at)
  if (stored === null) return
  const kept = new Set(await filesOf(at, counts))
  const files = (await filesOf(at, stored.manifest)).filter((name) => !kept.has(name))
  // The list first: a file that nobody names is swept at the next start.
  await at.remove(anewFile)
  for (const name of files) await at.remove(name)
}

export class LakeAnew {
  readonly #at: ObjectStore
  readonly #id: string
  readonly #mark: string
  readonly #keyring: Keyring
  #manifest: LakeManifest

  constructor(at: ObjectStore, keyring: Keyring, { id, mark, manifest }: Stored) {
    this.#at = at
    this.#id = id
    this.#mark = mark
    this.#keyring = keyring
    this.#manifest = manifest
  }

  /** Goes on with what was begun under the same id, else begins. */
  static async open(at: ObjectStore, counts: LakeManifest, keyring: Keyring, begun: { id: string; epoch: string }): Promise<LakeAnew> {
    const stored = await readAnew(at)
    // One of before there were marks is begun again.
    if (stored?.id === begun.id && typeof stored.mark === 'string') return new LakeAnew(at, keyring, stored)
    await discardAnew(at, counts)
    const anew = new LakeAnew(at, keyring, {
      id: begun.id,
      mark: randomBytes(6).toString('hex'),
      manifest: emptyManifest(counts.study, begun.epoch),
    })
    await anew.#store(anew.#manifest)
    return anew
  }

  manifest(): LakeManifest {
    return this.#manifest
  }

  async append(batch: RowBatch): Promise<void> {
    const { rows, bytes, segments, study } = this.#manifest
    const segment = await writeSegment(this.#at, study, this.#keyring, batch, `.${this.#mark}`)
    await faultPoint('lake.anew-segment-written')
    const grown = {
      ...this.#manifest,
      rows: rows + segment.rows,
      bytes: bytes + segment.bytes,
      segments: [...segments, segment],
      cursor: batch.to,
    }
    if (grown.segments.length < segmentsRecentMax) return this.#commit(grown)
    const old = grown.segments.slice(0, segmentsRecentMax / 2)
    await this.#commit({ ...(await withPage(this.#at, grown, old)), segments: grown.segments.slice(old.length) })
  }

  /** Nothing more is to come up to there. */
  async reached(place: Cursor): Promise<void> {
    if (compareCursors(place, this.#manifest.cursor) > 0) await this.#commit({ ...this.#manifest, cursor: place })
  }

  async #commit(manifest: LakeManifest): Promise<void> {
    if ((await readAnew(this.#at))?.id !== this.#id) throw new AnewGone()
    await this.#store(manifest)
    await faultPoint('lake.anew-stored')
  }

  async #store(manifest: LakeManifest): Promise<void> {
    await this.#at.replace(anewFile, JSON.stringify({ id: this.#id, mark: this.#mark, manifest } satisfies Stored))
    this.#manifest = manifest
  }
}
