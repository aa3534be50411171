import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StudyReservoir } from './study-reservoir.js'

/** Files of a snapshot to be looked through, and those that are not what was written. */
export interface ShownFiles {
  dir: string
  files: number
  bytes: number
  unreadable: { store: 'bucket' | 'reservoir'; path: string }[]
  remove(): Promise<void>
}

/** With a bucket they are fetched anew from there, into a folder of their own for as long as they are looked at: what is at hand must be the same. */
export async function openShownFiles({ dir, objects }: StudyReservoir, paths: readonly string[], temporary: string): Promise<ShownFiles> {
  if (objects === null) {
    const sizeOf = (path: string) =>
      stat(join(dir, path)).then(
        ({ size }) => size,
        (): null => null,
      )
    const sizes = await Promise.all(paths.map(sizeOf))
    const unreadable = paths.filter((_, at) => sizes[at] === null).map((path) => ({ store: 'reservoir' as const, path }))
    const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
    return { dir, files: paths.length, bytes, unreadable, remove: () => Promise.resolve() }
  }
  const remove = () => rm(temporary, { recursive: true, force: true })
  await mkdir(temporary, { recursive: true, mode: 0o700 })
  try {
    const { bytes, bucket, atHand } = await objects.fetchInto(temporary, paths)
    const unreadable = [
      ...bucket.map((path) => ({ store: 'bucket' as const, path })),
      ...atHand.map((path) => ({ store: 'reservoir' as const, path })),
    ]
    // What the bucket lacks may be at hand still: its rows are compared all the same.
    return { dir: bucket.length === 0 ? temporary : dir, files: paths.length, bytes, unreadable, remove }
  } catch (error) {
    await remove()
    throw error
  }
}
