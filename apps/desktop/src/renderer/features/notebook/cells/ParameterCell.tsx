import { useState } from 'react'
import type { NotebookParameter } from '@aquifer/core/contract'
import { Tag } from '../../../ui/Badge.js'
import { Select } from '../../../ui/fields.js'
import { plural } from '../../../ui/format.js'
import type { Cell } from '../model.js'
import { emptyParameter, listOf, parameterTypes } from '../parameters.js'
import { dependants } from '../references.js'
import { useNotebook } from '../useNotebook.js'
import { CellFrame, CellMenu } from './CellFrame.js'
import { CellName } from './CellName.js'
import { DayInput } from './DayInput.js'

/** One line: a name, a type, a value. Cells read it as `$name`; the value is bound and never becomes part of the SQL. */
export function ParameterCell({ cell, at }: { cell: Cell; at: number }) {
  const { notebook, actions } = useNotebook()
  const parameter = cell.parameter ?? emptyParameter('text')
  const set = (next: NotebookParameter) => actions.set(cell.id, { parameter: next })
  const readers = dependants(notebook.page.cells, cell.name).length
  return (
    <CellFrame cell={cell} at={at} label={`Parameter cell ${cell.name}`}>
      <div className="cell-head parameter-cell">
        <span className="parameter-mark mono" aria-hidden>
          $
        </span>
        <CellName cell={cell} />
        {notebook.selected === cell.id ? (
          <Select label="Type" value={parameter.type} choices={[...parameterTypes]} onChange={(type) => set(emptyParameter(type))} />
        ) : (
          <Tag>{parameterTypes.find(({ id }) => id === parameter.type)?.label ?? parameter.type}</Tag>
        )}
        <Value name={cell.name} parameter={parameter} onChange={set} />
        <span className="row end" style={{ gap: 6 }}>
          <Tag>{readers === 0 ? 'read by no cell yet' : `read by ${plural(readers, 'cell')}`}</Tag>
          <CellMenu cell={cell} at={at} />
        </span>
      </div>
    </CellFrame>
  )
}

interface ValueProps {
  name: string
  parameter: NotebookParameter
  onChange(parameter: NotebookParameter): void
}

function Value({ name, parameter, onChange }: ValueProps) {
  const label = `Value of ${name}`
  switch (parameter.type) {
    case 'date':
      return <DayInput label={label} value={parameter.value} onChange={(value) => onChange({ type: 'date', value: value ?? null })} />
    case 'number':
      return (
        <input
          type="number"
          step="any"
          aria-label={label}
          className="parameter-field num"
          value={parameter.value ?? ''}
          onChange={(event) =>
            onChange({ type: 'number', value: Number.isFinite(event.target.valueAsNumber) ? event.target.valueAsNumber : null })
          }
        />
      )
    case 'text':
      return (
        <input
          aria-label={label}
          className="parameter-field wide"
          value={parameter.value}
          maxLength={500}
          onChange={(event) => onChange({ type: 'text', value: event.target.value })}
        />
      )
    case 'choice':
      return (
        <>
          <Select
            label={label}
            value={parameter.value || undefined}
            choices={parameter.choices.map((choice) => ({ id: choice, label: choice }))}
            onChange={(value) => onChange({ ...parameter, value })}
            placeholder="choose"
          />
          <ListField
            label={`Choices of ${name}`}
            values={parameter.choices}
            placeholder="choices: red, green"
            onChange={(choices) => onChange(chosen(parameter.value, choices))}
          />
        </>
      )
    case 'codes':
      return (
        <ListField
          label={label}
          values={parameter.value}
          placeholder="38341003, 59621000"
          onChange={(value) => onChange({ type: 'codes', value })}
        />
      )
  }
}

const chosen = (value: string, choices: string[]): NotebookParameter => ({
  type: 'choice',
  choices,
  value: choices.includes(value) ? value : (choices[0] ?? ''),
})

/** Between commas or lines; read when the field is left, so that a comma can be typed. */
function ListField({
  label,
  values,
  placeholder,
  onChange,
}: {
  label: string
  values: string[]
  placeholder: string
  onChange(values: string[]): void
}) {
  const [draft, setDraft] = useState<string | null>(null)
  const keep = () => {
    if (draft !== null) onChange(listOf(draft))
    setDraft(null)
  }
  return (
    <input
      aria-label={label}
      className="parameter-field wide mono"
      placeholder={placeholder}
      value={draft ?? values.join(', ')}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={keep}
      onKeyDown={(event) => event.key === 'Enter' && keep()}
    />
  )
}
