import { FlaskConical } from 'lucide-react'
import { useState } from 'react'
import type { HeldPreview, MaskingPolicyList, StudyView } from '@aquifer/core/contract'
import { usePreviewHeld } from '../../../api/held-queries.js'
import { useMaskingPolicies } from '../../../api/masking-queries.js'
import { Button } from '../../../ui/Button.js'
import { Select } from '../../../ui/fields.js'
import { count, plural } from '../../../ui/format.js'
import { Panel } from '../../../ui/Panel.js'
import { Failure, SkeletonRows } from '../../../ui/states.js'
import { LoadedPanel } from '../LoadedPanel.js'
import { namedBy, policyChoices, tryFirst } from '../policies/versions.js'
import { reasonWords } from './reasons.js'

export function PreviewPanel({ study }: { study: StudyView }) {
  const policies = useMaskingPolicies(study.id)
  return (
    <LoadedPanel of={policies} rows={3}>
      {(list) => <Preview study={study} list={list} />}
    </LoadedPanel>
  )
}

/** How many of the held resources a policy would let pass; nothing is stored. */
function Preview({ study, list }: { study: StudyView; list: MaskingPolicyList }) {
  const preview = usePreviewHeld(study.id)
  const choices = policyChoices(list)
  const [policy, setPolicy] = useState(() => tryFirst(list))
  return (
    <Panel title="What another policy would let pass" note={<span className="sub">nothing is stored</span>}>
      <div className="filters">
        <Select
          label="Policy"
          value={policy}
          choices={choices}
          onChange={(id) => {
            setPolicy(id)
            preview.reset()
          }}
        />
        <Button icon={FlaskConical} isDisabled={preview.isPending || policy === ''} onPress={() => preview.mutate(namedBy(policy))}>
          Preview
        </Button>
        {preview.data && (
          <span className="sub num" role="status">
            Under {preview.data.policy}, {plural(preview.data.passes, 'resource')} would pass, {count(preview.data.stays)}{' '}
            {preview.data.stays === 1 ? 'stays' : 'stay'} held
          </span>
        )}
      </div>
      {preview.isPending && <SkeletonRows rows={2} />}
      {preview.error && <Failure error={preview.error} retry={() => preview.mutate(namedBy(policy))} />}
      {preview.data && <PreviewTable preview={preview.data} />}
    </Panel>
  )
}

function PreviewTable({ preview: { groups } }: { preview: HeldPreview }) {
  return (
    <div className="wide-table">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Cause</th>
            <th scope="col">Type</th>
            <th scope="col" className="n">
              Pass
            </th>
            <th scope="col" className="n">
              Never let out
            </th>
            <th scope="col" className="n">
              Stay
            </th>
            <th scope="col">Why they stay</th>
          </tr>
        </thead>
        <tbody>
          {groups.map(({ cause, reason, type, passes, withheld, stays, because, missing }) => (
            <tr key={cause}>
              <td>{reasonWords(reason)}</td>
              <td>{type}</td>
              <td className="n">{count(passes)}</td>
              <td className="n">{count(withheld)}</td>
              <td className="n">{count(stays)}</td>
              <td className="because">
                {because.map((each) => `${reasonWords(each.reason)}${each.count === stays ? '' : ` (${count(each.count)})`}`).join(', ')}
                {missing > 0 && <span className="sub"> {count(missing)} not found</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
