import { Pin, PinOff } from 'lucide-react'
import { useState } from 'react'
import type { StatementHistoryRow } from '@aquifer/core/contract'
import { IconButton } from '../../../ui/Button.js'
import { SearchField, Select } from '../../../ui/fields.js'
import { lately, plural, span } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Failure, SkeletonRows } from '../../../ui/states.js'
import { useNow } from '../../../ui/use-now.js'
import { useSettled } from '../../../ui/use-settled.js'
import { outcomes } from '../../home/outcomes.js'
import { heartOf } from './heart.js'
import { HistoryDetail } from './HistoryDetail.js'
import { most, useHistory, usePin, type Sought } from './history.js'

const choices: { id: Sought['state']; label: string }[] = [
  { id: 'all', label: 'Every outcome' },
  { id: 'done', label: 'Done' },
  { id: 'failed', label: 'Failed' },
  { id: 'cancelled', label: 'Stopped' },
]
const places: { id: 'all' | 'pinned'; label: string }[] = [
  { id: 'all', label: 'All questions' },
  { id: 'pinned', label: 'Pinned' },
]

/** The caller's own statements, pinned ones first: found by their words, opened again with their rows, two of them compared. */
export function HistoryPart({ study }: { study: string }) {
  const [sought, seek] = useState<Sought>({ text: '', state: 'all', pinned: false })
  const history = useHistory(study, { ...sought, text: useSettled(sought.text) })
  const [chosen, choose] = useState<StatementHistoryRow | null>(null)
  // The other run of a comparison: `choosing` until one is taken from the list.
  const [other, setOther] = useState<StatementHistoryRow | 'choosing' | null>(null)
  const rows = history.data?.rows ?? []
  const shown = rows.find(({ id }) => id === chosen?.id) ?? chosen
  const narrowed = sought.text !== '' || sought.state !== 'all' || sought.pinned
  const take = (row: StatementHistoryRow) => {
    if (other === 'choosing') return row.id === chosen?.id ? undefined : setOther(row)
    setOther(null)
    choose(row.id === chosen?.id ? null : row)
  }
  return (
    <div className="history">
      <div className="history-list">
        <div className="bottom-filter">
          <SearchField label="Find a question by its words" value={sought.text} onChange={(text) => seek({ ...sought, text })} />
          <Select label="Outcome" hidden value={sought.state} onChange={(state) => seek({ ...sought, state })} choices={choices} />
          <Select
            label="Which"
            hidden
            value={sought.pinned ? 'pinned' : 'all'}
            onChange={(which) => seek({ ...sought, pinned: which === 'pinned' })}
            choices={places}
          />
          <span className="sub end num" role="status">
            {history.data === undefined ? '' : rows.length === most ? `the newest ${most}` : plural(rows.length, 'question')}
          </span>
        </div>
        {history.error && <Failure error={history.error} retry={() => void history.refetch()} />}
        {history.data === undefined && !history.error && <SkeletonRows />}
        {history.data !== undefined && rows.length === 0 && (
          <p className="side-none sub">
            {narrowed ? 'No question is like that.' : 'No question yet: each statement you run is listed here.'}
          </p>
        )}
        <ul className="history-rows">
          {rows.map((row) => (
            <Row
              key={row.id}
              row={row}
              study={study}
              short={shown !== null}
              current={
                row.id === shown?.id ? 'true' : other !== null && other !== 'choosing' && row.id === other.id ? 'location' : undefined
              }
              onTake={() => take(row)}
            />
          ))}
        </ul>
      </div>
      {shown !== null && (
        <HistoryDetail
          key={shown.id}
          study={study}
          row={shown}
          other={other}
          onCompare={(asked) => setOther(asked ? 'choosing' : null)}
          onClose={() => {
            choose(null)
            setOther(null)
          }}
        />
      )}
    </div>
  )
}

interface RowProps {
  row: StatementHistoryRow
  study: string
  /** Beside a detail there is no room for the figures. */
  short: boolean
  current: 'true' | 'location' | undefined
  onTake(): void
}

function Row({ row, study, short, current, onTake }: RowProps) {
  const now = useNow()
  const pin = usePin(study)
  const outcome = outcomes[row.state]
  return (
    <li className="history-row" data-current={current}>
      <IconButton
        label={row.pinned ? 'Unpin this question' : 'Pin this question'}
        icon={row.pinned ? PinOff : Pin}
        size={14}
        className={row.pinned ? 'history-pin on' : 'history-pin'}
        onPress={() => pin(row)}
      />
      <button type="button" className="bottom-row" aria-current={current} title={row.problem ?? row.sql} onClick={onTake}>
        <Icon of={outcome.icon} className={outcome.tone} />
        <span className="visually-hidden">{outcome.word}</span>
        <span className="grow cut mono">{heartOf(row.sql)}</span>
        {!short && <span className="small ink-2 cut bottom-figure">{row.purpose}</span>}
        {!short && <span className="small ink-2 num bottom-figure">{row.rows === null ? '' : plural(row.rows, 'row')}</span>}
        {!short && <span className="small ink-3 num bottom-figure">{row.elapsedMs === null ? '' : span(row.elapsedMs)}</span>}
        <span className="small ink-3 num bottom-when">{lately(row.submittedAt, now)}</span>
      </button>
    </li>
  )
}
