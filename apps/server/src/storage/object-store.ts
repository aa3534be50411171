import { copyFile, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from './folder.js'
import { syncFolder, writeAtomically } from './atomic-file.js'

/**
 * Whole objects under names with `/` between their parts, in a folder or in a bucket. What is written is durable when its promise is
 * fulfilled, and whoever reads sees all of the old or all of the new.
 */
export interface ObjectStore {
  /** Where it is, in the words of whoever operates it. */
  readonly place: string
  /** A write that failed may still come true later: what is written once more has to have another name. */
  readonly mayBeLate: boolean
  /** The same place for whoever holds it for a time only: `mayWrite` throws from when another process may, and is asked right before each change. */
  fenced(mayWrite: () => void): ObjectStore
  /** The objects below a name. */
  at(name: string): ObjectStore
  /** null: there is none of this name. `toReplace`: what is read now is what `replace` may replace. */
  get(name: string, options?: { toReplace?: boolean }): Promise<Buffer | null>
  /** What never changes under its name. */
  put(name: string, content: string | Uint8Array): Promise<void>
  /** What changes under its name: refused where another server has replaced it since it was read or written here. */
  replace(name: string, content: string | Uint8Array): Promise<void>
  /** To what is `from` bytes long; more is the trace of an append that failed, and goes. */
  append(name: string, content: Uint8Array, from: number): Promise<void>
  /** Nothing where there is none. */
  remove(name: string): Promise<void>
  /** Names of the objects directly here. */
  names(): Promise<string[]>
  /** Names below which there are objects. */
  folders(): Promise<string[]>
  /** All that is here, also further below. */
  clear(): Promise<void>
  /** Within the store; false: there is no such object. */
  copy(from: string, to: string): Promise<boolean>
  /** The bytes of a file. */
  putFile(name: string, file: string): Promise<void>
  /** Into a file that is whole when it has its name; false: there is no such object. */
  fetchTo(name: string, file: string): Promise<boolean>
}

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
const unlessMissing =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (isMissing(error)) return instead
    throw error
  }

const always = (): void => undefined

export function openFolderStore(dir: string, mayWrite: () => void = always): ObjectStore {
  const of = (name: string): string => join(dir, name)
  const entries = () => readdir(dir, { withFileTypes: true }).catch(unlessMissing([]))
  const put = async (name: string, content: string | Uint8Array): Promise<void> => {
    try {
      await writeAtomically(of(name), content, { mode: 0o600, mayWrite })
    } catch (error) {
      if (!isMissing(error)) throw error
      await makeFolder(dirname(of(name)))
      await writeAtomically(of(name), content, { mode: 0o600, mayWrite })
    }
  }
  const putFile = async (name: string, file: string): Promise<void> => {
    await makeFolder(dirname(of(name)))
    await placed(of(name), (making) => copyFile(file, making), mayWrite)
  }
  return {
    place: dir,
    mayBeLate: false,
    fenced: (may) => openFolderStore(dir, may),
    at: (name) => openFolderStore(of(name), mayWrite),
    get: (name) => readFile(of(name)).catch(unlessMissing(null)),
    put,
    // One server at a time has a data folder: nobody else is there to be refused.
    replace: put,
    append: (name, content, from) => appendDurably(of(name), content, { from, mayWrite }),
    async remove(name) {
      mayWrite()
      await rm(of(name), { force: true })
    },
    names: async () => (await entries()).filter((entry) => !entry.isDirectory()).map(({ name }) => name),
    folders: async () => (await entries()).filter((entry) => entry.isDirectory()).map(({ name }) => name),
    async clear() {
      mayWrite()
      await rm(dir, { recursive: true, force: true })
    },
    putFile,
    copy: (from, to) => putFile(to, of(from)).then(() => true, unlessMissing(false)),
    async fetchTo(name, file) {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      return placed(file, (making) => copyFile(of(name), making)).then(() => true, unlessMissing(false))
    },
  }
}

interface Appending {
  from: number
  mayWrite: () => void
}
async function appendDurably(path: string, content: Uint8Array, { from, mayWrite }: Appending): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    const { size } = await file.stat()
    mayWrite()
    if (size > from) await file.truncate(from)
    await file.appendFile(content)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** A file that gets its name when it is whole and on disk. */
export async function placed(path: string, make: (making: string) => Promise<unknown>, mayWrite = always): Promise<void> {
  const making = `${path}.making.tmp`
  try {
    await make(making)
    const file = await open(making, 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
    mayWrite()
    await rename(making, path)
  } catch (error) {
    await rm(making, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}
