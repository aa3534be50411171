import type { StoresDifference, StoresStudy } from '@aquifer/core/contract'
import type { Reservoir } from '../reservoir/index.js'

// What is in one store only, and so is compared with the hash that was taken when it came: files, and data cuts.

type Kept = NonNullable<StoresStudy['kept']>[number]
export interface KeptFound {
  kept: Kept[]
  found: number
  differences: StoresDifference[]
}
/** One file that a store has to have. `what` is wrong with it; null: nothing. */
export interface KeptFile {
  name: string
  bytes: number
  what: 'missing' | 'content' | 'unreadable' | null
}
type Source = readonly [store: Kept['store'], files: AsyncIterable<KeptFile>]

/** null: it was cancelled. */
export async function keptReport(sources: readonly Source[], listedMax: number, isCancelled: () => boolean): Promise<KeptFound | null> {
  const report: KeptFound = { kept: [], found: 0, differences: [] }
  for (const [store, files] of sources) {
    const kept: Kept = { store, files: 0, bytes: 0 }
    for await (const { name, bytes, what } of files) {
      if (isCancelled()) return null
      kept.files += 1
      kept.bytes += bytes
      if (what === null) continue
      report.found += 1
      if (report.differences.length < listedMax) report.differences.push({ store, type: '', resource: name, version: 0, what })
    }
    report.kept.push(kept)
  }
  return report
}

/** Files of standing cuts. One whose record is not as it was sealed is told by its name: what it says of its files counts for nothing. */
export async function* filesOfCuts({ cuts }: Pick<Reservoir, 'cuts'>, study: string): AsyncGenerator<KeptFile> {
  for (const { cut, genuine } of await cuts.list(study)) {
    const { name } = cut.made
    if (!genuine) yield { name, bytes: 0, what: 'content' }
    else for (const path of Object.keys(cut.hashes)) yield { ...(await lookedAgain(cuts, { study, name, path })), name: `${name}/${path}` }
  }
}

// Somebody may be taken out of it meanwhile: then other files take the place of those that were listed.
async function lookedAgain(cuts: Reservoir['cuts'], file: { study: string; name: string; path: string }): Promise<Omit<KeptFile, 'name'>> {
  const first = await cuts.look(file.study, file.name, file.path)
  return first.what === null ? first : cuts.look(file.study, file.name, file.path)
}
