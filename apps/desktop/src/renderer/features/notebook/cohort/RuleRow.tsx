import { Plus, Search, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { usualOfCodes, type Amount } from '@aquifer/core/cohort'
import type { CohortCount, CohortLeaf } from '@aquifer/core/contract'
import { Button, IconButton } from '../../../ui/Button.js'
import { Select } from '../../../ui/fields.js'
import { DayInput } from '../cells/DayInput.js'
import { CodePicker } from './CodePicker.js'
import { codesOf, codesText, isCoded, newLeaf, tableOf, type Coded, type LeafKind, type Rule } from './criteria.js'

const kinds = [
  { id: 'condition', label: 'condition' },
  { id: 'medication', label: 'medication' },
  { id: 'procedure', label: 'procedure' },
  { id: 'observation', label: 'observation' },
  { id: 'age', label: 'of age' },
  { id: 'sex', label: 'of sex' },
] as const
const signs = { have: ['has', 'has not'], be: ['is', 'is not'] } as const
const signsOf = ({ is }: CohortLeaf) => {
  const [yes, no] = signs[is === 'age' || is === 'sex' ? 'be' : 'have']
  return [
    { id: 'has' as const, label: yes },
    { id: 'not' as const, label: no },
  ]
}
const comparisons = ['<', '<=', '=', '>=', '>'].map((sign) => ({ id: sign as '<' | '<=' | '=' | '>=' | '>', label: sign }))
const sexes = ['female', 'male', 'other', 'unknown'] as const

const today = () => new Date().toISOString().slice(0, 10)

interface Props {
  rule: Rule
  at: number
  /** What the study calls the codes. */
  names: CohortCount['names']
  onChange(rule: Rule): void
  onRemove(): void
}

export function RuleRow({ rule, at, names, onChange, onRemove }: Props) {
  const put = (index: number, leaf: CohortLeaf) => onChange({ ...rule, any: rule.any.map((old, place) => (place === index ? leaf : old)) })
  const drop = (index: number) =>
    rule.any.length === 1 ? onRemove() : onChange({ ...rule, any: rule.any.filter((_, place) => place !== index) })
  return (
    <li className="rule" aria-label={`Rule ${at + 1}`}>
      {rule.any.map((leaf, index) => (
        <div key={index} className="rule-line">
          {index === 0 ? (
            <Select
              label={`Rule ${at + 1}: whether it holds`}
              hidden
              value={rule.not ? 'not' : 'has'}
              choices={signsOf(leaf)}
              onChange={(sign) => onChange({ ...rule, not: sign === 'not' })}
            />
          ) : (
            <span className="rule-or sub">or</span>
          )}
          <Select
            label={`Rule ${at + 1}: of what`}
            hidden
            value={leaf.is}
            choices={[...kinds]}
            onChange={(is: LeafKind) => put(index, newLeaf(is, today()))}
          />
          <LeafFields leaf={leaf} names={names} onChange={(next) => put(index, next)} />
          <span className="row end">
            {index === rule.any.length - 1 && (
              <Button look="quiet" icon={Plus} onPress={() => onChange({ ...rule, any: [...rule.any, newLeaf(leaf.is, today())] })}>
                Or
              </Button>
            )}
            <IconButton label={`Remove ${leaf.is}`} icon={Trash2} size={14} onPress={() => drop(index)} />
          </span>
        </div>
      ))}
    </li>
  )
}

interface LeafProps<Leaf extends CohortLeaf> {
  leaf: Leaf
  names: CohortCount['names']
  onChange(leaf: CohortLeaf): void
}

function LeafFields({ leaf, names, onChange }: LeafProps<CohortLeaf>) {
  if (leaf.is === 'age')
    return (
      <>
        <NumberField label="from" value={leaf.min} onChange={(min) => onChange({ ...leaf, min })} />
        <NumberField label="to" value={leaf.max} onChange={(max) => onChange({ ...leaf, max })} />
        <DayField label="on" value={leaf.on} onChange={(on) => onChange({ ...leaf, on: on ?? today() })} />
      </>
    )
  if (leaf.is === 'sex') {
    const toggle = (sex: (typeof sexes)[number]) => {
      const next = leaf.in.includes(sex) ? leaf.in.filter((other) => other !== sex) : [...leaf.in, sex]
      if (next.length > 0) onChange({ ...leaf, in: next })
    }
    return (
      <span className="row" style={{ gap: 10 }}>
        {sexes.map((sex) => (
          <label key={sex} className="row" style={{ gap: 4 }}>
            <input type="checkbox" checked={leaf.in.includes(sex)} onChange={() => toggle(sex)} />
            {sex}
          </label>
        ))}
      </span>
    )
  }
  return isCoded(leaf) ? <CodedFields leaf={leaf} names={names} onChange={onChange} /> : null
}

function CodedFields({ leaf, names, onChange }: LeafProps<Coded>) {
  const [picking, pick] = useState(false)
  const [draft, setDraft] = useState<string | null>(null)
  const keep = () => {
    if (draft !== null) onChange({ ...leaf, of: codesOf(draft) })
    setDraft(null)
  }
  const { from, to } = leaf.window ?? {}
  const between = (part: { from?: string | undefined; to?: string | undefined }) => {
    const window = Object.fromEntries(Object.entries({ from, to, ...part }).filter(([, day]) => day))
    onChange({ ...leaf, window: Object.keys(window).length > 0 ? window : undefined })
  }
  return (
    <>
      <input
        aria-label={`Codes of ${leaf.is}`}
        className="parameter-field wide mono"
        placeholder="codes, or list: name"
        value={draft ?? codesText(leaf.of)}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => event.key === 'Enter' && keep()}
      />
      <IconButton label={`Pick codes of ${leaf.is}`} icon={Search} size={14} aria-pressed={picking} onPress={() => pick(!picking)} />
      <CodeNames leaf={leaf} names={names} />
      {leaf.is === 'observation' && <ValueFields leaf={leaf} onChange={onChange} />}
      <DayField label="from" value={from} onChange={(day) => between({ from: day })} />
      <DayField label="to" value={to} onChange={(day) => between({ to: day })} />
      {picking && (
        <CodePicker
          table={tableOf[leaf.is]}
          chosen={'codes' in leaf.of ? leaf.of.codes : []}
          onChange={(codes) => onChange({ ...leaf, of: { codes } })}
          onClose={() => pick(false)}
        />
      )}
    </>
  )
}

/** A code says nothing to most readers: what it is called stands beside the field. */
function CodeNames({ leaf, names }: Pick<LeafProps<Coded>, 'leaf' | 'names'>) {
  if (!('codes' in leaf.of)) return null
  const { codes } = leaf.of
  const called = names.filter(({ is, code }) => is === leaf.is && codes.includes(code)).map(({ name }) => name)
  const text = called.join(', ')
  return text === '' ? null : (
    <span className="rule-names cut" title={text}>
      {text}
    </span>
  )
}

function ValueFields({ leaf, onChange }: { leaf: Extract<CohortLeaf, { is: 'observation' }>; onChange(leaf: CohortLeaf): void }) {
  const { value } = leaf
  return (
    <>
      <Select
        label="Value compared"
        hidden
        value={value?.comparison}
        choices={comparisons}
        placeholder="any value"
        onChange={(comparison) => onChange({ ...leaf, value: { number: 0, ...value, comparison } })}
      />
      {value && (
        <>
          <NumberField
            label="value"
            value={value.number}
            onChange={(number) => onChange({ ...leaf, value: number === undefined ? undefined : { ...value, number } })}
          />
          <UnitField leaf={{ ...leaf, value }} onChange={onChange} />
        </>
      )}
    </>
  )
}

/** Empty is the usual unit of the codes, which stands there in grey. */
function UnitField({ leaf, onChange }: { leaf: Amount; onChange(leaf: CohortLeaf): void }) {
  const usual = usualOfCodes(leaf.of)?.unit ?? ('list' in leaf.of ? 'usual unit' : 'any unit')
  const put = (text: string) => {
    const { unit: _unit, ...rest } = leaf.value
    onChange({ ...leaf, value: text.trim() === '' ? rest : { ...rest, unit: text } })
  }
  return (
    <label className="row" style={{ gap: 4 }}>
      <span className="sub">in</span>
      <input
        aria-label="unit"
        className="parameter-field rule-number mono"
        maxLength={40}
        placeholder={usual}
        value={leaf.value.unit ?? ''}
        onChange={(event) => put(event.target.value)}
        onBlur={(event) => put(event.target.value.trim())}
      />
    </label>
  )
}

function NumberField({ label, value, onChange }: { label: string; value: number | undefined; onChange(value: number | undefined): void }) {
  return (
    <label className="row" style={{ gap: 4 }}>
      <span className="sub">{label}</span>
      <input
        type="number"
        className="parameter-field num rule-number"
        value={value ?? ''}
        onChange={(event) => onChange(Number.isFinite(event.target.valueAsNumber) ? event.target.valueAsNumber : undefined)}
      />
    </label>
  )
}

function DayField({ label, value, onChange }: { label: string; value: string | undefined; onChange(day: string | undefined): void }) {
  return (
    <label className="row" style={{ gap: 4 }}>
      <span className="sub">{label}</span>
      <DayInput label={label} value={value} onChange={onChange} />
    </label>
  )
}
