import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

// A reader sees the old content or the new one, and after a power cut still one of the two: the content is on disk before the
// name points to it, and the name is on disk before this returns.
// `mayWrite` throws where another process may write there by now; asked last, since all before it may take long.
export async function writeAtomically(
  path: string,
  content: string | Uint8Array,
  options: { mode?: number; mayWrite?: () => void } = {},
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(temporary, 'wx', options.mode ?? 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    options.mayWrite?.()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

// Makes created, renamed and removed names durable. Windows has no such call and needs none.
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
