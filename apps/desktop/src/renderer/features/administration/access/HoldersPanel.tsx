import { Download, SearchX } from 'lucide-react'
import { useState } from 'react'
import type { AccessHolder, AccessHolders } from '@aquifer/core/contract'
import { useHolders } from '../../../api/identity-queries.js'
import { roleChoices, roleWords } from '../../../api/roles.js'
import { useMe, useStudy } from '../../../api/SessionProvider.js'
import { Button } from '../../../ui/Button.js'
import { SearchField, Select } from '../../../ui/fields.js'
import { clock, count, day, lately } from '../../../ui/format.js'
import { Loaded } from '../../../ui/Loaded.js'
import { Panel } from '../../../ui/Panel.js'
import { Empty } from '../../../ui/states.js'
import { useNow } from '../../../ui/use-now.js'
import { download } from '../../notebook/csv.js'
import { holdersCsv } from './holders-csv.js'
import { HolderName, SightBadge } from './Holder.js'
import { sightOf, sitesWords } from './words.js'

/** "Who can see site 3 today": people and clients, by account or by relationship. */
export function HoldersPanel() {
  const { studies, role } = useMe()
  const current = useStudy()
  const [study, setStudy] = useState(current?.id ?? studies[0]?.id ?? '')
  const [site, setSite] = useState('')
  const holders = useHolders({ study, site })
  const sites = studies.find(({ id }) => id === study)?.sites ?? []
  // Only somebody of all studies may ask for all at once; the server says no to others.
  const all = role === 'administrator' || role === 'auditor' ? [{ id: '', label: 'All studies' }] : []
  return (
    <Panel
      title="Who can see"
      note={
        <span className="row">
          <Select
            label="Study"
            hidden
            value={study}
            choices={[...studies.map(({ id }) => ({ id, label: id })), ...all]}
            onChange={(id) => {
              setStudy(id)
              setSite('')
            }}
          />
          {sites.length > 1 && (
            <Select
              label="Site"
              hidden
              value={site}
              choices={[{ id: '', label: 'any site' }, ...sites.map((id) => ({ id, label: id }))]}
              onChange={setSite}
            />
          )}
          {holders.data && (
            <span className="sub num">
              on {day(holders.data.asOf)}, {clock(holders.data.asOf)}
            </span>
          )}
        </span>
      }
    >
      <Loaded of={holders} rows={8}>
        {(told) => <Holders told={told} />}
      </Loaded>
    </Panel>
  )
}

function Holders({ told }: { told: AccessHolders }) {
  const [text, setText] = useState('')
  const [role, setRole] = useState('')
  const found = told.holders.filter(
    (holder) =>
      (role === '' || holder.role === role) &&
      [holder.holder, holder.name, ...holder.sites].some((part) => part.toLowerCase().includes(text.trim().toLowerCase())),
  )
  const clear = () => {
    setText('')
    setRole('')
  }
  const place = [told.study ?? 'all', told.site].filter(Boolean).join('-')
  return (
    <>
      <Totals holders={told.holders} />
      <div className="filters" role="search" aria-label="Narrow the list">
        <span data-search>
          <SearchField label="Name or site" value={text} onChange={setText} />
        </span>
        <Select label="Role" value={role} choices={[{ id: '', label: 'Any' }, ...roleChoices]} onChange={setRole} />
        <span className="sub num end" role="status">
          {found.length === told.holders.length ? '' : `${count(found.length)} of ${count(told.holders.length)}`}
        </span>
        <Button
          icon={Download}
          onPress={() => download(`access-${place}-${told.asOf.slice(0, 10)}.csv`, holdersCsv(told, found), 'text/csv;charset=utf-8')}
        >
          List as CSV
        </Button>
      </div>
      {found.length === 0 ? (
        <Empty
          icon={SearchX}
          title={told.holders.length === 0 ? 'Nobody can see it' : 'Nobody fits'}
          actions={told.holders.length > 0 && <Button onPress={clear}>Show everybody</Button>}
        />
      ) : (
        <HoldersTable holders={found} />
      )}
    </>
  )
}

/** The figures an auditor asks for first. */
function Totals({ holders }: { holders: readonly AccessHolder[] }) {
  const people = holders.filter(({ kind }) => kind === 'person').length
  const sees = (sight: string) => holders.filter((holder) => sightOf(holder) === sight).length
  return (
    <dl className="totals">
      <Total name="people" value={people} />
      <Total name="clients" value={holders.length - people} />
      <Total name="see identified data" value={sees('identified')} tone="zone-open" />
      <Total name="see masked data" value={sees('masked')} tone="zone-deep" />
      <Total name="never signed in" value={holders.filter(({ kind, signedInAt }) => kind === 'person' && signedInAt === null).length} />
    </dl>
  )
}

function Total({ name, value, tone }: { name: string; value: number; tone?: string }) {
  return (
    <div>
      <dd className={tone === undefined || value === 0 ? 'total' : `total ${tone}`}>{count(value)}</dd>
      <dt className="sub">{name}</dt>
    </div>
  )
}

function HoldersTable({ holders }: { holders: readonly AccessHolder[] }) {
  const now = useNow()
  return (
    <div className="wide-table">
      <table className="table">
        <thead>
          <tr>
            <th>Who</th>
            <th>Role</th>
            <th>Reaches</th>
            <th>Sees</th>
            <th>Last sign-in</th>
          </tr>
        </thead>
        <tbody>
          {holders.map((holder) => (
            <tr key={holder.holder}>
              <td>
                <HolderName holder={holder} />
              </td>
              <td>{roleWords(holder.role)}</td>
              <td title={holder.sites.join(', ')}>{sitesWords(holder)}</td>
              <td>
                <SightBadge holder={holder} />
              </td>
              <td className="ink-2 num">{lastOf(holder, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function lastOf({ kind, signedInAt }: AccessHolder, now: Date): string {
  if (signedInAt !== null) return lately(signedInAt, now)
  return kind === 'person' ? 'never' : 'by its key'
}
