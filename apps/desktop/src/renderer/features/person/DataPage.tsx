import './person.css'
import { FolderOpen } from 'lucide-react'
import { useState } from 'react'
import { useRecordCounts, useRecords } from '../../api/person-queries.js'
import { Tag } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { count, dayShort, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { PersonPage, type Subject } from './PersonProvider.js'
import { byYear, lineOf, recordKinds, type RecordKind, type RecordLine } from './record.js'

const types = recordKinds.map(({ type }) => type)

export default function DataPage() {
  return (
    <PersonPage
      byStudy
      title={({ own, person }) => (own ? 'My data' : `Data of ${person.name}`)}
      lead={({ study }) => `What ${study.name} keeps, exactly as it was recorded. Reading it here changes nothing.`}
    >
      {(subject) => <Data key={`${subject.person.id} ${subject.study.id}`} subject={subject} />}
    </PersonPage>
  )
}

function Data({ subject: { person, study } }: { subject: Subject }) {
  const counts = useRecordCounts(types, study.id, person.id)
  const [asked, ask] = useState<string | null>(null)
  const failed = counts.find(({ error }) => error)
  if (failed) {
    return (
      <section className="panel">
        <Failure error={failed.error} retry={() => void Promise.all(counts.map((each) => each.refetch()))} />
      </section>
    )
  }
  if (counts.some(({ data }) => data === undefined)) {
    return (
      <section className="panel">
        <SkeletonRows rows={10} />
      </section>
    )
  }
  const kinds = recordKinds.map((kind, at) => ({ kind, total: counts[at]?.data ?? 0 })).filter(({ total }) => total > 0)
  const open = kinds.find(({ kind }) => kind.type === asked) ?? kinds[0]
  if (open === undefined) {
    return (
      <section className="panel">
        <Empty icon={FolderOpen} title="Nothing is recorded yet">
          What the study team or a device sends appears here within a minute.
        </Empty>
      </section>
    )
  }
  return (
    <div className="person-two">
      <nav className="panel kinds" aria-label="Kinds of data">
        <ul>
          {kinds.map(({ kind, total }) => (
            <li key={kind.type}>
              <button
                type="button"
                className="kind"
                aria-current={kind.type === open.kind.type || undefined}
                onClick={() => ask(kind.type)}
              >
                <Icon of={kind.icon} size={16} />
                <span className="grow">{kind.name}</span>
                <span className="num ink-3">{count(total)}</span>
              </button>
            </li>
          ))}
        </ul>
      </nav>
      <Records key={open.kind.type} kind={open.kind} study={study.id} person={person.id} />
    </div>
  )
}

function Records({ kind, study, person }: { kind: RecordKind; study: string; person: string }) {
  const records = useRecords(kind.type, study, person)
  const { data } = records
  const lines = (data?.pages ?? []).flatMap((page) => page.resources.map(lineOf))
  const total = data?.pages[0]?.total ?? 0
  return (
    <Panel
      title={kind.name}
      note={data && <Tag>{plural(total, kind.one, kind.one.endsWith('y') ? `${kind.one.slice(0, -1)}ies` : undefined)}</Tag>}
    >
      {data === undefined ? (
        records.error ? (
          <Failure error={records.error} retry={() => void records.refetch()} />
        ) : (
          <SkeletonRows rows={8} />
        )
      ) : (
        <>
          {byYear(lines).map(({ year, lines: ofYear }) => (
            <Year key={`${year} ${ofYear[0]?.id ?? ''}`} year={year} lines={ofYear} />
          ))}
          {records.error && <Failure error={records.error} retry={() => void records.fetchNextPage()} />}
          {records.hasNextPage && (
            <div className="person-more">
              <Button isDisabled={records.isFetchingNextPage} onPress={() => void records.fetchNextPage()}>
                Show older
              </Button>
              <span className="sub">
                {count(lines.length)} of {count(total)} shown
              </span>
            </div>
          )}
        </>
      )}
    </Panel>
  )
}

function Year({ year, lines }: { year: string; lines: readonly RecordLine[] }) {
  return (
    <section aria-label={year}>
      <h3 className="person-year">{year}</h3>
      <ul>
        {lines.map((line, at) => (
          <li key={line.id} className={sameDay(line, lines[at - 1]) ? 'record-line same' : 'record-line'}>
            <span className={sameDay(line, lines[at - 1]) ? 'visually-hidden' : 'record-day num ink-2'}>{dayOf(line)}</span>
            <span className="record-text medium">{line.text}</span>
            <span className="record-value num">{line.value}</span>
            <span className="record-note sub">{line.note}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

const dayOf = (line: RecordLine): string => (line.at === null || line.at.length < 10 ? '' : dayShort(line.at.slice(0, 10)))
const sameDay = (line: RecordLine, before: RecordLine | undefined): boolean => before !== undefined && dayOf(line) === dayOf(before)
