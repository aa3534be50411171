import type { ObjectStore } from '../storage/index.js'
import { filesOf } from './anew.js'
import { manifestFile, type LakeManifest } from './manifest.js'

/** What a copy of a study's lake has to hold: its list as it is now, and the files by whether they ever change. null: there is none. */
export async function filesOfLake(at: ObjectStore): Promise<{ manifest: Buffer; fixed: string[]; lists: string[] } | null> {
  const manifest = await at.get(manifestFile)
  if (manifest === null) return null
  const lists = (await at.names()).filter((name) => name.endsWith('.journal'))
  return { manifest, fixed: await filesOf(at, JSON.parse(manifest.toString()) as LakeManifest), lists }
}
