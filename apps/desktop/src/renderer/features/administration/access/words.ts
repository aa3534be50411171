import { isRole, mayUse } from '@aquifer/core/access'
import type { AccessHolder } from '@aquifer/core/contract'
import { plural } from '../../../ui/format.js'

export type Sight = 'identified' | 'masked' | 'none'

/** Whoever reaches nobody sees nobody, whatever his role may. */
export function sightOf({ identified, role, reaches }: AccessHolder): Sight {
  if (reaches === 'nobody') return 'none'
  if (identified) return 'identified'
  return isRole(role) && mayUse(role, 'query.run') ? 'masked' : 'none'
}

export const sightNames: Record<Sight, string> = { identified: 'Identified', masked: 'Masked', none: 'No clinical data' }

export function sitesWords({ sites, reaches }: AccessHolder): string {
  if (reaches === 'persons') return 'single persons'
  if (reaches === 'nobody') return 'nobody now'
  if (sites.length === 0) return 'every site'
  return sites.length <= 2 ? sites.join(', ') : plural(sites.length, 'site')
}
