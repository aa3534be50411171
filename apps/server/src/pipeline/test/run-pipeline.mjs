import { join } from 'node:path'
import { builtInPolicies } from '@aquifer/core/masking'
import { openKeyring, openLake } from '../../../dist/lake/index.js'
import { MaskingRun, openMaskingPool } from '../../../dist/masking/index.js'
import { Replicator } from '../../../dist/replicator/index.js'
import { openReservoir } from '../../../dist/reservoir/index.js'
import { armFaults, openFolderStore, systemClock } from '../../../dist/storage/index.js'
import { feedOfFile } from './feed-of-file.mjs'

// The stages behind the feed in a process of their own, to be killed: run-pipeline.mjs FOLDER FEED [FAULTS]. Ends when all has arrived
// and generations are published; prints `done`.
const [folder, feed, faults] = process.argv.slice(2)
if (faults) armFaults(faults)
const keyring = await openKeyring({ dir: join(folder, 'keys') })
const lake = await openLake({ at: openFolderStore(join(folder, 'lake')), keyring })
const reservoir = await openReservoir({ dir: join(folder, 'reservoir'), clock: systemClock })
const pool = openMaskingPool({ threads: 1 })
const settings = (study) =>
  Promise.resolve({ masking: study.endsWith('X') ? 'expert' : 'safe-harbor', publish: 'continuous', consentEpoch: 1 })
// Small reads make several commits of a small feed.
const source = feedOfFile(feed)
const replicator = new Replicator({ source: { ...source, changes: (cursor) => source.changes(cursor, 150) }, lake, clock: systemClock })
const policyOf = (_study, name) => Promise.resolve(builtInPolicies[name] ?? null)
const masking = new MaskingRun(lake, { reservoir, keyring, clock: systemClock, settings, pool, policyOf })
const signal = AbortSignal.timeout(60_000)
await replicator.catchUp(signal)
await masking.catchUp(undefined, signal)
for (const study of reservoir.studies()) await reservoir.publishGeneration(study.study)
await replicator.stop()
await masking.stop()
await reservoir.close()
await pool.close()
process.stdout.write('done\n')
