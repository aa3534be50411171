import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../storage/atomic-file.js'
import type { Keyring } from './keyring.js'
import { seal, unseal } from './sealed.js'

/** A small encrypted list of a study's own, appended to and now and then rewritten whole: held resources, the display count. */
export interface Journal {
  load(): Promise<Buffer[]>
  append(entry: Uint8Array): Promise<void>
  replace(entries: Uint8Array[]): Promise<void>
  entries(): number
}

// Frames: length (u32) and a sealed entry whose name holds its place, so that frames cannot be reordered, cut out or repeated.
// A frame cut short at the end is the trace of a crash: it was never reported written, and goes.
export function openJournal(dir: string, study: string, keyring: Keyring, name: string): Journal {
  const path = join(dir, `${name}.journal`)
  let count = 0
  let generation = 0
  const entryName = (place: number): string => `${name}/${generation}/${place}`

  async function frame(entry: Uint8Array, place: number): Promise<Buffer> {
    const { id, key } = await keyring.studyKey(study, 'lake')
    const sealed = seal(key, { study, name: entryName(place), key: id }, entry)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(sealed.length)
    return Buffer.concat([length, sealed])
  }

  async function rewrite(entries: Uint8Array[]): Promise<void> {
    const head = Buffer.alloc(8)
    generation++
    head.write('AQJ1')
    head.writeUInt32BE(generation, 4)
    const frames = await Promise.all(entries.map((entry, place) => frame(entry, place)))
    await writeFileAtomic(path, Buffer.concat([head, ...frames]), { mode: 0o600 })
    count = entries.length
  }

  return {
    async load() {
      const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null
        throw error
      })
      if (bytes === null || bytes.length < 8) {
        await rm(path, { force: true })
        count = 0
        return []
      }
      generation = bytes.readUInt32BE(4)
      const entries: Buffer[] = []
      let at = 8
      while (at + 4 <= bytes.length) {
        const end = at + 4 + bytes.readUInt32BE(at)
        if (end > bytes.length) break
        entries.push(unseal((key) => keyring.keyById(study, key), { study, name: entryName(entries.length) }, bytes.subarray(at + 4, end)))
        at = end
      }
      count = entries.length
      if (at < bytes.length) await rewrite(entries)
      return entries
    },
    async append(entry) {
      if (count === 0) return rewrite([entry])
      const bytes = await frame(entry, count)
      const file = await open(path, 'a', 0o600)
      try {
        await file.appendFile(bytes)
        await file.datasync()
      } finally {
        await file.close()
      }
      count++
    },
    replace: rewrite,
    entries: () => count,
  }
}
