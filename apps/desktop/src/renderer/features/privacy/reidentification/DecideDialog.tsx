import { useState } from 'react'
import { toast } from 'sonner'
import type { ReidentificationView } from '@aquifer/core/contract'
import { useDecideWho } from '../../../api/masking-key-queries.js'
import { Segments, TextField } from '../../../ui/fields.js'
import { day, clock } from '../../../ui/format.js'
import { FormDialog } from '../../../ui/FormDialog.js'

type Decision = 'approve' | 'deny'
const noteMost = 500

/** The other person decides about the reason alone: whom it is about is told to nobody before. */
export function DecideDialog({ request, onClose }: { request: ReidentificationView; onClose(): void }) {
  const decide = useDecideWho(request.id)
  const [decision, setDecision] = useState<Decision>()
  const [note, setNote] = useState('')
  const [password, setPassword] = useState('')
  const told = note.trim()
  const submit = () =>
    decide.mutate(
      { approve: decision === 'approve', ...(told && { note: told }), password },
      {
        onSuccess: () => {
          onClose()
          toast.success(
            decision === 'approve'
              ? `Approved: ${request.requestedBy} may be told once, for a quarter of an hour`
              : 'Denied: nobody is told',
          )
        },
        onError: () => setPassword(''),
      },
    )
  return (
    <FormDialog
      title={`${request.requestedBy} asks who a person is`}
      lead="You decide whether the reason is good enough. Neither the pseudonym nor the person is shown to you."
      submit={decision === undefined ? 'Approve or deny 1 request' : decision === 'approve' ? 'Approve 1 request' : 'Deny 1 request'}
      look={decision === 'approve' ? 'danger' : 'primary'}
      ready={decision !== undefined && password !== '' && told.length <= noteMost}
      busy={decide.isPending}
      error={decide.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <dl className="facts sunken">
        <div>
          <dt className="sub">Reason</dt>
          <dd>{request.reason}</dd>
        </div>
        <div>
          <dt className="sub">Asked</dt>
          <dd className="num">
            {day(request.requestedAt)}, {clock(request.requestedAt)}
          </dd>
        </div>
        <div>
          <dt className="sub">If approved</dt>
          <dd>{request.requestedBy} is told once, within a quarter of an hour. The person finds it in his trail.</dd>
        </div>
      </dl>
      <Segments<Decision | 'none'>
        label="Decision"
        value={decision ?? 'none'}
        choices={[
          { id: 'approve', label: 'Approve' },
          { id: 'deny', label: 'Deny' },
        ]}
        onChange={(chosen) => chosen !== 'none' && setDecision(chosen)}
      />
      <TextField
        label="Note to who asked (optional)"
        value={note}
        onChange={setNote}
        fault={told.length > noteMost ? `At most ${noteMost} characters.` : undefined}
      />
      <TextField label="Your password" type="password" value={password} onChange={setPassword} autoComplete="current-password" />
    </FormDialog>
  )
}
