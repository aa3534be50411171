import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { syncFolder, writeAtomically } from '../storage/index.js'

export interface WrittenFile {
  type: string
  count: number
  bytes: number
}

const dataFile = (dir: string, id: string, type: string): string => path.join(dir, id, `${type}.ndjson`)
const noteFile = (dir: string, id: string, type: string): string => path.join(dir, id, `${type}.json`)

/** What is whole of an earlier attempt; null: the type has to be written. */
export async function writtenBefore(dir: string, id: string, type: string): Promise<WrittenFile | null> {
  const note = await readFile(noteFile(dir, id, type), 'utf8').catch(() => null)
  return note === null ? null : (JSON.parse(note) as WrittenFile)
}

/** One file, readable for the server alone; it has its name only when it is whole, and a type without resources has none. */
export async function writeType(dir: string, id: string, type: string, pages: AsyncIterable<readonly Buffer[]>): Promise<WrittenFile> {
  const file = dataFile(dir, id, type)
  const written = { type, count: 0, bytes: 0 }
  let opened: FileHandle | null = null
  try {
    for await (const page of pages) {
      if (page.length === 0) continue
      if (opened === null) await mkdir(path.join(dir, id), { recursive: true, mode: 0o700 })
      const handle: FileHandle = (opened ??= await open(`${file}.tmp`, 'w', 0o600))
      const bytes = Buffer.concat(page.flatMap((line) => [line, newline]))
      await handle.writeFile(bytes)
      written.count += page.length
      written.bytes += bytes.length
    }
    await opened?.sync()
  } finally {
    await opened?.close()
  }
  if (opened === null) return written
  await rename(`${file}.tmp`, file)
  await syncFolder(path.dirname(file))
  await writeAtomically(noteFile(dir, id, type), JSON.stringify(written), { mode: 0o600 })
  return written
}
const newline = Buffer.from('\n')

export async function openFile(dir: string, id: string, type: string): Promise<Readable | null> {
  const file = dataFile(dir, id, type)
  return (await stat(file).catch(() => null)) === null ? null : createReadStream(file)
}

export const removeExport = (dir: string, id: string): Promise<void> => rm(path.join(dir, id), { recursive: true, force: true })
export const exportsIn = (dir: string): Promise<string[]> => readdir(dir).catch(() => [])
