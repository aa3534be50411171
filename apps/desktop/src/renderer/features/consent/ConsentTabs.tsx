import './tabs.css'
import type { ReactNode } from 'react'
import type { StudyView } from '@aquifer/core/contract'
import { maySeeInvitations, maySeeParticipants, maySeeWithdrawals } from '../../api/roles.js'
import { useMe } from '../../api/SessionProvider.js'
import { PageTabs } from '../../ui/PageTabs.js'
import { AheadPanel } from './AheadPanel.js'
import { FunnelPanel } from './FunnelPanel.js'
import { InvitationsPart } from './InvitationsPart.js'
import { PeoplePanel } from './PeoplePanel.js'
import { VersionsPanel } from './VersionsPanel.js'
import { WithdrawalsPanel } from './WithdrawalsPanel.js'

/** The page in parts, as far as the role sees them. */
export function ConsentTabs({ study, overview }: { study: StudyView; overview: ReactNode }) {
  const me = useMe()
  const people = maySeeParticipants(me)
  const parts: { id: string; name: string; shown: boolean; content: ReactNode }[] = [
    { id: 'overview', name: 'Overview', shown: true, content: overview },
    { id: 'funnel', name: 'Funnel', shown: people, content: <FunnelPanel study={study} /> },
    { id: 'invitations', name: 'Invitations', shown: maySeeInvitations(me), content: <InvitationsPart study={study} /> },
    { id: 'people', name: 'Decisions', shown: people, content: <PeoplePanel study={study} /> },
    { id: 'versions', name: 'Form versions', shown: people, content: <VersionsPanel study={study} /> },
    { id: 'ahead', name: 'Ahead', shown: people, content: <AheadPanel study={study} /> },
    { id: 'withdrawals', name: 'Withdrawals', shown: maySeeWithdrawals(me), content: <WithdrawalsPanel study={study} /> },
  ]
  return <PageTabs label="Parts of the consent page" parts={parts.filter(({ shown }) => shown)} />
}
