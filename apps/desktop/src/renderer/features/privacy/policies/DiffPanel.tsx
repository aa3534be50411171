import { CircleCheck, Download, SearchX } from 'lucide-react'
import { useState } from 'react'
import type { MaskingPolicyDiff, MaskingPolicyList } from '@aquifer/core/contract'
import { useMaskingDiff, useMaskingPolicy } from '../../../api/masking-queries.js'
import { Button } from '../../../ui/Button.js'
import { SearchField, Select } from '../../../ui/fields.js'
import { plural } from '../../../ui/format.js'
import { Loaded } from '../../../ui/Loaded.js'
import { Panel } from '../../../ui/Panel.js'
import { Empty } from '../../../ui/states.js'
import { download } from '../../notebook/csv.js'
import { groupChanges } from './changes.js'
import { namedBy, policyChoices } from './versions.js'

/** Keys of the two policies, as a choice names them. */
export interface Compared {
  before: string
  after: string
}

/** What a policy treats differently from another, class by class and element by element. */
export function DiffPanel({ list, compared, compare }: { list: MaskingPolicyList; compared: Compared; compare(to: Compared): void }) {
  const diff = useMaskingDiff(namedBy(compared.before), namedBy(compared.after))
  const choices = policyChoices(list)
  return (
    <Panel
      title="Differences"
      note={
        <span className="row">
          <Select label="Policy" hidden value={compared.after} choices={choices} onChange={(after) => compare({ ...compared, after })} />
          <Select label="against" value={compared.before} choices={choices} onChange={(before) => compare({ ...compared, before })} />
        </span>
      }
      actions={<SaveText policy={compared.after} />}
    >
      <Loaded of={diff} rows={5}>
        {(found) => <Changes key={`${compared.before} ${compared.after}`} diff={found} />}
      </Loaded>
    </Panel>
  )
}

/** As it was written and signed; what is built in has no text of its own. */
function SaveText({ policy }: { policy: string }) {
  const named = namedBy(policy)
  const { data } = useMaskingPolicy('id' in named ? named.id : null)
  if (data === undefined) return null
  return (
    <Button icon={Download} onPress={() => download(`${data.name}-v${data.version}.json`, data.text, 'application/json')}>
      Text as JSON
    </Button>
  )
}

function Changes({ diff }: { diff: MaskingPolicyDiff }) {
  const [text, setText] = useState('')
  const groups = groupChanges(diff.changes, text)
  if (diff.changes.length === 0) {
    return (
      <Empty icon={CircleCheck} title="Both treat everything alike">
        {diff.before} and {diff.after} differ in name at most.
      </Empty>
    )
  }
  return (
    <>
      <div className="filters">
        <span data-search>
          <SearchField label="Find a class, element or treatment" value={text} onChange={setText} />
        </span>
        <span className="sub num" role="status">
          {plural(diff.changes.length, 'change')} from {diff.before} to {diff.after}
        </span>
      </div>
      {groups.length === 0 ? (
        <Empty icon={SearchX} title="No change fits" actions={<Button onPress={() => setText('')}>Show all changes</Button>} />
      ) : (
        <ChangesTable before={diff.before} after={diff.after} groups={groups} />
      )}
    </>
  )
}

export function ChangesTable({ before, after, groups }: { before: string; after: string; groups: ReturnType<typeof groupChanges> }) {
  return (
    <div className="privacy-scroll" tabIndex={0} role="region" aria-label="Changes">
      <table className="table changes-table">
        <thead>
          <tr>
            <th scope="col">Where</th>
            <th scope="col">{before}</th>
            <th scope="col">{after}</th>
          </tr>
        </thead>
        {groups.map(({ name, changes }) => (
          <tbody key={name}>
            <tr className="group-row">
              <th colSpan={3} scope="rowgroup">
                {name} <span className="sub num">{changes.length}</span>
              </th>
            </tr>
            {changes.map(({ where, from, to }, at) => (
              <tr key={`${where} ${at}`}>
                <td className="mono">{where}</td>
                <td>
                  <Said text={from} />
                </td>
                <td>
                  <Said text={to} isNew />
                </td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  )
}

/** A treatment, or a rule as JSON; where nothing stands, it is said. */
function Said({ text, isNew = false }: { text: string | null; isNew?: boolean }) {
  if (text === null) return <span className="ink-3">not named</span>
  return (
    <span className={isNew ? 'mono said new' : 'mono said'} title={text}>
      {text}
    </span>
  )
}
