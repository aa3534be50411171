import { Plus, SearchX, ShieldPlus, Unlink, Waypoints } from 'lucide-react'
import { useDeferredValue, useMemo, useState } from 'react'
import { useSearchParams } from 'react-router'
import { addedKinds } from '@aquifer/core/access'
import type { RelationshipView } from '@aquifer/core/contract'
import { useRelationships, type RelationshipsAsked } from '../../../api/access-queries.js'
import { usePeople } from '../../../api/identity-queries.js'
import { mayChangeRelationships, mayListPeople } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Badge, type BadgeKind } from '../../../ui/Badge.js'
import { Button } from '../../../ui/Button.js'
import { SearchField, Segments, Select } from '../../../ui/fields.js'
import { count, day } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Panel } from '../../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../../ui/states.js'
import { useNow } from '../../../ui/use-now.js'
import { useCommands, type Command } from '../../shell/commands.js'
import { AddRelationshipDialog } from './AddRelationshipDialog.js'
import { Reference } from '../Reference.js'
import { EndRelationshipDialog } from './EndRelationshipDialog.js'
import { holdingOf, kindNames, type Holding } from './kinds.js'

const states = [
  { id: 'open', label: 'In force' },
  { id: 'ended', label: 'Ended' },
  { id: '', label: 'All' },
] as const
const any = { id: '', label: 'Any' }
const integrators = 'integrator-study'

/** Who is tied to whom, from when to when, and who gave it. */
export function RelationshipsPanel() {
  const me = useMe()
  const [params, setParams] = useSearchParams()
  const [asked, ask] = useState<RelationshipsAsked>({ study: '', kind: '', search: params.get('search') ?? '', state: 'open' })
  const [adding, add] = useState(false)
  const may = mayChangeRelationships(me)
  const found = useRelationships(useDeferredValue(asked))
  const rows = found.data?.pages.flatMap((page) => page.relationships) ?? []
  const change = (part: Partial<RelationshipsAsked>) => {
    ask({ ...asked, ...part })
    if (params.has('search')) setParams({ tab: 'relationships' }, { replace: true })
  }
  const commands = useMemo<Command[]>(
    () => (may ? [{ id: 'add-relationship', group: 'Commands', name: 'Add a relationship', icon: Plus, run: () => add(true) }] : []),
    [may],
  )
  useCommands(commands)
  const approving = asked.kind === integrators
  return (
    <Panel
      title={approving ? 'Integrators' : 'Relationships'}
      note={approving && <span className="sub">approved for a time, without persons unless granted</span>}
      actions={
        may && (
          <Button look="primary" icon={approving ? ShieldPlus : Plus} onPress={() => add(true)}>
            {approving ? 'Approve an integrator' : 'Add a relationship'}
          </Button>
        )
      }
    >
      <div className="filters" role="search" aria-label="Find relationships">
        <span data-search>
          <SearchField label="Holder, person or target" value={asked.search} onChange={(search) => change({ search })} />
        </span>
        <Select
          label="Study"
          value={asked.study}
          choices={[any, ...me.studies.map(({ id }) => ({ id, label: id }))]}
          onChange={(study) => change({ study })}
        />
        <Select
          label="Kind"
          value={asked.kind}
          choices={[any, ...[...addedKinds, 'break-glass' as const].map((id) => ({ id, label: kindNames[id] }))]}
          onChange={(kind) => change({ kind })}
        />
        <Segments label="State" value={asked.state} choices={states} onChange={(state) => change({ state })} />
        <span className="end">
          <Button look="quiet" icon={ShieldPlus} aria-pressed={approving} onPress={() => change({ kind: approving ? '' : integrators })}>
            {approving ? 'Every kind' : 'Integrators'}
          </Button>
        </span>
      </div>
      <div aria-busy={found.isPlaceholderData}>
        {found.data === undefined ? (
          found.error ? (
            <Failure error={found.error} retry={() => void found.refetch()} />
          ) : (
            <SkeletonRows rows={8} />
          )
        ) : rows.length === 0 ? (
          <Nothing asked={asked} />
        ) : (
          <RelationshipsTable rows={rows} may={may} />
        )}
      </div>
      {found.hasNextPage && (
        <div className="list-more">
          <Button isDisabled={found.isFetchingNextPage} onPress={() => void found.fetchNextPage()}>
            Show more
          </Button>
          <span className="sub">{count(rows.length)} shown</span>
        </div>
      )}
      {adding && (
        <AddRelationshipDialog kind={addedKinds.find((each) => each === asked.kind)} study={asked.study} onClose={() => add(false)} />
      )}
    </Panel>
  )
}

function Nothing({ asked }: { asked: RelationshipsAsked }) {
  const narrowed = asked.search !== '' || asked.kind !== '' || asked.study !== ''
  return narrowed ? (
    <Empty icon={SearchX} title="No relationship fits">
      Look under Ended, too. What an account was given with its studies is not a relationship: see People.
    </Empty>
  ) : (
    <Empty icon={Waypoints} title="No relationship is recorded">
      Accounts with studies reach these. Anything narrower, such as one patient, one site or a ward, is a relationship.
    </Empty>
  )
}

/** The names that go with ids, as far as the role may know them. */
function useHolderNames(): (holder: string) => string | null {
  const people = usePeople(mayListPeople(useMe()))
  const names = new Map<string, string>()
  for (const { user, name, actor } of people.data ?? []) {
    names.set(`User/${user}`, name)
    if (actor !== null) names.set(actor, name)
  }
  return (holder) => names.get(holder) ?? null
}

// What is in force needs no word: the filter says it.
const badges: Record<Exclude<Holding, 'holds'>, { kind: BadgeKind; words: string }> = {
  ahead: { kind: 'proposed', words: 'Not begun' },
  over: { kind: 'expired', words: 'Over' },
  ended: { kind: 'withdrawn', words: 'Ended' },
}
const badgeWords = (each: RelationshipView, holding: Exclude<Holding, 'holds'>): string =>
  holding === 'ahead' ? badges.ahead.words : `${badges[holding].words} ${untilWords(each)}`

function RelationshipsTable({ rows, may }: { rows: readonly RelationshipView[]; may: boolean }) {
  const now = useNow()
  const nameOf = useHolderNames()
  const [ending, end] = useState<RelationshipView | null>(null)
  return (
    <div className="wide-table">
      <table className="table">
        <thead>
          <tr>
            <th>Holder</th>
            <th>Kind</th>
            <th>Leads to</th>
            <th>In</th>
            <th>From</th>
            <th>Until</th>
            <th>Given by</th>
            {may && (
              <th>
                <span className="visually-hidden">End</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((each) => {
            const holding = holdingOf(each, now)
            const name = nameOf(each.holder)
            return (
              <tr key={each.id}>
                <td>
                  <span className="row">
                    {name !== null && <span className="medium">{name}</span>}
                    <Reference of={each.holder} quiet={name !== null} />
                  </span>
                </td>
                <td>
                  <span className="row">
                    {kindNames[each.kind]}
                    {each.phi === true && <Badge kind="identified">Identified</Badge>}
                    {each.basis === 'non-competence' && <span className="sub">by finding</span>}
                  </span>
                </td>
                <td>
                  <Reference of={each.target} />
                </td>
                <td>{[each.study ?? 'every study', each.site].filter(Boolean).join(', ')}</td>
                <td className="ink-2 num">{day(each.from)}</td>
                <td className="ink-2 num">
                  {holding === 'holds' ? untilWords(each) : <Badge kind={badges[holding].kind}>{badgeWords(each, holding)}</Badge>}
                </td>
                <td className="ink-2">{each.grantedBy}</td>
                {may && (
                  <td className="act-cell">
                    {(holding === 'holds' || holding === 'ahead') && (
                      <button
                        type="button"
                        className="row-act"
                        onClick={() => end(each)}
                        aria-label={`End: ${each.holder} to ${each.target}`}
                      >
                        <Icon of={Unlink} />
                        End
                      </button>
                    )}
                  </td>
                )}
              </tr>
            )
          })}
        </tbody>
      </table>
      {ending && <EndRelationshipDialog relationship={ending} name={nameOf(ending.holder)} onClose={() => end(null)} />}
    </div>
  )
}

function untilWords({ kind, basis, to, ended }: RelationshipView): string {
  if (ended !== null) return day(ended)
  if (to !== null) return day(to)
  return kind === 'guardian' && basis !== 'non-competence' ? 'majority' : 'it is ended'
}
