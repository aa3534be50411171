import type { Me } from '@aquifer/core/contract'
import { mayDecideDisplays, mayReadMasking, maySeeHeld, maySeeLeaks, maySeeReidentifications, maySeeRisk } from '../../api/roles.js'

const parts = [
  { id: 'policies', name: 'Policies', shown: mayReadMasking },
  { id: 'trace', name: 'Trace', shown: mayReadMasking },
  { id: 'leaks', name: 'Leak gate', shown: maySeeLeaks },
  { id: 'held', name: 'Held queue', shown: maySeeHeld },
  { id: 'displays', name: 'Displays', shown: mayDecideDisplays },
  { id: 'risk', name: 'Risk', shown: maySeeRisk },
  { id: 'keys', name: 'Keys', shown: mayReadMasking },
  { id: 'who', name: 'Re-identification', shown: maySeeReidentifications },
] as const
export type PrivacyPart = (typeof parts)[number]['id']

/** Parts of the page that the caller sees; the first of them is the page's own address. */
export const privacyParts = (me: Pick<Me, 'rights'>): { id: PrivacyPart; name: string }[] =>
  parts.filter(({ shown }) => shown(me)).map(({ id, name }) => ({ id, name }))
