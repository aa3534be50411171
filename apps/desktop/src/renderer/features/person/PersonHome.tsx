import './person.css'
import { ChevronRight, Download, Eye, FileSignature, FolderHeart, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { Link } from 'react-router'
import { subjectAccessReport, useDisclosures, useRecordCounts } from '../../api/person-queries.js'
import { useApi } from '../../api/SessionProvider.js'
import { paths } from '../../paths.js'
import { Button } from '../../ui/Button.js'
import { count, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { tellFailure } from '../../ui/tell.js'
import { useMe } from '../../api/SessionProvider.js'
import { download } from '../notebook/csv.js'
import { PersonPage, type Subject } from './PersonProvider.js'
import { recordKinds } from './record.js'

const types = recordKinds.map(({ type }) => type)

/** The first page of somebody who is here for himself, or for those he stands in for. */
export function PersonHome() {
  const { name } = useMe()
  return (
    <PersonPage
      title={({ own, person }) => (own ? `Welcome, ${name}` : `Welcome, ${name}. You look after ${person.name}`)}
      lead={({ own, person }) =>
        `${own ? 'You take' : `${person.name} takes`} part in ${person.studies.map((study) => study.name).join(' and ')}.`
      }
    >
      {(subject) => (
        <>
          <div className="person-doors">
            <DataDoor subject={subject} />
            <Door to={paths.myConsents} icon={FileSignature} title={subject.own ? 'My consents' : 'Consents'}>
              {plural(subject.person.studies.length, 'study', 'studies')}: what was agreed, until when, and how to withdraw
            </Door>
            <SeenDoor subject={subject} />
          </div>
          <ReportPanel key={subject.person.id} subject={subject} />
        </>
      )}
    </PersonPage>
  )
}

function Door({ to, icon, title, children }: { to: string; icon: LucideIcon; title: string; children: React.ReactNode }) {
  return (
    <Link to={to} className="panel person-door">
      <span className="seen-face">
        <Icon of={icon} size={18} />
      </span>
      <span className="grow">
        <span className="panel-title">{title}</span>
        <span className="ink-2">{children}</span>
      </span>
      <Icon of={ChevronRight} size={16} className="ink-3" />
    </Link>
  )
}

function DataDoor({ subject: { person, study, own } }: { subject: Subject }) {
  const counts = useRecordCounts(types, study.id, person.id)
  const total = counts.reduce((sum, { data }) => sum + (data ?? 0), 0)
  return (
    <Door to={paths.myData} icon={FolderHeart} title={own ? 'My data' : 'Data'}>
      {counts.some(({ data }) => data === undefined) ? 'Measurements, visits, medicines' : `${count(total)} entries in ${study.name}`}
    </Door>
  )
}

function SeenDoor({ subject: { person, own } }: { subject: Subject }) {
  const { data } = useDisclosures(person.id, null)
  const others = new Set((data?.disclosures ?? []).filter(({ self }) => !self).map(({ who }) => who)).size
  return (
    <Door to={paths.seen} icon={Eye} title={own ? 'Who saw my data' : 'Who saw the data'}>
      {data === undefined
        ? 'Name, role and reason'
        : others === 0
          ? 'Nobody but you so far'
          : `${plural(others, 'person', 'people')} besides you`}
    </Door>
  )
}

function ReportPanel({ subject: { person, own } }: { subject: Subject }) {
  const api = useApi()
  const [share, setShare] = useState<number | null>(null)
  const save = async () => {
    setShare(0)
    try {
      const at = new Date().toISOString()
      const report = await subjectAccessReport(api, { person, types, at }, (done, of) => setShare(done / of))
      download(`subject-access-report-${at.slice(0, 10)}.json`, JSON.stringify(report, null, 2), 'application/json')
    } catch (error) {
      tellFailure('The report was not made', error)
    }
    setShare(null)
  }
  return (
    <Panel title="Take everything with you">
      <div className="person-report">
        <p className="ink-2">
          {own ? 'Your right to a copy of your data' : 'The right to a copy of the data'}: one file with every record, every consent and
          everybody who saw them. It can be read by other health systems (FHIR, JSON). It holds names and health data, so keep it where only
          you can open it.
        </p>
        <Button look="primary" size="large" icon={Download} isDisabled={share !== null} onPress={() => void save()}>
          {share === null ? 'Download subject access report' : `Collecting, ${Math.round(share * 100)} %`}
        </Button>
      </div>
    </Panel>
  )
}
