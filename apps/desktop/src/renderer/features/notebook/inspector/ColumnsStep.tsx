import { Columns3 } from 'lucide-react'
import { useStatementLineage } from '../../../api/catalogue-queries.js'
import { Step } from './Step.js'

const columnsMax = 14

/** What each column of the result is had from, through named results and figures, as the server reads the statement that ran. */
export function ColumnsStep({ statement }: { statement: string | null }) {
  const { data } = useStatementLineage(statement)
  if (data === undefined || data.columns.length === 0) return null
  const { columns } = data
  return (
    <Step icon={Columns3} title="Columns of the result">
      <dl className="masking-list lineage-columns">
        {columns.slice(0, columnsMax).map(({ name, from }, at) => (
          <div key={`${at} ${name}`}>
            <dt className="mono cut">{name}</dt>
            <dd>
              {from.length === 0
                ? 'of no column'
                : from.map(({ table, column, paths, masking }) => (
                    <span key={`${table}.${column}`} className="cut" title={`${paths.join(', ')} · ${masking}`}>
                      {table}.{column}
                      {paths.length > 0 && ` ← ${paths.join(', ')}`}
                      {masking !== '' && ` · ${masking}`}
                    </span>
                  ))}
            </dd>
          </div>
        ))}
      </dl>
      {columns.length > columnsMax && <p>and {columns.length - columnsMax} more</p>}
    </Step>
  )
}
