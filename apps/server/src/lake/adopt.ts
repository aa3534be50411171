import type { ObjectStore } from '../storage/index.js'
import { manifestFile, readManifest, writeManifest } from './manifest.js'

// After a restore: what the lake's places in the feed mean in a database that is another one.

const checkpointFile = 'checkpoint.json'
const studiesIn = async (lake: ObjectStore): Promise<ObjectStore[]> => (await lake.folders()).map((study) => lake.at(study))

/** The lake goes on with this database: it is no further than that. */
export async function adoptLake(lake: ObjectStore, epoch: string): Promise<void> {
  for (const study of await studiesIn(lake)) {
    const manifest = await readManifest(study)
    if (manifest !== null) await writeManifest(study, { ...manifest, epoch })
  }
  const place = await lake.get(checkpointFile, { toReplace: true })
  if (place !== null) await lake.replace(checkpointFile, JSON.stringify({ ...(JSON.parse(place.toString()) as object), epoch }))
}

/** Takes all rows out, so that they come anew from the feed's beginning; what people decided about them stays. */
export async function emptyLake(lake: ObjectStore): Promise<void> {
  await lake.remove(checkpointFile)
  for (const study of await studiesIn(lake)) {
    // The list first: a file that nobody names is swept at the next start.
    await study.remove(manifestFile)
    for (const file of await study.names()) if (!file.endsWith('.journal')) await study.remove(file)
  }
}
