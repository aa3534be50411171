import { FileSignature, Fingerprint, Inbox, ShieldAlert } from 'lucide-react'
import { useNavigate } from 'react-router'
import { useHeld } from '../../api/held-queries.js'
import { useReidentifications } from '../../api/masking-key-queries.js'
import { useLeaks, useMaskingPolicies } from '../../api/masking-queries.js'
import { mayAcceptLeaks, mayActOnHeld, mayAskWho, maySignMasking } from '../../api/roles.js'
import { useMe } from '../../api/SessionProvider.js'
import { paths } from '../../paths.js'
import { Button } from '../../ui/Button.js'
import { plural } from '../../ui/format.js'
import { Icon, type LucideIcon } from '../../ui/Icon.js'
import { waitsForSigning } from '../privacy/policies/versions.js'
import { waitsFor } from '../privacy/reidentification/requests.js'

interface Need {
  tab: string
  icon: LucideIcon
  tone: 'warn' | 'bad'
  what: string
  why: string
}

/** What waits for somebody who answers for privacy: a stopped publication first, then signatures, then what is held back. */
export function usePrivacyNeeds(study: string): Need[] {
  const me = useMe()
  const leaks = useLeaks(study, mayAcceptLeaks(me)).data
  const policies = useMaskingPolicies(study, maySignMasking(me)).data
  const held = useHeld(study, mayActOnHeld(me)).data
  const asked = useReidentifications(study, mayAskWho(me)).data
  const needs: Need[] = []
  if (leaks?.blocked)
    needs.push({
      tab: 'leaks',
      icon: ShieldAlert,
      tone: 'bad',
      what: `${study} is published no further`,
      why: `${plural(leaks.leaks.length, 'finding')} of the leak gate to decide on. Analysts stay on the last good snapshot.`,
    })
  for (const version of policies?.versions ?? [])
    if (waitsForSigning(version, me.user))
      needs.push({
        tab: 'policies',
        icon: FileSignature,
        tone: 'warn',
        what: `${version.label} waits for your signature`,
        why: `${plural(version.changes.length, 'change')} against the policy in force, proposed by ${version.proposedBy}.`,
      })
  for (const request of asked?.requests ?? []) {
    const waits = waitsFor(request, me)
    if (waits !== null)
      needs.push({
        tab: 'who',
        icon: Fingerprint,
        tone: 'warn',
        what: waits === 'decision' ? `${request.requestedBy} asks who a person is` : 'You may be told once who a person is',
        why: request.reason,
      })
  }
  if (held && held.held > 0)
    needs.push({
      tab: 'held',
      icon: Inbox,
      tone: 'warn',
      what: `${plural(held.held, 'resource')} held back from masking`,
      why: `${plural(held.groups.length, 'cause')} to mend: look, preview, release.`,
    })
  return needs
}

/** Rows of a list. */
export function PrivacyNeedRows({ needs }: { needs: readonly Need[] }) {
  const navigate = useNavigate()
  return needs.map(({ tab, icon, tone, what, why }, at) => (
    <li key={`${at} ${what}`} className="needs-row">
      <span className={`needs-icon ${tone}`}>
        <Icon of={icon} size={16} />
      </span>
      <div className="grow">
        <p className="medium cut">{what}</p>
        <p className="sub cut">{why}</p>
      </div>
      <Button
        look={at === 0 ? 'primary' : 'default'}
        onPress={() => void navigate(tab === 'policies' ? paths.privacy : `${paths.privacy}?tab=${tab}`)}
      >
        Open
      </Button>
    </li>
  ))
}
