import { SearchX, X } from 'lucide-react'
import { useState } from 'react'
import { auditActs } from '@aquifer/core/audit'
import { useTrail, type TrailAsked, type TrailRecord } from '../../api/audit-queries.js'
import { roleWords } from '../../api/roles.js'
import { useMe } from '../../api/SessionProvider.js'
import { Badge, type BadgeKind } from '../../ui/Badge.js'
import { Button, IconButton } from '../../ui/Button.js'
import { Select, TextField } from '../../ui/fields.js'
import { clockSeconds, count, day, parseDay } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { ExportMenu } from './ExportMenu.js'

const nothing: TrailAsked = { study: '', patient: '', actor: '', action: '', outcome: '', from: '', to: '' }
const outcomes: Readonly<Record<TrailRecord['outcome'], BadgeKind>> = { done: 'active', refused: 'refused', failed: 'failed' }

/** Search in the trail, newest first; a record opens beside the list. */
export function TrailPanel() {
  const [asked, ask] = useState(nothing)
  const [open, setOpen] = useState<TrailRecord | null>(null)
  // What was typed goes when everything is asked for again.
  const [cleared, setCleared] = useState(0)
  const clear = () => {
    ask(nothing)
    setCleared(cleared + 1)
  }
  const trail = useTrail(asked)
  const records = trail.data?.pages.flatMap((page) => page.records) ?? []
  return (
    <Panel title="Trail" actions={<ExportMenu asked={asked} />}>
      <Filters key={cleared} asked={asked} ask={ask} />
      <div className="trail" data-open={open !== null || undefined} aria-busy={trail.isPlaceholderData}>
        <div className="trail-list">
          {trail.data === undefined ? (
            trail.error ? (
              <Failure error={trail.error} retry={() => void trail.refetch()} />
            ) : (
              <SkeletonRows rows={10} />
            )
          ) : records.length === 0 ? (
            <Empty icon={SearchX} title="No record fits" actions={<Button onPress={clear}>Show everything</Button>}>
              Nothing of this kind was asked in the time that you chose, within the studies of your grant.
            </Empty>
          ) : (
            <Records records={records} open={open} setOpen={setOpen} />
          )}
          {trail.hasNextPage && (
            <div className="trail-more">
              <Button isDisabled={trail.isFetchingNextPage} onPress={() => void trail.fetchNextPage()}>
                Show older
              </Button>
              <span className="sub">{count(records.length)} shown</span>
            </div>
          )}
        </div>
        {open && <Detail record={open} onClose={() => setOpen(null)} />}
      </div>
    </Panel>
  )
}

const any = { id: '', label: 'Any' }

function Filters({ asked, ask }: { asked: TrailAsked; ask(asked: TrailAsked): void }) {
  const { studies } = useMe()
  const [typed, type] = useState({ actor: asked.actor, patient: asked.patient })
  const change = (part: Partial<TrailAsked>) => ask({ ...asked, ...part })
  return (
    <form
      className="trail-filters"
      aria-label="Search the trail"
      onSubmit={(event) => {
        event.preventDefault()
        change({ actor: typed.actor.trim(), patient: typed.patient.trim() })
      }}
    >
      <Select
        label="Study"
        value={asked.study}
        choices={[any, ...studies.map(({ id }) => ({ id, label: id }))]}
        onChange={(study) => change({ study })}
      />
      <Select
        label="Action"
        value={asked.action}
        choices={[any, ...auditActs.map((id) => ({ id, label: id }))]}
        onChange={(action) => change({ action })}
      />
      <Select
        label="Outcome"
        value={asked.outcome}
        choices={[any, ...Object.keys(outcomes).map((id) => ({ id, label: id }))]}
        onChange={(outcome) => change({ outcome })}
      />
      <Day label="From" value={asked.from} onChange={(from) => change({ from })} />
      <Day label="To" value={asked.to} onChange={(to) => change({ to })} />
      <TextField label="Actor" hidden placeholder="Actor" value={typed.actor} onChange={(actor) => type({ ...typed, actor })} />
      <TextField
        label="Person (Patient id)"
        hidden
        placeholder="Patient id"
        value={typed.patient}
        onChange={(patient) => type({ ...typed, patient })}
      />
      <Button type="submit">Search</Button>
    </form>
  )
}

/** A day as a reader writes it; it counts when it can be read. */
function Day({ label, value, onChange }: { label: string; value: string; onChange(value: string): void }) {
  const [text, setText] = useState(value === '' ? '' : day(value))
  const wrong = text.trim() !== '' && parseDay(text) === undefined
  const write = (next: string) => {
    setText(next)
    const read = next.trim() === '' ? '' : parseDay(next)
    if (read !== undefined && read !== value) onChange(read)
  }
  return (
    <TextField
      label={`${label} day, such as 22 Nov 2026`}
      hidden
      placeholder={`${label} day`}
      value={text}
      isInvalid={wrong}
      onChange={write}
    />
  )
}

function Records({
  records,
  open,
  setOpen,
}: {
  records: readonly TrailRecord[]
  open: TrailRecord | null
  setOpen(record: TrailRecord): void
}) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th>When</th>
          <th>Who</th>
          <th>Role</th>
          <th>Action</th>
          <th>Study</th>
          <th>Reason</th>
          <th className="n">People</th>
          <th>Outcome</th>
        </tr>
      </thead>
      <tbody>
        {records.map((record) => (
          <tr key={record.id} className="trail-row" data-selected={record.id === open?.id || undefined} onClick={() => setOpen(record)}>
            <td className="num">
              <button type="button" className="trail-open num" aria-label={`Open record ${record.id}`}>
                {day(record.at)} {clockSeconds(record.at)}
              </button>
            </td>
            <td className="medium">{record.name ?? record.actor}</td>
            <td className="ink-2">{roleWords(record.role)}</td>
            <td>{record.action}</td>
            <td className="ink-2">{record.study ?? ''}</td>
            <td className="ink-2 cut trail-reason" title={record.reason ?? undefined}>
              {record.reason}
            </td>
            <td className="n">{record.patients.length === 0 ? '' : count(record.patients.length)}</td>
            <td>
              <Badge kind={outcomes[record.outcome]}>{record.outcome}</Badge>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Detail({ record, onClose }: { record: TrailRecord; onClose(): void }) {
  const facts: [string, string | null][] = [
    ['When', `${day(record.at)} ${clockSeconds(record.at)}`],
    ['Who', record.name === null ? record.actor : `${record.name} (${record.actor})`],
    ['At the provider', record.external],
    ['Role', roleWords(record.role)],
    ['Study', record.study],
    ['Reason', record.reason],
    ['From', record.source],
    ['People, by number', record.patients.join(', ')],
    ['Correlation id', record.request],
    ['Record', record.id],
  ]
  return (
    <aside className="trail-detail" aria-label={`Record ${record.id}`}>
      <header className="row">
        <h3>{record.action}</h3>
        <Badge kind={outcomes[record.outcome]}>{record.outcome}</Badge>
        <IconButton label="Close" icon={X} className="end" onPress={onClose} />
      </header>
      <dl>
        {facts.map(
          ([name, value]) =>
            value !== null &&
            value !== '' && (
              <div key={name}>
                <dt className="sub">{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      <Json title="Detail" value={record.detail} />
      {record.entries.length > 0 && <Json title={`Resources, by number (${record.entries.length})`} value={record.entries.slice(0, 100)} />}
    </aside>
  )
}

function Json({ title, value }: { title: string; value: object }) {
  return (
    <>
      <h4 className="sub">{title}</h4>
      <pre className="mono" tabIndex={0} aria-label={title} role="region">
        {JSON.stringify(value, null, 1)}
      </pre>
    </>
  )
}
