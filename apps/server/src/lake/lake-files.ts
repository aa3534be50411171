import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { filesOf } from './anew.js'
import type { LakeManifest } from './manifest.js'

/** What a copy of a study's lake has to hold: its list as it is now, and the files by whether they ever change. null: there is none. */
export async function filesOfLake(dir: string): Promise<{ manifest: Buffer; fixed: string[]; lists: string[] } | null> {
  const manifest = await readFile(join(dir, 'manifest.json')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (manifest === null) return null
  const lists = (await readdir(dir)).filter((name) => name.endsWith('.journal'))
  return { manifest, fixed: await filesOf(dir, JSON.parse(manifest.toString()) as LakeManifest), lists }
}
