import './consent.css'
import { Building2, Database, Download, Eye } from 'lucide-react'
import { useDeferredValue, useEffect, useState } from 'react'
import { useLocation } from 'react-router'
import type { ConsentSummary, StudyView } from '@aquifer/core/contract'
import { useConsent } from '../../api/queries.js'
import { maySeeRefusals } from '../../api/roles.js'
import { useMe, useStudy } from '../../api/SessionProvider.js'
import { Badge } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { day, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { download } from '../notebook/csv.js'
import { AsOf } from './AsOf.js'
import { ConsentTabs } from './ConsentTabs.js'
import { OverTimePanel } from './OverTimePanel.js'
import { RefusedPanel } from './RefusedPanel.js'
import { sitesCsv } from './sites-csv.js'
import { SitesTable } from './SitesTable.js'
import { StatusPanel } from './StatusPanel.js'
import { TypesTable } from './TypesTable.js'

export default function ConsentPage() {
  const study = useStudy()
  if (study === undefined) {
    return (
      <div className="page">
        <Empty icon={Database} title="You belong to no study yet">
          An administrator adds you to one; it appears here at your next sign-in.
        </Empty>
      </div>
    )
  }
  return <Consent key={study.id} study={study} />
}

function Consent({ study }: { study: StudyView }) {
  const me = useMe()
  const [asOf, setAsOf] = useState<string | null>(null)
  const now = useConsent(study.id, null)
  const then = useConsent(study.id, useDeferredValue(asOf))
  useScrollToHash(now.data !== undefined)
  if (now.data === undefined || then.data === undefined) {
    return (
      <div className="page">
        <h1>Consent</h1>
        <section className="panel">
          {(now.error ?? then.error) ? (
            <Failure error={now.error ?? then.error} retry={() => void Promise.all([now.refetch(), then.refetch()])} />
          ) : (
            <SkeletonRows rows={8} />
          )}
        </section>
      </div>
    )
  }
  const summary = then.data
  return (
    <div className="page consent" aria-busy={then.isPlaceholderData}>
      <header className="row consent-head">
        <h1>Consent</h1>
        <span className="chip">
          <Icon of={Building2} className="ink-3" />
          {plural(summary.bySite.length, 'site')}
        </span>
        <Badge kind="identified">Identified</Badge>
        <span className="sub">people are counted here, not shown</span>
        <Button
          icon={Download}
          className="end"
          onPress={() => download(`consent-${study.id}-${summary.asOf}.csv`, sitesCsv(study, summary), 'text/csv;charset=utf-8')}
        >
          Figures as CSV
        </Button>
      </header>
      <ConsentTabs
        study={study}
        overview={
          <>
            <AsOf overTime={now.data.overTime} today={now.data.asOf} asOf={asOf} onChange={setAsOf} />
            <Past summary={summary} asOf={asOf} />
            <StatusPanel summary={summary} />
            <SitesTable summary={summary} />
            <div className="consent-two">
              <TypesTable summary={summary} />
              <OverTimePanel summary={summary} />
            </div>
            {maySeeRefusals(me) && <RefusedPanel study={study} />}
          </>
        }
      />
    </div>
  )
}

/** Old numbers never pass for today's. */
function Past({ summary, asOf }: { summary: ConsentSummary; asOf: string | null }) {
  if (asOf === null) return null
  return (
    <p className="notice info consent-past" role="status">
      <Icon of={Eye} />
      Every number below is as of {day(summary.asOf)}, except refused writes.
    </p>
  )
}

function useScrollToHash(ready: boolean): void {
  const { hash } = useLocation()
  useEffect(() => {
    if (ready && hash !== '') document.getElementById(hash.slice(1))?.scrollIntoView({ block: 'start' })
  }, [ready, hash])
}
