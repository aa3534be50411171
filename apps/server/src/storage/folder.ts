import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A folder and those above it, for the server's user alone. Node's own way never ends where the system refuses new folders with ENOENT, as in /proc. */
export async function makeFolder(path: string): Promise<void> {
  if (await isMade(path)) return
  await makeFolder(dirname(path))
  await mkdir(path, { mode: 0o700 }).catch(unlessThere(path))
}

async function isMade(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path) return false
    await unlessThere(path)(error)
    return true
  }
}

const unlessThere =
  (path: string) =>
  async (error: unknown): Promise<void> => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error
  }
