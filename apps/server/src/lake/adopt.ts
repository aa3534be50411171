import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from '../storage/index.js'
import { readManifest, writeManifest } from './manifest.js'

// After a restore: what the lake's places in the feed mean in a database that is another one.

async function* studiesIn(dir: string): AsyncGenerator<string> {
  for (const entry of await readdir(dir, { withFileTypes: true }).catch(() => [])) if (entry.isDirectory()) yield join(dir, entry.name)
}

/** The lake goes on with this database: it is no further than that. */
export async function adoptLake(dir: string, epoch: string): Promise<void> {
  for await (const study of studiesIn(dir)) {
    const manifest = await readManifest(study)
    if (manifest !== null) await writeManifest(study, { ...manifest, epoch })
  }
  const file = join(dir, 'checkpoint.json')
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text !== null) await writeAtomically(file, JSON.stringify({ ...(JSON.parse(text) as object), epoch }), { mode: 0o600 })
}

/** Takes all rows out, so that they come anew from the feed's beginning; what people decided about them stays. */
export async function emptyLake(dir: string): Promise<void> {
  await rm(join(dir, 'checkpoint.json'), { force: true })
  for await (const study of studiesIn(dir)) {
    // The list first: a file that nobody names is swept at the next start.
    await rm(join(study, 'manifest.json'), { force: true })
    for (const file of await readdir(study)) if (!file.endsWith('.journal')) await rm(join(study, file), { force: true })
  }
}
