import { Check, CircleMinus, Pencil, RefreshCw, SearchX, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import type { MaskingPolicyList, MaskingTrace, StudyView } from '@aquifer/core/contract'
import { useMaskingPolicies, useMaskingTrace } from '../../../api/masking-queries.js'
import { Button } from '../../../ui/Button.js'
import { SearchField, Segments, Select } from '../../../ui/fields.js'
import { plural } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Loaded } from '../../../ui/Loaded.js'
import { Panel } from '../../../ui/Panel.js'
import { Empty } from '../../../ui/states.js'
import { LoadedPanel } from '../LoadedPanel.js'
import { inForceOf, isWaiting, keyOf, namedBy, policyChoices } from '../policies/versions.js'
import { countOutcomes, elementsOf, exampleTypes, type ElementTrace, type Outcome } from './steps.js'

/** What a policy does to one made resource, element by element. */
export function TracePart({ study }: { study: StudyView }) {
  const policies = useMaskingPolicies(study.id)
  return (
    <LoadedPanel of={policies} rows={10}>
      {(list) => <Trace list={list} />}
    </LoadedPanel>
  )
}

type Type = (typeof exampleTypes)[number]

function Trace({ list }: { list: MaskingPolicyList }) {
  const first = list.versions.find(isWaiting)
  const inForce = inForceOf(list)
  const [policy, setPolicy] = useState(() =>
    first !== undefined ? keyOf({ id: first.id }) : inForce === null ? (list.builtIn[0]?.name ?? '') : keyOf(inForce),
  )
  const [type, setType] = useState<Type>('Patient')
  const [example, setExample] = useState(1)
  const trace = useMaskingTrace({ policy: namedBy(policy), type, seed: `example ${example}` })
  return (
    <Panel
      title="Trace"
      note={<span className="sub">of a made example, never of anybody’s record</span>}
      actions={
        <Button icon={RefreshCw} onPress={() => setExample(example + 1)}>
          Another example
        </Button>
      }
    >
      <div className="filters">
        <Select label="Policy" value={policy} choices={policyChoices(list)} onChange={setPolicy} />
        <Select label="Type" value={type} choices={exampleTypes.map((id) => ({ id, label: id }))} onChange={setType} />
      </div>
      <Loaded of={trace} rows={12}>
        {(found) => <Steps key={`${found.policy} ${found.type}`} trace={found} isStale={trace.isPlaceholderData} />}
      </Loaded>
    </Panel>
  )
}

function Steps({ trace, isStale }: { trace: MaskingTrace; isStale: boolean }) {
  const [outcome, setOutcome] = useState<Outcome | 'all'>('all')
  const [text, setText] = useState('')
  const elements = elementsOf(trace)
  const counts = countOutcomes(elements)
  const word = text.trim().toLowerCase()
  const shown = elements.filter(
    (step) =>
      (outcome === 'all' || step.outcome === outcome) &&
      [step.path, step.phiClass, step.treatment, step.method, step.rule].some((each) => each?.toLowerCase().includes(word) === true),
  )
  return (
    <div aria-busy={isStale}>
      {trace.held !== null && (
        <p className="notice warn" role="status">
          <Icon of={TriangleAlert} />
          Held back as a whole: {trace.held}. Nothing of it would be published.
        </p>
      )}
      <div className="filters">
        <Segments
          label="Outcome"
          value={outcome}
          choices={[
            { id: 'all', label: `All ${elements.length}` },
            { id: 'kept', label: `Kept ${counts.kept}` },
            { id: 'changed', label: `Changed ${counts.changed}` },
            { id: 'removed', label: `Removed ${counts.removed}` },
          ]}
          onChange={setOutcome}
        />
        <span data-search>
          <SearchField label="Find an element, class or method" value={text} onChange={setText} />
        </span>
        <span className="sub num end" role="status">
          {plural(shown.length, 'element')} of {trace.type} under {trace.policy}
        </span>
      </div>
      {shown.length === 0 ? (
        <Empty
          icon={SearchX}
          title="No element fits"
          actions={
            <Button
              onPress={() => {
                setText('')
                setOutcome('all')
              }}
            >
              Show all elements
            </Button>
          }
        />
      ) : (
        <StepsTable steps={shown} type={trace.type} />
      )}
      {trace.masked !== undefined && trace.masked !== null && (
        <details className="masked-json">
          <summary>What is left of the example, as JSON</summary>
          <pre className="mono" tabIndex={0} aria-label="Masked example">
            {JSON.stringify(trace.masked, null, 2)}
          </pre>
        </details>
      )}
    </div>
  )
}

function StepsTable({ steps, type }: { steps: readonly ElementTrace[]; type: string }) {
  return (
    <div className="privacy-scroll" tabIndex={0} role="region" aria-label="Elements">
      <table className="table steps-table">
        <thead>
          <tr>
            <th scope="col">Element</th>
            <th scope="col">Class</th>
            <th scope="col">Treatment</th>
            <th scope="col">Outcome</th>
            <th scope="col">In the example</th>
          </tr>
        </thead>
        <tbody>
          {steps.map((step) => (
            <tr key={[step.path, step.outcome, step.treatment, step.method].join(' ')}>
              <td className="mono">
                <span className="ink-3">{type}.</span>
                {step.path}
                {step.times > 1 && <span className="sub num"> ×{step.times}</span>}
              </td>
              <td>{step.phiClass ?? <span className="ink-3">none</span>}</td>
              <td>
                <Treatment step={step} />
              </td>
              <td>
                <OutcomeMark outcome={step.outcome} />
              </td>
              <td className="cut example-value" title={step.value}>
                {step.value ?? ''}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** A rule of the policy goes before the treatment of the class. */
function Treatment({ step: { treatment, method, rule } }: { step: ElementTrace }) {
  if (method === null) return treatment ?? <span className="ink-3">structure</span>
  return (
    <>
      {method} {rule !== null && <span className="sub">by {rule}</span>}
    </>
  )
}

const outcomes = {
  kept: { icon: Check, tone: 'info', word: 'Kept' },
  changed: { icon: Pencil, tone: 'masked', word: 'Changed' },
  removed: { icon: CircleMinus, tone: 'idle', word: 'Removed' },
} as const

function OutcomeMark({ outcome }: { outcome: Outcome }) {
  const { icon, tone, word } = outcomes[outcome]
  return (
    <span className={`badge ${tone}`}>
      <Icon of={icon} size={12} />
      {word}
    </span>
  )
}
