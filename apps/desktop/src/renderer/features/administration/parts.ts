import type { Me } from '@aquifer/core/contract'
import { mayAskWhy, mayListPeople, mayManageClients, mayReadPolicy, mayReviewAccess, maySeeRelationships } from '../../api/roles.js'

const parts = [
  { id: 'people', name: 'People', shown: mayListPeople },
  { id: 'clients', name: 'Clients', shown: mayManageClients },
  { id: 'access', name: 'Access', shown: mayReviewAccess },
  { id: 'relationships', name: 'Relationships', shown: maySeeRelationships },
  { id: 'policy', name: 'Role policy', shown: mayReadPolicy },
  { id: 'why', name: 'Why', shown: mayAskWhy },
] as const
export type AdministrationPart = (typeof parts)[number]['id']

/** Parts of the page that the caller sees; the first of them is the page's own address. */
export const administrationParts = (me: Pick<Me, 'rights'>): { id: AdministrationPart; name: string }[] =>
  parts.filter(({ shown }) => shown(me)).map(({ id, name }) => ({ id, name }))
