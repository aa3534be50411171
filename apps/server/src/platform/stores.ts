import { effectOn } from '@aquifer/core/consent'
import { replayRequest, storesRequest } from '@aquifer/core/contract'
import { openJobWorker, type JobWorker } from '../jobs/index.js'
import type { Log } from '../monitoring/index.js'
import { replay, verifyStores, type ReplayParts, type StoresParts, type TruthSource } from '../pipeline/index.js'
import type { Repository } from '../repository/index.js'

const withdrawalsLooked = 1_000

/** What the repository tells about itself for a comparison of the stores. */
export const truthOf = (repository: Repository): TruthSource => ({
  studies: async () => (await repository.studies.list()).map(({ id, sid }) => ({ id, sid })),
  counts: (sid) => repository.counts(sid),
  versions: repository.feedVersions,
})

async function erasing(repository: Repository, sid: number): Promise<boolean> {
  const withdrawals = await repository.withdrawals.list(sid, { limit: withdrawalsLooked })
  return withdrawals.some(({ act, state }) => effectOn('lake', act) === 'remove' && state !== 'done' && state !== 'cancelled')
}

/** Comparing and rebuilding the stores, as jobs of the process that writes them. */
export function openStoreJobs(parts: {
  repository: Repository
  stages: Pick<StoresParts, 'replicator' | 'lake' | 'masking' | 'reservoir' | 'clock' | 'files'>
  owner: string
  log: Log
}): JobWorker {
  const { repository, stages, owner, log } = parts
  const stores: StoresParts = { ...stages, truth: truthOf(repository) }
  const replays: ReplayParts = {
    ...stages,
    source: repository,
    studies: stores.truth.studies,
    erasing: (sid) => erasing(repository, sid),
  }
  return openJobWorker({
    repository,
    owner,
    kinds: {
      'verify-stores': async (job, { request }) => ({ result: await verifyStores(stores, storesRequest.parse(request), job) }),
      replay: async (job, { request }) => {
        const end = await replay(replays, replayRequest.parse(request), job)
        return end !== null && 'problem' in end ? end : { result: end }
      },
    },
    onFailure: (failure) => log.error(failure, 'a job met an error'),
  })
}
