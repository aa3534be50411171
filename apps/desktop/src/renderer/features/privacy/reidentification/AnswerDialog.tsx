import type { ReidentificationView } from '@aquifer/core/contract'
import { useAnswerWho } from '../../../api/masking-key-queries.js'
import { Badge } from '../../../ui/Badge.js'
import { CopyButton } from '../../../ui/CopyButton.js'
import { FormDialog, NoteDialog } from '../../../ui/FormDialog.js'

/** Told once: it lives as long as this dialog, and in no cache after it. */
export function AnswerDialog({ request, onClose }: { request: ReidentificationView; onClose(): void }) {
  const answer = useAnswerWho(request.id)
  if (answer.data === undefined) {
    return (
      <FormDialog
        title="See who it is"
        lead="You are told once. The look is recorded, and the person finds it in his trail. Have ready what you need to write it down."
        submit="Show 1 person, once"
        look="danger"
        ready={!answer.isError}
        busy={answer.isPending}
        error={answer.error}
        onSubmit={() => answer.mutate()}
        onClose={onClose}
      >
        <dl className="facts sunken">
          <div>
            <dt className="sub">For</dt>
            <dd>{request.reason}</dd>
          </div>
          <div>
            <dt className="sub">Approved by</dt>
            <dd>{request.decidedBy}</dd>
          </div>
        </dl>
      </FormDialog>
    )
  }
  const named = `${answer.data.type}/${answer.data.patient}`
  return (
    <NoteDialog
      title="The person"
      lead={`In ${request.study}, for: ${request.reason}. Once this is closed, nobody is told again without asking anew.`}
      done="Noted, close"
      onClose={onClose}
    >
      <p>
        <Badge kind="identified">Identified</Badge>
      </p>
      <p className="mono secret identified" role="status">
        {named}
      </p>
      <CopyButton text={named} label="Copy the id" />
    </NoteDialog>
  )
}
