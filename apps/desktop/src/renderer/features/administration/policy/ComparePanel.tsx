import { CircleCheck, Download, SearchX } from 'lucide-react'
import { useState } from 'react'
import { roles, type RolePolicyDocument } from '@aquifer/core/access'
import type { RolePolicyList } from '@aquifer/core/contract'
import { usePolicyVersion } from '../../../api/access-queries.js'
import { roleNames } from '../../../api/roles.js'
import { Button } from '../../../ui/Button.js'
import { SearchField, Segments, Select } from '../../../ui/fields.js'
import { plural } from '../../../ui/format.js'
import { Panel } from '../../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../../ui/states.js'
import { download } from '../../notebook/csv.js'
import { groups, matrixOf, type Cell, type Group, type MatrixRow } from './matrix.js'

/** A version, and the one it is held against; null: by itself. */
export interface Comparison {
  version: number
  against: number | null
}
const groupNames: Record<Group, string> = { rights: 'Rights', read: 'Reads in FHIR', write: 'Writes in FHIR' }
const nameOf = (version: number, { inForce }: RolePolicyList): string =>
  `${version === 0 ? 'Built-in' : `Version ${version}`}${version === inForce ? ', in force' : ''}`

/** Roles across, rights down; what a version gives and takes stands out. */
export function ComparePanel({ list, compared, compare }: { list: RolePolicyList; compared: Comparison; compare(to: Comparison): void }) {
  const policy = usePolicyVersion(compared.version)
  const before = usePolicyVersion(compared.against ?? compared.version)
  const choices = [...list.versions.map(({ version }) => version), 0].map((id) => ({ id: String(id), label: nameOf(id, list) }))
  const error = policy.error ?? before.error
  return (
    <Panel
      title="Who may do what"
      note={
        <span className="row">
          <Select
            label="Version"
            hidden
            value={String(compared.version)}
            choices={choices}
            onChange={(id) => compare({ ...compared, version: Number(id) })}
          />
          <Select
            label="against"
            value={compared.against === null ? '' : String(compared.against)}
            choices={[{ id: '', label: 'nothing' }, ...choices]}
            onChange={(id) => compare({ ...compared, against: id === '' ? null : Number(id) })}
          />
        </span>
      }
      actions={policy.data && <SaveDocument document={policy.data.document} version={compared.version} />}
    >
      {error ? (
        <Failure error={error} retry={() => void Promise.all([policy.refetch(), before.refetch()])} />
      ) : policy.data === undefined || before.data === undefined ? (
        <SkeletonRows rows={10} />
      ) : (
        <Matrix
          key={`${compared.version} ${compared.against}`}
          rows={matrixOf(policy.data.document, compared.against === null ? null : before.data.document)}
          isCompared={compared.against !== null}
        />
      )}
    </Panel>
  )
}

function SaveDocument({ document, version }: { document: RolePolicyDocument; version: number }) {
  return (
    <Button
      icon={Download}
      onPress={() => download(`role-policy-${version}.json`, `${JSON.stringify(document, null, 2)}\n`, 'application/json')}
    >
      Document as JSON
    </Button>
  )
}

function Matrix({ rows, isCompared }: { rows: readonly MatrixRow[]; isCompared: boolean }) {
  const changed = rows.filter(({ changes }) => changes)
  const [which, show] = useState<'changes' | 'all'>(isCompared ? 'changes' : 'all')
  const [text, setText] = useState('')
  const asked = text.trim().toLowerCase()
  const shown = (which === 'changes' ? changed : rows).filter(({ item }) => item.toLowerCase().includes(asked))
  return (
    <>
      <div className="filters">
        <span data-search>
          <SearchField label="Find a right or a kind of data" value={text} onChange={setText} />
        </span>
        {isCompared && (
          <Segments
            label="Rows"
            value={which}
            choices={[
              { id: 'changes', label: `Changes ${changed.length}` },
              { id: 'all', label: 'Everything' },
            ]}
            onChange={show}
          />
        )}
        {isCompared && (
          <span className="legend end">
            <span>
              <Mark cell="granted" /> given
            </span>
            <span>
              <Mark cell="taken" /> taken
            </span>
            <span>
              <Mark cell="held" /> as before
            </span>
          </span>
        )}
      </div>
      {shown.length === 0 ? (
        which === 'changes' && asked === '' ? (
          <Empty icon={CircleCheck} title="Both say the same" />
        ) : (
          <Empty icon={SearchX} title="No row fits" actions={<Button onPress={() => setText('')}>Show all rows</Button>} />
        )
      ) : (
        <MatrixTable rows={shown} />
      )}
    </>
  )
}

function MatrixTable({ rows }: { rows: readonly MatrixRow[] }) {
  return (
    <div className="matrix-scroll" tabIndex={0} role="region" aria-label="Roles and rights">
      <table className="table matrix">
        <thead>
          <tr>
            <td>
              <span className="visually-hidden">Right</span>
            </td>
            {roles.map((role) => (
              <th key={role} scope="col">
                <span>{roleNames[role]}</span>
              </th>
            ))}
          </tr>
        </thead>
        {groups.map((group) => {
          const members = rows.filter((row) => row.group === group)
          return members.length === 0 ? null : (
            <tbody key={group}>
              <tr className="matrix-group">
                <th colSpan={roles.length + 1} scope="rowgroup">
                  {groupNames[group]} <span className="sub">{plural(members.length, 'row')}</span>
                </th>
              </tr>
              {members.map((row) => (
                <Row key={row.item} row={row} />
              ))}
            </tbody>
          )
        })}
      </table>
    </div>
  )
}

function Row({ row }: { row: MatrixRow }) {
  const nobody = row.cells.every((cell) => cell === 'none' || cell === 'taken')
  return (
    <tr>
      <th scope="row" className="mono">
        {row.item}
        {nobody && <span className="badge plain warn">nobody</span>}
      </th>
      {row.cells.map((cell, at) => (
        <td key={roles[at]} className={cell} aria-label={cellWords[cell]}>
          <Mark cell={cell} />
        </td>
      ))}
    </tr>
  )
}

const cellWords: Record<Cell, string> = { held: 'yes', granted: 'given', taken: 'taken', none: 'no' }
/** Shape and colour: a plus came, a minus went, a dot stayed. */
function Mark({ cell }: { cell: Cell }) {
  return cell === 'none' ? null : (
    <span className={`mark ${cell}`} aria-hidden>
      {cell === 'granted' ? '+' : cell === 'taken' ? '−' : ''}
    </span>
  )
}
