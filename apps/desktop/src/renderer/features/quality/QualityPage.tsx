import './quality.css'
import { ClipboardCheck, Database, Eye, RefreshCw } from 'lucide-react'
import { useState } from 'react'
import type { QualityReport, StudyView } from '@aquifer/core/contract'
import { useLookThrough, useQuality } from '../../api/quality-queries.js'
import { mayRunQuality } from '../../api/roles.js'
import { useMe, useStudy } from '../../api/SessionProvider.js'
import { Badge } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { count, lately, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { useNow } from '../../ui/use-now.js'
import { SilentFeedRows } from '../home/SilentFeeds.js'
import { ChecksPanel } from './ChecksPanel.js'
import { FeedsTable } from './FeedsTable.js'
import { SitesTable } from './SitesTable.js'

export default function QualityPage() {
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
  return <Quality key={study.id} study={study} />
}

function Quality({ study }: { study: StudyView }) {
  const report = useQuality(study.id)
  const { data } = report
  return (
    <div className="page quality">
      <header className="row quality-head">
        <h1>Data quality</h1>
        <Badge kind="identified">Identified</Badge>
        <span className="sub">mistakes are counted here; no person and no value is shown</span>
        {data !== undefined && <LookThrough study={study} report={data} />}
      </header>
      {data !== undefined && data.computedAt !== null ? (
        <Found report={data} />
      ) : (
        <section className="panel">
          {report.error ? (
            <Failure error={report.error} retry={() => void report.refetch()} />
          ) : data === undefined ? (
            <SkeletonRows rows={8} />
          ) : (
            <Empty
              icon={ClipboardCheck}
              title={data.job === null ? 'The data has not been looked through yet' : 'Looking through the data'}
            >
              {data.job === null
                ? 'The server does it once a day. What is missing, late, repeated or impossible then stands here, by site and by feed.'
                : 'The figures appear here when it is done.'}
            </Empty>
          )}
        </section>
      )}
    </div>
  )
}

function LookThrough({ study, report }: { study: StudyView; report: QualityReport }) {
  const me = useMe()
  const look = useLookThrough(study.id)
  const { job } = report
  const seen = job?.detail['resources']
  return (
    <span className="row end">
      {job !== null && <Badge kind="running">{typeof seen === 'number' ? `${count(seen)} looked at` : 'Begins'}</Badge>}
      {look.error !== null && <span className="small quality-wrong">It could not be begun. Try again.</span>}
      {mayRunQuality(me) && (
        <Button icon={RefreshCw} look="primary" isDisabled={job !== null || look.isPending} onPress={() => look.mutate()}>
          Look through now
        </Button>
      )}
    </span>
  )
}

function Found({ report }: { report: QualityReport }) {
  const now = useNow()
  const [site, setSite] = useState<string | null | undefined>(undefined)
  const { computedAt, current, silentFeeds } = report
  return (
    <>
      {!current && computedAt !== null && (
        <p className="notice info" role="status">
          <Icon of={Eye} />
          Data came since {lately(computedAt, now)}. The figures below are of then.
        </p>
      )}
      {silentFeeds.length > 0 && (
        <Panel title="Silent feeds">
          <ul>
            <SilentFeedRows feeds={silentFeeds} />
          </ul>
        </Panel>
      )}
      <SitesTable report={report} site={site} onSite={setSite} />
      <ChecksPanel report={report} site={site} onAll={() => setSite(undefined)} />
      <FeedsTable report={report} />
      {computedAt !== null && (
        <p className="sub quality-basis num">
          {plural(report.people, 'person', 'people')} · {plural(report.resources, 'resource')} · looked through {lately(computedAt, now)}
        </p>
      )}
    </>
  )
}
