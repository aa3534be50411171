import { useState } from 'react'
import { toast } from 'sonner'
import type { RelationshipView } from '@aquifer/core/contract'
import { useEndRelationship } from '../../../api/access-queries.js'
import { day } from '../../../ui/format.js'
import { FormDialog } from '../../../ui/FormDialog.js'
import { isReason, ReasonField } from '../ReasonField.js'
import { kindNames } from './kinds.js'

export function EndRelationshipDialog({
  relationship,
  name,
  onClose,
}: {
  relationship: RelationshipView
  name: string | null
  onClose(): void
}) {
  const end = useEndRelationship()
  const [reason, setReason] = useState('')
  const { id, kind, holder, target, study, site, from, grantedBy } = relationship
  const submit = () =>
    end.mutate(
      { id, reason: reason.trim() },
      {
        onSuccess: () => {
          onClose()
          toast.success('The relationship has ended', { description: `${name ?? holder} no longer reaches ${target} by it.` })
        },
      },
    )
  return (
    <FormDialog
      title={`End: ${kindNames[kind].toLowerCase()}`}
      lead="Counts for the next request. A write under way that rests on it is refused. It is not taken back: it is given anew."
      submit="End 1 relationship"
      look="danger"
      ready={isReason(reason)}
      busy={end.isPending}
      error={end.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <dl className="facts sunken">
        <div>
          <dt className="sub">Holder</dt>
          <dd>
            {name} <span className="mono">{holder}</span>
          </dd>
        </div>
        <div>
          <dt className="sub">Leads to</dt>
          <dd className="mono">{target}</dd>
        </div>
        <div>
          <dt className="sub">In</dt>
          <dd>{[study ?? 'every study', site].filter(Boolean).join(', ')}</dd>
        </div>
        <div>
          <dt className="sub">Given</dt>
          <dd>
            {day(from)} by {grantedBy}
          </dd>
        </div>
      </dl>
      <ReasonField value={reason} onChange={setReason} autoFocus />
    </FormDialog>
  )
}
