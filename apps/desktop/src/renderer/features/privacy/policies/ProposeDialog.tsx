import { CircleCheck, CircleX, FileUp, PenLine } from 'lucide-react'
import { useRef, useState, type RefObject } from 'react'
import { FileTrigger } from 'react-aria-components'
import { toast } from 'sonner'
import type { MaskingPolicyChecked, StudyView } from '@aquifer/core/contract'
import {
  useCheckMaskingPolicy,
  useMaskingPolicy,
  useProposeMaskingPolicy,
  type CheckedText,
  type PolicyNamed,
} from '../../../api/masking-queries.js'
import { Button } from '../../../ui/Button.js'
import { Checkbox, TextArea, TextField } from '../../../ui/fields.js'
import { plural } from '../../../ui/format.js'
import { FormDialog } from '../../../ui/FormDialog.js'
import { Icon } from '../../../ui/Icon.js'
import { groupChanges } from './changes.js'
import { ChangesTable } from './DiffPanel.js'
import { lineOf } from './lines.js'

/** A text is checked before it is proposed: each problem with its line and what helps; where there is none, what it would change. */
export function ProposeDialog({
  study,
  inForce,
  proposed,
  onClose,
}: {
  study: StudyView
  inForce: PolicyNamed | null
  proposed(id: string): void
  onClose(): void
}) {
  const check = useCheckMaskingPolicy(inForce)
  const propose = useProposeMaskingPolicy()
  const area = useRef<HTMLTextAreaElement>(null)
  const [text, setText] = useState('')
  const [reason, setReason] = useState('')
  const [accepts, accept] = useState(false)
  const stored = useMaskingPolicy(inForce !== null && 'id' in inForce ? inForce.id : null)
  const answer = check.data?.text === text ? check.data : undefined
  const wrong = answer?.checked.problems.length ?? 0
  const isFine = answer !== undefined && wrong === 0
  const look = (at: string) => {
    setText(at)
    propose.reset()
    if (at.trim() !== '') check.mutate(at)
  }
  const submit = () => {
    if (!isFine) return look(text)
    propose.mutate(
      { study: study.id, text, ...(reason.trim() && { reason: reason.trim() }), ...(accepts && { accepts: ['live-date-shift'] }) },
      {
        onSuccess: ({ id, label }) => {
          onClose()
          proposed(id)
          toast.success(`${label} is proposed`, { description: 'It counts when two people have signed it.' })
        },
      },
    )
  }
  return (
    <FormDialog
      wide
      title={`Propose a masking policy for ${study.id}`}
      lead="A JSON document: what becomes of each class of content and each element. What it does not name is removed."
      submit={isFine ? 'Propose it for signature' : wrong > 0 ? `${plural(wrong, 'problem')} to correct` : 'Check it'}
      ready={text.trim() !== '' && wrong === 0}
      busy={propose.isPending || check.isPending}
      error={propose.error ?? check.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <div className="row">
        <FileTrigger acceptedFileTypes={['.json', 'application/json']} onSelect={(files) => void files?.[0]?.text().then(look)}>
          <Button icon={FileUp}>Open a file</Button>
        </FileTrigger>
        <Button icon={PenLine} onPress={() => look(stored.data?.text ?? template(study, inForce))}>
          Start from the one in force
        </Button>
      </div>
      <TextArea label="Policy" mono rows={9} value={text} onChange={setText} areaRef={area} placeholder="Paste it here, or open a file" />
      {answer && <Checked answer={answer} go={(line) => goTo(area, line)} />}
      <TextField label="What it is for (optional)" value={reason} onChange={setReason} note="Who signs reads it." />
      {study.publish === 'continuous' && (
        <Checkbox label="Accept that the shift of dates can be seen" checked={accepts} onChange={accept}>
          <p className="sub">
            Asked for only where a policy moves dates: this study publishes at once, so who watches it learns by how much.
          </p>
        </Checkbox>
      )}
    </FormDialog>
  )
}

/** The shortest text that says what a built-in policy says, as a place to begin. */
function template(study: StudyView, inForce: PolicyNamed | null): string {
  const base = inForce !== null && 'name' in inForce ? inForce.name : 'safe-harbor'
  return `${JSON.stringify({ name: `${study.id.toLowerCase()}-${base}`, version: 1, extends: base, classes: {} }, null, 2)}\n`
}

function goTo(area: RefObject<HTMLTextAreaElement | null>, line: number): void {
  const field = area.current
  if (field === null) return
  const { start, end } = lineOf(field.value, line)
  field.focus()
  field.setSelectionRange(start, end)
}

function Checked({ answer: { checked, diff }, go }: { answer: CheckedText; go(line: number): void }) {
  const { problems } = checked
  if (problems.length > 0) {
    return (
      <>
        <p role="status" className="notice bad">
          <Icon of={CircleX} />
          {plural(problems.length, 'problem')}. It cannot be proposed like this.
        </p>
        <Problems problems={problems} go={go} />
      </>
    )
  }
  return (
    <>
      <p role="status" className="notice info">
        <Icon of={CircleCheck} />
        {checked.name} v{checked.version} has no problems
        {diff && `. ${plural(diff.changes.length, 'change')} against ${diff.before}, which is in force`}.
      </p>
      {diff && diff.changes.length > 0 && <ChangesTable before={diff.before} after={diff.after} groups={groupChanges(diff.changes, '')} />}
    </>
  )
}

function Problems({ problems, go }: { problems: MaskingPolicyChecked['problems']; go(line: number): void }) {
  return (
    <ul className="findings">
      {problems.map(({ path, line, message, remedy }, at) => (
        <li key={at}>
          <Icon of={CircleX} className="mark-bad" />
          <div>
            <p className="row">
              {line !== null && (
                <Button look="quiet" className="line-link" onPress={() => go(line)}>
                  line {line}
                </Button>
              )}
              <span className="mono sub">{path}</span>
            </p>
            <p>
              {message} {remedy !== null && <span className="ink-2">{remedy}</span>}
            </p>
          </div>
        </li>
      ))}
    </ul>
  )
}
