import { mayUse, reachesStudy } from '@aquifer/core/access'
import type { Access } from '../access/index.js'
import type { Carrier } from '../registration/index.js'
import type { Repository, Study } from '../repository/index.js'

/** What a saved query needs when it runs without anybody who asks: whether its owner may still, and how he hears of it. */
export interface Later {
  mayStill(owner: string, study: Study): Promise<boolean>
  tell(owner: string, study: Study, id: string): Promise<void>
}

interface Parts {
  repository: Repository
  access: Pick<Access, 'grantFor'>
  carriers: readonly Carrier[]
  base: () => string
  newId: () => string
}

export function openLater({ repository, access, carriers, base, newId }: Parts): Later {
  return {
    async mayStill(owner, study) {
      const user = await repository.users.byName(owner)
      // Whoever minted tokens on the machine itself has no account whose grant could have ended.
      if (user === null) return owner.startsWith('local:')
      const grant = user.status === 'active' ? await access.grantFor(user) : null
      return grant !== null && mayUse(grant, 'query.run') && reachesStudy(grant, study.id)
    },
    async tell(owner, study) {
      const to = (await repository.users.byName(owner))?.email ?? null
      if (to === null) return
      const link = `${base()}/`
      // Neither title nor figures: a mailbox is no place for them.
      const text = `A saved query of yours in study ${study.id} ran and its result differs from the one before.\nSee what changed in the workbench: ${link}\n`
      const subject = `Aquifer: a saved query in ${study.id} has changed`
      const sending = {
        id: `saved-query/${newId()}`,
        to,
        study: study.id,
        site: null,
        language: 'en',
        subject,
        text,
        link,
        reminder: false,
      }
      for (const carrier of carriers) await carrier.carry({ ...sending, event: 'saved-query' })
    },
  }
}
