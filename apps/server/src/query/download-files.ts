import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Codebook, DownloadFormat, DownloadManifest } from '@aquifer/core/contract'
import { writeAtomically } from '../storage/index.js'
import type { KeptResult } from './kept-results.js'

// A download in the data folder: the file, its manifest, its codebook, and a note for the server, each readable for it alone. It is
// whole when the note is there, which comes last.

export interface DownloadNote {
  manifest: DownloadManifest
  until: number
  /** Of the result it was made from: who was left out. */
  rows: Pick<KeptResult, 'id' | 'study' | 'without' | 'maskingKey'>
}

export const mediaTypes: Readonly<Record<DownloadFormat, string>> = {
  arrow: 'application/vnd.apache.arrow.stream',
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}

const fileOf = (dir: string, id: string, name: string): string => join(dir, id, name)

export class DownloadFiles {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
  }

  /** Where the rows of a download are to be written. */
  async begin(id: string, name: string): Promise<string> {
    await mkdir(join(this.#dir, id), { recursive: true, mode: 0o700 })
    return fileOf(this.#dir, id, name)
  }

  async finish(
    id: string,
    papers: { manifest: DownloadManifest; codebook: Codebook; note: Omit<DownloadNote, 'manifest'> },
  ): Promise<void> {
    const { manifest, codebook, note } = papers
    await writeAtomically(fileOf(this.#dir, id, manifest.codebook.name), codebookText(codebook))
    await writeAtomically(fileOf(this.#dir, id, 'note.json'), JSON.stringify({ ...note, manifest }))
  }

  async note(id: string): Promise<DownloadNote | null> {
    const text = await readFile(fileOf(this.#dir, id, 'note.json'), 'utf8').catch(() => null)
    return text === null ? null : (JSON.parse(text) as DownloadNote)
  }

  /** The bytes of a file of a download; null where it is not there. Opened at once: what is removed later is still read to its end. */
  async bytes(id: string, name: string): Promise<NodeJS.ReadableStream | null> {
    const file = await open(fileOf(this.#dir, id, name)).catch(() => null)
    return file === null ? null : file.createReadStream()
  }

  async remove(id: string): Promise<void> {
    await rm(fileOf(this.#dir, id, 'note.json'), { force: true })
    await rm(join(this.#dir, id), { recursive: true, force: true, maxRetries: 3 })
  }

  async all(): Promise<string[]> {
    return readdir(this.#dir).catch(() => [])
  }
}

export const codebookText = (codebook: Codebook): string => `${JSON.stringify(codebook, null, 2)}\n`
export const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex')

export async function measured(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return { bytes: (await stat(path)).size, sha256: hash.digest('hex') }
}
