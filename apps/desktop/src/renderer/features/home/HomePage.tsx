import './home.css'
import { Database } from 'lucide-react'
import { useMe, useStudy } from '../../api/SessionProvider.js'
import { useConsent } from '../../api/queries.js'
import { isPerson, mayAsk, mayExpectFeeds, mayQuery, maySeeConsent, maySeePipeline, maySeeRefusals } from '../../api/roles.js'
import { day, plural } from '../../ui/format.js'
import { Empty } from '../../ui/states.js'
import { RecoveryList } from '../notebook/RecoveryList.js'
import { PersonHome } from '../person/PersonHome.js'
import { AskedPanel } from './AskedPanel.js'
import { ContinuePanel } from './ContinuePanel.js'
import { EnrolmentPanel } from './EnrolmentPanel.js'
import { FreshPanel } from './FreshPanel.js'
import { NeedsPanel } from './NeedsPanel.js'
import { SilentFeedsPanel } from './SilentFeeds.js'
import { SitesPanel } from './SitesPanel.js'
import { TablesPanel } from './TablesPanel.js'
import { TodayStrip } from './TodayStrip.js'

export default function HomePage() {
  const me = useMe()
  const study = useStudy()
  if (isPerson(me.role)) return <PersonHome />
  if (study === undefined) {
    return (
      <div className="page">
        <h1>Welcome, {me.name}</h1>
        <section className="panel">
          <Empty icon={Database} title="You belong to no study yet">
            An administrator adds you to one; it appears here at your next sign-in.
          </Empty>
        </section>
      </div>
    )
  }
  const manages = maySeeConsent(me)
  return (
    <div className="page home">
      <header>
        <h1>{study.name}</h1>
        <Since />
      </header>
      {mayAsk(me) && <RecoveryList />}
      <TodayStrip study={study} />
      {manages && (
        <div className="home-two">
          {maySeeRefusals(me) && <NeedsPanel study={study} />}
          <EnrolmentPanel study={study} />
        </div>
      )}
      {mayExpectFeeds(me) && !maySeeRefusals(me) && <SilentFeedsPanel study={study} />}
      {maySeePipeline(me) && <FreshPanel study={study} />}
      {mayQuery(me) && (
        <div className="home-two">
          <ContinuePanel study={study} />
          <TablesPanel study={study} />
        </div>
      )}
      {mayQuery(me) && <AskedPanel study={study} />}
      {manages && <SitesPanel study={study} />}
    </div>
  )
}

function Since() {
  const study = useStudy()!
  const sites = study.sites.length
  const me = useMe()
  const consent = useConsent(study.id, null, maySeeConsent(me))
  const first = consent.data?.overTime[0]?.date
  const required = consent.data?.required ?? study.required
  return (
    <p className="ink-2">
      {capital(study.kind)}, {study.status}
      {sites > 0 && `, ${plural(sites, 'site')}`}
      {first ? `, first person enrolled ${day(first)}` : `, created ${day(study.createdAt)}`}
      {required.length > 0 ? `. Needs consent to ${required.join(', ')}.` : '. Needs no consent.'}
    </p>
  )
}

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)
