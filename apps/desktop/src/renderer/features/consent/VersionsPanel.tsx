import { FileText, RotateCcw } from 'lucide-react'
import type { StudyView, VersionMatrix } from '@aquifer/core/contract'
import { useVersions } from '../../api/consent-queries.js'
import { count, day } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'

interface Line {
  type: string
  version: string | null
  note: string
  due: number
}

/** Who consented under which form, by site; amber only where somebody has to be asked again. */
export function VersionsPanel({ study }: { study: StudyView }) {
  const versions = useVersions(study.id)
  const { data } = versions
  return (
    <Panel title="Form versions" note={<span className="sub">people with this version active</span>}>
      {data === undefined ? (
        versions.error ? (
          <Failure error={versions.error} retry={() => void versions.refetch()} />
        ) : (
          <SkeletonRows />
        )
      ) : data.cells.length === 0 ? (
        <Empty icon={FileText} title="No active consent yet">
          Forms are part of the study’s settings; consents appear under the version they name.
        </Empty>
      ) : (
        <Matrix matrix={data} />
      )}
    </Panel>
  )
}

function Matrix({ matrix }: { matrix: VersionMatrix }) {
  const sites = [...new Set(matrix.cells.map(({ site }) => site))]
  const people = (line: Line, site: string | null) =>
    matrix.cells.find((cell) => cell.site === site && cell.type === line.type && cell.version === line.version)
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">Form</th>
          <th scope="col">Version</th>
          {sites.map((site) => (
            <th key={site ?? ''} scope="col" className="n">
              {site ?? 'No site'}
            </th>
          ))}
          <th scope="col" className="n">
            All
          </th>
        </tr>
      </thead>
      <tbody>
        {linesOf(matrix).map((line) => (
          <tr key={`${line.type} ${line.version ?? ''}`}>
            <td>{line.type}</td>
            <td>
              <span className="row" style={{ gap: 6 }}>
                {line.version ?? 'not said'} <span className="sub">{line.note}</span>
                {line.due > 0 && (
                  <span className="badge warn">
                    <Icon of={RotateCcw} size={12} />
                    ask {count(line.due)} again
                  </span>
                )}
              </span>
            </td>
            {sites.map((site) => {
              const cell = people(line, site)
              return (
                <td key={site ?? ''} className={cell && cell.due > 0 ? 'n ask-again' : 'n'}>
                  {count(cell?.people ?? 0)}
                </td>
              )
            })}
            <td className="n strong">{count(sites.reduce((sum, site) => sum + (people(line, site)?.people ?? 0), 0))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function linesOf({ versions, cells }: VersionMatrix): Line[] {
  const lines = new Map<string, Line>()
  for (const { type, version, approved, reconsentBy } of versions.toReversed()) {
    const note = `approved ${day(approved)}${reconsentBy === null ? '' : `, anew by ${day(reconsentBy)}`}`
    if (!lines.has(`${type} ${version}`)) lines.set(`${type} ${version}`, { type, version, note, due: 0 })
  }
  for (const { type, version, due } of cells) {
    const key = `${type} ${version ?? ''}`
    const line = lines.get(key) ?? { type, version, note: '', due: 0 }
    line.due += due
    lines.set(key, line)
  }
  return [...lines.values()].sort((a, b) => a.type.localeCompare(b.type))
}
