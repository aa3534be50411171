import { TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { toast } from 'sonner'
import type { DisplayDecisionsRequest, DisplayView } from '@aquifer/core/contract'
import { useDecideDisplays } from '../../../api/held-queries.js'
import { Checkbox, TextField } from '../../../ui/fields.js'
import { plural } from '../../../ui/format.js'
import { FormDialog } from '../../../ui/FormDialog.js'
import { Icon } from '../../../ui/Icon.js'
import { namingOf } from './decisions.js'

export type Decision = DisplayDecisionsRequest['decisions'][number]['decision']

const words: Record<Decision, { verb: string; lead: string; done: string }> = {
  approve: {
    verb: 'Approve',
    lead: 'The text stands beside its code in masked data from the next commit on, for everybody who queries it.',
    done: 'approved',
  },
  reject: { verb: 'Reject', lead: 'The text stays out of masked data, however many people come to share it.', done: 'rejected' },
  undo: { verb: 'Take back', lead: 'The text is as it was before somebody decided: it enters by itself, or waits.', done: 'as before' },
}
const most = 500

/** One reason for all that is decided at once; of a text that names somebody it is confirmed that this was read. */
export function DecideDialog({
  study,
  decision,
  displays,
  done,
  onClose,
}: {
  study: string
  decision: Decision
  displays: DisplayView[]
  done(): void
  onClose(): void
}) {
  const decide = useDecideDisplays()
  const [reason, setReason] = useState('')
  const [confirmed, confirm] = useState(false)
  const naming = decision === 'approve' ? namingOf(displays) : []
  const told = reason.trim()
  const submit = () =>
    decide.mutate(
      {
        study,
        decisions: displays.map(({ system, code, text, waits }) => ({
          system,
          code,
          text,
          decision,
          reason: told,
          ...(decision === 'approve' && waits === 'names-somebody' && { confirm: true as const }),
        })),
      },
      {
        onSuccess: ({ recorded }) => {
          done()
          const left = displays.length - recorded
          toast.success(`${plural(recorded, 'text')} ${words[decision].done}`, {
            description: left > 0 ? `${plural(left, 'text')} could not be decided: look at the list again.` : undefined,
          })
        },
      },
    )
  return (
    <FormDialog
      title={`${words[decision].verb} ${plural(displays.length, 'text')} in ${study}`}
      lead={words[decision].lead}
      submit={`${words[decision].verb} ${plural(displays.length, 'text')}`}
      ready={told !== '' && told.length <= most && (naming.length === 0 || confirmed)}
      busy={decide.isPending}
      error={decide.error}
      onSubmit={submit}
      onClose={onClose}
    >
      {naming.length > 0 && (
        <>
          <p className="notice warn">
            <Icon of={TriangleAlert} />
            {plural(naming.length, 'text')} with a word that names somebody of the study.
          </p>
          <Checkbox label="I have read them, and they name nobody" checked={confirmed} onChange={confirm}>
            <p className="sub">Covered texts are read in the list, not here.</p>
          </Checkbox>
        </>
      )}
      <TextField
        label="Reason, kept with the decision"
        value={reason}
        onChange={setReason}
        autoFocus
        isInvalid={told.length > most}
        note={`${told.length} of ${most}`}
      />
    </FormDialog>
  )
}
