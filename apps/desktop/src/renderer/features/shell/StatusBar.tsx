import { ClockAlert, Database, Droplet, Eye, History, Save, ShieldCheck, Wifi, WifiOff } from 'lucide-react'
import { useLocation } from 'react-router'
import { useCatalogue, useConsent, usePipeline, useReachable } from '../../api/queries.js'
import { useMe, useStudy } from '../../api/SessionProvider.js'
import { isPerson, mayQuery, maySeeConsent } from '../../api/roles.js'
import { paths } from '../../paths.js'
import { clock, clockSeconds, moment, plural, zoneName } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { useNow } from '../../ui/use-now.js'
import { useDeskStatus } from '../notebook/DeskProvider.js'

/** The basis of every number on screen, always in the same place and order. */
export function StatusBar() {
  const now = useNow()
  const me = useMe()
  return (
    <footer className="status-bar">
      {isPerson(me.role) ? <OwnStudies /> : <Basis />}
      <span className="grow" />
      <Place />
      <Saved />
      <Connection />
      <span className="status-item status-zone">{zoneName(now)}</span>
    </footer>
  )
}

function Basis() {
  const me = useMe()
  const study = useStudy()
  const pipeline = usePipeline(study?.id)
  const catalogue = useCatalogue(study?.id, mayQuery(me))
  const consent = useConsent(study?.id, null, maySeeConsent(me))
  if (study === undefined) return <span className="status-item">No study</span>
  const snapshot = catalogue.data?.snapshot ?? pipeline.data?.snapshot ?? null
  const isKnown = catalogue.data !== undefined || pipeline.data !== undefined
  const epoch = consent.data?.epoch ?? catalogue.data?.consentEpoch
  return (
    <>
      <span className="status-item">
        <Icon of={Database} />
        {study.id}
      </span>
      {isKnown && (
        <span className="status-item">
          <Icon of={History} />
          {snapshot === null ? 'nothing published yet' : `snapshot ${moment(snapshot)}`}
        </span>
      )}
      {epoch !== undefined && (
        <span className="status-item">
          <Icon of={ShieldCheck} className="mark-ok" />
          consent epoch {epoch}
        </span>
      )}
      <span className="status-item">
        <Icon of={Droplet} className="zone-deep" />
        <span className="status-policy">{catalogue.data?.maskingPolicy ?? study.maskingPolicy}</span>
      </span>
    </>
  )
}

function OwnStudies() {
  const { studies } = useMe()
  return (
    <span className="status-item">
      <Icon of={Database} />
      {studies.length === 0 ? 'No study' : studies.map(({ name }) => name).join(', ')}
    </span>
  )
}

/** Says when identified facts about people are on screen. */
function Place() {
  const { pathname, search } = useLocation()
  const isDictionary = pathname === paths.privacy && new URLSearchParams(search).get('tab') === 'displays'
  if (!isDictionary && ![paths.consent, paths.myData, paths.myConsents, paths.seen].some((path) => pathname.startsWith(path))) return null
  return (
    <span className="status-item">
      <Icon of={Eye} className="zone-open" />
      identified side
    </span>
  )
}

function Saved() {
  const status = useDeskStatus()
  if (status.unsaved > 0) {
    return (
      <span className="status-item status-warn" role="status">
        <Icon of={status.failed ? ClockAlert : Save} />
        {status.failed ? `not saved, ${plural(status.unsaved, 'notebook')}` : 'saving'}
      </span>
    )
  }
  if (status.savedAt === null) return null
  return (
    <span className="status-item">
      <Icon of={Save} />
      saved {clockSeconds(status.savedAt)}
    </span>
  )
}

function Connection() {
  const { reachable, since } = useReachable()
  if (reachable) {
    return (
      <span className="status-item">
        <Icon of={Wifi} className="mark-ok" />
        connected
      </span>
    )
  }
  return (
    <span className="status-item status-warn" role="status">
      <Icon of={WifiOff} />
      {since === null ? 'offline' : `offline since ${clock(new Date(since).toISOString())}`}
    </span>
  )
}
