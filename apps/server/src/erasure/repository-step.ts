import { effectOn } from '@aquifer/core/consent'
import type { Repository } from '../repository/index.js'
import type { StoreStep } from './steps.js'

const versionsPerMs = 5

/** The truth goes last: until then the other stores can still ask it what is the person's. */
export function repositoryStep({ erasure }: Pick<Repository, 'erasure'>): StoreStep {
  return {
    store: 'repository',
    effect: (act) => effectOn('repository', act),
    irreversible: (act) => effectOn('repository', act) === 'remove',
    async preview({ person, act }) {
      const { resources, versions, profiles } = await erasure.counts(person)
      const expectedMs = effectOn('repository', act) === 'remove' ? 200 + Math.ceil(versions / versionsPerMs) : 0
      return { counts: { resources, versions, profiles }, expectedMs }
    },
    async act({ person, act }) {
      if (effectOn('repository', act) === 'remove') {
        const removed = await erasure.remove(person)
        const isSwept = await erasure.sweep().then(
          () => true,
          () => false,
        )
        return {
          ...removed,
          note: isSwept ? 'The room of what was removed is given back.' : 'The room of what was removed is given back later.',
        }
      }
      const { resources, versions } = await erasure.counts(person)
      return { counts: { resources, versions } }
    },
    async verify({ person, act }) {
      const found = await erasure.personByPid(person.sid, person.pid)
      if (effectOn('repository', act) !== 'remove') return found === null || found.stopped !== null
      const { resources } = await erasure.counts(person)
      return found === null && resources === 0 && (await erasure.naming(person)) === 0
    },
  }
}
