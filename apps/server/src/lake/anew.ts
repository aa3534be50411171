import { createHash } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { faultPoint, writeAtomically } from '../storage/index.js'
import type { Keyring } from './keyring.js'
import { compareCursors, emptyManifest, readPage, segmentsRecentMax, withPage, type Cursor, type LakeManifest } from './manifest.js'
import { segmentFile, writeSegment, type RowBatch } from './segment.js'

// A study's lake as it is written again, beside the one that counts: its own list of files, until it takes the other's place.

const file = 'anew.json'

interface Stored {
  id: string
  manifest: LakeManifest
}

/** What was written again is gone: somebody was taken out of the lake meanwhile, and it would have brought him back. */
export class AnewGone extends Error {
  override readonly name = 'AnewGone'
}

export async function readAnew(dir: string): Promise<Stored | null> {
  const text = await readFile(join(dir, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : (JSON.parse(text) as Stored)
}

export async function filesOfAnew(dir: string, { manifest }: Stored): Promise<string[]> {
  return [file, ...(await filesOf(dir, manifest))]
}

export async function filesOf(dir: string, { study, pages, segments }: LakeManifest): Promise<string[]> {
  const files = [...pages.map((page) => page.file), ...segments.map(({ id }) => segmentFile(id))]
  for (const page of pages) for (const { id } of await readPage(dir, study, page)) files.push(segmentFile(id))
  return files
}

/** What counts stays: a kill may have left a list that took the other's place already. */
export async function discardAnew(dir: string, counts: LakeManifest): Promise<void> {
  const stored = await readAnew(dir)
  if (stored === null) return
  const kept = new Set(await filesOf(dir, counts))
  const files = (await filesOf(dir, stored.manifest)).filter((name) => !kept.has(name))
  // The list first: a file that nobody names is swept at the next start.
  await rm(join(dir, file), { force: true })
  for (const name of files) await rm(join(dir, name), { force: true })
}

export class LakeAnew {
  readonly #dir: string
  readonly #id: string
  readonly #keyring: Keyring
  #manifest: LakeManifest

  constructor(dir: string, keyring: Keyring, { id, manifest }: Stored) {
    this.#dir = dir
    this.#id = id
    this.#keyring = keyring
    this.#manifest = manifest
  }

  /** Goes on with what was begun under the same id, else begins. */
  static async open(dir: string, counts: LakeManifest, keyring: Keyring, begun: { id: string; epoch: string }): Promise<LakeAnew> {
    const stored = await readAnew(dir)
    if (stored !== null && stored.id === begun.id) return new LakeAnew(dir, keyring, stored)
    await discardAnew(dir, counts)
    const anew = new LakeAnew(dir, keyring, { id: begun.id, manifest: emptyManifest(counts.study, begun.epoch) })
    await anew.#store(anew.#manifest)
    return anew
  }

  manifest(): LakeManifest {
    return this.#manifest
  }

  async append(batch: RowBatch): Promise<void> {
    const { rows, bytes, segments, study } = this.#manifest
    const suffix = `.${createHash('sha256').update(this.#id).digest('hex').slice(0, 12)}`
    const segment = await writeSegment(this.#dir, study, this.#keyring, batch, suffix)
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
    await this.#commit({ ...(await withPage(this.#dir, grown, old)), segments: grown.segments.slice(old.length) })
  }

  /** Nothing more is to come up to there. */
  async reached(place: Cursor): Promise<void> {
    if (compareCursors(place, this.#manifest.cursor) > 0) await this.#commit({ ...this.#manifest, cursor: place })
  }

  async #commit(manifest: LakeManifest): Promise<void> {
    if ((await readAnew(this.#dir))?.id !== this.#id) throw new AnewGone()
    await this.#store(manifest)
    await faultPoint('lake.anew-stored')
  }

  async #store(manifest: LakeManifest): Promise<void> {
    await writeAtomically(join(this.#dir, file), JSON.stringify({ id: this.#id, manifest } satisfies Stored), { mode: 0o600 })
    this.#manifest = manifest
  }
}
