import './person.css'
import { ChevronRight, Download, Eye, FileSignature, FolderHeart, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { Link } from 'react-router'
import { subjectAccessReport, useDisclosures, useRecordCounts, useRecords } from '../../api/person-queries.js'
import { roleWords } from '../../api/roles.js'
import { useApi, useMe } from '../../api/SessionProvider.js'
import { paths } from '../../paths.js'
import { Button } from '../../ui/Button.js'
import { count, day, lately, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { tellFailure } from '../../ui/tell.js'
import { useNow } from '../../ui/use-now.js'
import { download } from '../notebook/csv.js'
import { PersonPage, type Subject } from './PersonProvider.js'
import { lineOf, recordKinds } from './record.js'
import { byDay } from './seen.js'

const types = recordKinds.map(({ type }) => type)

/** The first page of somebody who is here for himself, or for those he stands in for. */
export function PersonHome() {
  const { name } = useMe()
  return (
    <PersonPage
      title={() => `Welcome, ${name}`}
      lead={({ own, person }) =>
        `${own ? 'You take' : `You look after ${person.name}, who takes`} part in ${person.studies.map((study) => study.name).join(' and ')}.`
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
          <div className="person-halves">
            <LatestPanel key={`${subject.person.id} ${subject.study.id}`} subject={subject} />
            <LookedPanel key={subject.person.id} subject={subject} />
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
  const { data } = useDisclosures(person.id)
  const others = new Set((data?.pages[0]?.disclosures ?? []).filter(({ self }) => !self).map(({ who }) => who)).size
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

const shownLatest = 6

/** The last measurements, so that the first page says something of the person. */
function LatestPanel({ subject: { person, study } }: { subject: Subject }) {
  const records = useRecords('Observation', study.id, person.id)
  const lines = (records.data?.pages[0]?.resources ?? []).slice(0, shownLatest).map(lineOf)
  return (
    <Panel title="Latest measurements">
      {records.data === undefined ? (
        records.error ? (
          <Failure error={records.error} retry={() => void records.refetch()} />
        ) : (
          <SkeletonRows rows={shownLatest} />
        )
      ) : lines.length === 0 ? (
        <Empty icon={FolderHeart} title="Nothing is measured yet" />
      ) : (
        <ul>
          {lines.map((line) => (
            <li key={line.id} className="person-latest">
              <span className="grow cut">{line.text}</span>
              <span className="medium num">{line.value}</span>
              <span className="sub">{line.at === null ? '' : day(line.at.slice(0, 10))}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function LookedPanel({ subject: { person } }: { subject: Subject }) {
  const now = useNow()
  const { data, error, refetch } = useDisclosures(person.id)
  const others = byDay(data?.pages[0]?.disclosures ?? [], false)
    .flatMap(({ items }) => items)
    .slice(0, shownLatest)
  return (
    <Panel title="Last looked at by">
      {data === undefined ? (
        error ? (
          <Failure error={error} retry={() => void refetch()} />
        ) : (
          <SkeletonRows rows={shownLatest} />
        )
      ) : others.length === 0 ? (
        <Empty icon={Eye} title="Nobody but you so far">
          As soon as somebody opens the data under a name, it stands here.
        </Empty>
      ) : (
        <ul>
          {others.map((each) => (
            <li key={`${each.first} ${each.who} ${each.what}`} className="person-latest">
              <span className="grow cut">
                <span className="medium">{each.who}</span>
                <span className="ink-2"> · {roleWords(each.role)}</span>
              </span>
              <span className="sub">{lately(each.last, now)}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function ReportPanel({ subject: { person, own } }: { subject: Subject }) {
  const api = useApi()
  const [share, setShare] = useState<number | null>(null)
  const save = async () => {
    setShare(0)
    try {
      const at = new Date().toISOString()
      const report = await subjectAccessReport(api, { person, at }, setShare)
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
