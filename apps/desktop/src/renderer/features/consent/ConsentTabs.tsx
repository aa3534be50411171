import './tabs.css'
import type { ReactNode } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { useSearchParams } from 'react-router'
import type { StudyView } from '@aquifer/core/contract'
import { maySeeInvitations, maySeeParticipants, maySeeWithdrawals } from '../../api/roles.js'
import { useMe } from '../../api/SessionProvider.js'
import { AheadPanel } from './AheadPanel.js'
import { FunnelPanel } from './FunnelPanel.js'
import { InvitationsPart } from './InvitationsPart.js'
import { PeoplePanel } from './PeoplePanel.js'
import { VersionsPanel } from './VersionsPanel.js'
import { WithdrawalsPanel } from './WithdrawalsPanel.js'

/** The page in parts; which one is open stands in the address, so that it can be linked to. */
export function ConsentTabs({ study, overview }: { study: StudyView; overview: ReactNode }) {
  const { role } = useMe()
  const [params, setParams] = useSearchParams()
  const people = maySeeParticipants(role)
  const parts: { id: string; name: string; shown: boolean; content: ReactNode }[] = [
    { id: 'overview', name: 'Overview', shown: true, content: overview },
    { id: 'funnel', name: 'Funnel', shown: people, content: <FunnelPanel study={study} /> },
    { id: 'invitations', name: 'Invitations', shown: maySeeInvitations(role), content: <InvitationsPart study={study} /> },
    { id: 'people', name: 'Decisions', shown: people, content: <PeoplePanel study={study} /> },
    { id: 'versions', name: 'Form versions', shown: people, content: <VersionsPanel study={study} /> },
    { id: 'ahead', name: 'Ahead', shown: people, content: <AheadPanel study={study} /> },
    { id: 'withdrawals', name: 'Withdrawals', shown: maySeeWithdrawals(role), content: <WithdrawalsPanel study={study} /> },
  ]
  const shown = parts.filter((part) => part.shown)
  const asked = params.get('tab')
  const open = shown.find(({ id }) => id === asked)?.id ?? 'overview'
  return (
    <Tabs
      className="consent-tabs"
      selectedKey={open}
      onSelectionChange={(key) => setParams(key === 'overview' ? {} : { tab: String(key) })}
    >
      <TabList className="consent-tab-list" aria-label="Parts of the consent page">
        {shown.map(({ id, name }) => (
          <Tab key={id} id={id} className="consent-tab">
            {name}
          </Tab>
        ))}
      </TabList>
      {shown.map(({ id, content }) => (
        <TabPanel key={id} id={id} className="consent-part">
          {content}
        </TabPanel>
      ))}
    </Tabs>
  )
}
