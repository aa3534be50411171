import { createHash } from 'node:crypto'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { faultPoint, makeFolder, syncFolder, type ObjectStore } from '../storage/index.js'
import type { FileStore } from '../repository/index.js'

// Where files lie: `files/<store>/<study>/<id>` once they are whole, `files/incoming/` before, `files/uploads/` while they go on later.
// Neither a name nor a time of the sender's stands in a path.

export interface FilePlaces {
  of(store: FileStore, study: string, id: string): string
  folder(store: FileStore, study: string): string
  /** A name for what comes in, which nobody takes for a file. */
  incoming(id: string): Promise<string>
  upload(id: string): Promise<string>
  /** Makes what came in a file: durable when this returns. */
  keep(incoming: string, store: FileStore, study: string, id: string): Promise<void>
  /** false: there is no such file. */
  atHand(store: FileStore, study: string, id: string): Promise<boolean>
  remove(store: FileStore, study: string, id: string): Promise<void>
  /** Names in the folders of whole files. */
  all(): AsyncGenerator<{ store: FileStore; study: string; id: string; at: number }>
  uploads(): Promise<string[]>
  /** Removes what a process that is over did not finish. */
  sweepIncoming(): Promise<number>
}

/** `objects`: a bucket that has the files, whose copies at hand the folder holds; null: the folder has them. */
export function openPlaces(dir: string, objects: ObjectStore | null = null): FilePlaces {
  const folder = (store: FileStore, study: string): string => path.join(dir, store, study)
  const of = (store: FileStore, study: string, id: string): string => path.join(folder(store, study), id)
  const within = async (name: string, file: string): Promise<string> => {
    await makeFolder(path.join(dir, name))
    return path.join(dir, name, file)
  }
  const objectOf = (store: FileStore, study: string, id: string): string => `${store}/${study}/${id}`
  return {
    of,
    folder,
    incoming: (id) => within('incoming', `${id}.${process.pid}`),
    upload: (id) => within('uploads', id),
    async keep(incoming, store, study, id) {
      await objects?.putFile(objectOf(store, study, id), incoming)
      await faultPoint('files.object-stored')
      await makeFolder(folder(store, study))
      await rename(incoming, of(store, study, id))
      await syncFolder(folder(store, study))
      await faultPoint('files.named')
    },
    async atHand(store, study, id) {
      if (objects === null || (await stat(of(store, study, id)).catch(unlessGone)) !== undefined) return true
      return objects.fetchTo(objectOf(store, study, id), of(store, study, id))
    },
    async remove(store, study, id) {
      await objects?.remove(objectOf(store, study, id))
      await rm(of(store, study, id), { force: true })
      await syncFolder(folder(store, study)).catch(unlessGone)
    },
    async *all() {
      for (const store of ['lake', 'reservoir'] as const)
        for (const study of await namesIn(path.join(dir, store)))
          for (const id of await namesIn(folder(store, study))) {
            const found = await stat(of(store, study, id)).catch(unlessGone)
            if (found !== undefined) yield { store, study, id, at: found.mtimeMs }
          }
      if (objects !== null) yield* allIn(objects)
    },
    uploads: () => namesIn(path.join(dir, 'uploads')),
    async sweepIncoming() {
      const left = (await namesIn(path.join(dir, 'incoming'))).filter((name) => !isAnothers(Number(name.split('.').pop())))
      for (const name of left) await rm(path.join(dir, 'incoming', name), { force: true })
      return left.length
    },
  }
}

async function* allIn(objects: ObjectStore): AsyncGenerator<{ store: FileStore; study: string; id: string; at: number }> {
  for (const store of ['lake', 'reservoir'] as const)
    for (const study of await objects.at(store).folders())
      for (const id of await objects.at(store).at(study).names()) yield { store, study, id, at: madeAt(id) }
}

/** Ids are of version 7: they begin with the time at which they were made. */
const madeAt = (id: string): number => Number.parseInt(id.replace('-', '').slice(0, 12), 16)

function unlessGone(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
const namesIn = (dir: string): Promise<string[]> => readdir(dir).catch((error: unknown) => unlessGone(error) ?? [])

/** Whether a process that is not this one and still runs writes there: several may share the folder. */
function isAnothers(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The checksums of a file on disk, as hex and base64 ask for them. */
export async function digestsOf(file: string, see: (chunk: Buffer) => void): Promise<{ sha256: Buffer; sha512: Buffer; bytes: number }> {
  const [sha256, sha512] = [createHash('sha256'), createHash('sha512')]
  let bytes = 0
  const handle = await open(file, 'r')
  try {
    for await (const chunk of handle.createReadStream({ highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
      sha256.update(chunk)
      sha512.update(chunk)
      see(chunk)
      bytes += chunk.length
    }
  } finally {
    await handle.close().catch(() => undefined)
  }
  return { sha256: sha256.digest(), sha512: sha512.digest(), bytes }
}
