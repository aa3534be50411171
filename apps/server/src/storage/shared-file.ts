import { createHash, randomBytes } from 'node:crypto'
import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { syncFolder } from './atomic-file.js'
import { faultPoint } from './fault-points.js'

// Files that several processes may write at once without knowing of each other. A link is made by one of them only.

const unless =
  (...codes: string[]) =>
  (error: NodeJS.ErrnoException): null => {
    if (codes.includes(error.code ?? '')) return null
    throw error
  }
const contentOf = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(unless('ENOENT'))
const linked = (from: string, to: string): Promise<boolean> =>
  link(from, to)
    .then(() => true, unless('EEXIST'))
    .then((done) => done === true)

/** Writes a file that is written once; where there is one already it stays. */
export async function writeOnce(path: string, content: string | Uint8Array): Promise<void> {
  await withTemporary(path, content, (temporary) => linked(temporary, path))
  await syncFolder(dirname(path))
}

const patienceMs = 50

/**
 * Replaces what is `before` (null: nothing), and nothing else; false: look again. Whoever goes first takes a name that is of what was before, and holds
 * what comes next: so nobody else can go on from the same, and if it is ended or stopped there, the next one does the rest for it.
 */
export async function replaceUnchanged(path: string, before: string | null, content: string): Promise<boolean> {
  const claim = `${path}.${createHash('sha256')
    .update(before ?? '')
    .digest('hex')
    .slice(0, 16)}.next`
  const isFirst = await withTemporary(path, content, (temporary) => linked(temporary, claim))
  if (!isFirst) await sleep(patienceMs)
  else await faultPoint('storage.replacement-claimed')
  if ((await contentOf(path)) !== before) {
    // Somebody has gone on from there long ago.
    if (isFirst) await rm(claim, { force: true })
    return false
  }
  await rename(claim, path).catch(unless('ENOENT'))
  await syncFolder(dirname(path))
  return isFirst
}

async function withTemporary<T>(path: string, content: string | Uint8Array, work: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    return await work(temporary)
  } finally {
    await rm(temporary, { force: true })
  }
}
